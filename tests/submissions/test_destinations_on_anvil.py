"""Two destinations on real Anvils: one report each, and whatever befalls one chain stays there."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.db import connections
from django.utils import timezone
from pytest_django import Settings

from apps.chain.signers import create_keystore, keystore_address
from apps.feeds.models import Destination, Feed
from apps.submissions import clients, services, tasks
from apps.submissions.models import Deployment, Submission, Wallet
from apps.submissions.news import freshest_planned
from apps.submissions.selectors import chain_snapshot, on_chain_values
from apps.submissions.services import PlannedAnswer, plan_submission
from local import embedded
from local.launch import free_port
from tests.submissions.test_on_anvil import PASSWORD, anvil_rpc, deploy_contract, plan, run

__all__ = ["anvil_rpc"]
pytestmark = pytest.mark.django_db(transaction=True)
State = Submission.State
SECOND_CHAIN_ID = 1337


@dataclass
class SecondChain:
    """An Anvil of another chain id, that can be killed, started anew and made to hang."""

    folder: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Return where it listens, the same after a restart."""
        return embedded.anvil_url(port=self.port)

    def start(self) -> None:
        """Start it, empty."""
        command = embedded.anvil_command(self.folder, port=self.port, keep=False)
        command[command.index("--chain-id") + 1] = str(SECOND_CHAIN_ID)
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        embedded.await_anvil(self.url)

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal, by its pid."""
        assert self.process is not None
        os.kill(self.process.pid, number)

    def kill(self) -> None:
        """End it without a word."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()


@pytest.fixture(autouse=True)
def _lost_hints(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lose every hint: the sweep finds what there is."""
    for module in (services, tasks):
        monkeypatch.setattr(module, "hint", lambda *_, **__: None)


@pytest.fixture
def second(anvil_rpc: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SecondChain]:
    """Destination ``second`` with a chain, keys and finality of its own; BTC/USD goes to both, ETH/USD to main."""
    keys = {name: str(tmp_path / f"second-{name}.json") for name in ("transmitter", "s1", "s2")}
    for path in keys.values():
        create_keystore(path, PASSWORD)
    chain = SecondChain(tmp_path / "second")
    try:
        chain.start()
    except embedded.EmbeddedError as exc:
        pytest.skip(str(exc))
    monkeypatch.setenv("SECOND_RPC_URLS", chain.url)
    Destination.objects.create(
        name="second",
        chain_id=SECOND_CHAIN_ID,
        rpc_urls=["env:SECOND_RPC_URLS"],
        transmitters=[keys["transmitter"]],
        signers=[keys["s1"], keys["s2"]],
        signer_threshold=1,
        confirmations=1,
    )
    Feed.objects.filter(pair="BTC/USD").update(destinations=["main", "second"])
    clients.forget()
    deploy_contract("--local")
    deploy_contract("--local", "--destination", "second")
    yield chain
    chain.signal(signal.SIGCONT)
    chain.kill()


def plan_there(answer: int, *, age_s: float = 2) -> Submission:
    """Plan one answer of BTC/USD for destination ``second``."""
    planned = PlannedAnswer("BTC/USD", answer, 8, datetime.now(UTC) - timedelta(seconds=age_s))
    return plan_submission(answers=[planned], evidence_hash="0x" + "cd" * 32, simulated=True, destination="second")


def fresh(submission: Submission) -> Submission:
    """Return it as stored."""
    return Submission.objects.select_related("wallet", "deployment").get(pk=submission.pk)


def test_one_answer_lands_on_both_chains(second: SecondChain, settings: Settings) -> None:
    """Signed for each contract by its own signers, paid by its own transmitter, final by its own rule."""
    here, there = run(plan(5)), run(plan_there(5))

    assert (here.state, there.state) == (State.CONFIRMED, State.CONFIRMED)
    assert here.digest != there.digest
    assert (len(here.signatures), len(there.signatures)) == (2, 1)
    assert there.wallet is not None
    assert there.wallet.address == keystore_address(Destination.objects.get().transmitters[0])
    assert there.wallet.chain_id == SECOND_CHAIN_ID
    assert chain_snapshot().prices["BTC/USD"].answer == chain_snapshot("second").prices["BTC/USD"].answer == 5
    clients.gateway("second")._raw("evm_mine", [])

    tasks.sweep("second")
    tasks.sweep()

    assert (fresh(there).state, fresh(here).state) == (State.FINAL, State.CONFIRMED)


def test_a_feed_is_added_only_where_it_is_published(second: SecondChain) -> None:
    """Each contract has its own feeds at its own places."""
    proxies = {row.destination: set(row.proxies) for row in Deployment.objects.filter(is_active=True)}

    assert proxies == {"main": {"BTC/USD", "ETH/USD"}, "second": {"BTC/USD"}}


def test_a_killed_chain_delays_no_other_and_catches_up_with_the_freshest(second: SecondChain) -> None:
    """The other chain takes every report meanwhile; the one that comes back gets the newest answer, no old one."""
    assert run(plan_there(1, age_s=30)).state == State.CONFIRMED
    second.kill()

    waiting = [plan_there(answer, age_s=age_s) for answer, age_s in ((2, 20), (3, 10))]
    landed = [run(plan(answer, age_s=age_s)) for answer, age_s in ((2, 20), (3, 10))]
    for row in waiting:
        tasks.submit(str(row.pk))
    tasks.sweep("second")
    tasks.follow_chain("second")
    tasks.sweep()
    tasks.follow_chain()

    assert [row.state for row in landed] == [State.CONFIRMED, State.CONFIRMED]
    assert [fresh(row).state for row in waiting] == [State.PLANNED, State.PLANNED]
    second.start()

    tasks.follow_chain("second")  # an empty local chain: the contract is put there again
    tasks.sweep("second")
    tasks.sweep("second")

    assert [fresh(row).state for row in waiting] == [State.FATAL, State.CONFIRMED]
    assert fresh(waiting[0]).failure_code == "superseded"
    assert chain_snapshot("second").prices["BTC/USD"].answer == 3


def test_a_chain_that_hangs_holds_up_nobody_else(second: SecondChain, monkeypatch: pytest.MonkeyPatch) -> None:
    """While one chain's worker waits for a node that never answers, the other follows, deploys and publishes."""
    monkeypatch.setattr(clients, "RPC_TIMEOUT_S", 60.0)
    clients.forget()
    second.signal(signal.SIGSTOP)

    def follow_second() -> None:
        tasks.follow_chain("second")
        connections.close_all()

    waiting = threading.Thread(target=follow_second)
    waiting.start()
    Feed.objects.create(pair="SOL/USD")

    tasks.follow_chain()
    here = run(plan(7))

    assert waiting.is_alive()
    assert here.state == State.CONFIRMED
    assert "SOL/USD" in Deployment.objects.get(destination="main", is_active=True).proxies
    second.signal(signal.SIGCONT)
    waiting.join()


def test_two_contracts_on_one_chain_share_a_transmitter(anvil_rpc: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """One wallet, one count of nonces, two contracts; each report lands at its own."""
    monkeypatch.setenv("SECOND_RPC_URLS", anvil_rpc)
    Destination.objects.create(name="second", chain_id=31337, rpc_urls=["env:SECOND_RPC_URLS"])
    Feed.objects.filter(pair="BTC/USD").update(destinations=["main", "second"])
    one = deploy_contract("--local")["contract"]
    two = deploy_contract("--destination", "second")["contract"]
    assert one != two

    landed = [run(plan(5)), run(plan_there(6)), run(plan(7, age_s=1)), run(plan_there(8, age_s=1))]

    assert [row.state for row in landed] == [State.CONFIRMED] * 4
    assert [row.nonce for row in landed] == [0, 1, 2, 3]
    assert Wallet.objects.count() == 1
    assert on_chain_values(["BTC/USD"])["BTC/USD"].answer == 7
    assert on_chain_values(["BTC/USD"], "second")["BTC/USD"].answer == 8


def test_a_report_of_another_contract_never_takes_a_nonce(anvil_rpc: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """On one lane of two destinations, only a fresher report for the same contract may replace a waiting one."""
    monkeypatch.setenv("SECOND_RPC_URLS", anvil_rpc)
    Destination.objects.create(name="second", chain_id=31337, rpc_urls=["env:SECOND_RPC_URLS"])
    old = plan_there(5, age_s=10)
    Submission.objects.filter(pk=old.pk).update(state=State.UNCONFIRMED)
    plan(6)

    assert freshest_planned(old, now=timezone.now()) is None
    fresher = plan_there(6)

    assert freshest_planned(old, now=timezone.now()) == fresher


def test_a_paused_destination_sends_nothing_new(second: SecondChain) -> None:
    """What is on its way is confirmed; the rest waits, and the newest goes after the pause."""
    Destination.objects.update(paused=True)
    row = plan_there(5)

    tasks.submit(str(row.pk))
    tasks.sweep("second")
    assert fresh(row).state == State.PLANNED
    Destination.objects.update(paused=False)

    tasks.sweep("second")

    assert fresh(row).state == State.CONFIRMED
