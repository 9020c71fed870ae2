"""Deploying, sending and following on a real Anvil, with keystores on disk as `make run` has them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from apps.chain.errors import ContractMissing, NonceTooLow
from apps.chain.signers import create_keystore
from apps.feeds.models import Feed
from apps.submissions import clients, tasks
from apps.submissions.models import Attempt, Deployment, OnChainPrice, Submission, Wallet
from apps.submissions.selectors import chain_snapshot, on_chain_values
from apps.submissions.services import PlannedAnswer, plan_submission
from tests.chain.local_chain import anvil_at

pytestmark = pytest.mark.django_db
State = Submission.State
PASSWORD = "test keystores"


@pytest.fixture
def anvil_rpc(tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """An Anvil and keystores of this test's own, and two feeds."""
    monkeypatch.setenv("KEYSTORE_PASSWORD", PASSWORD)
    paths = {name: str(tmp_path / f"{name}.json") for name in ("admin", "transmitter", "s1", "s2", "s3")}
    for path in paths.values():
        create_keystore(path, PASSWORD)
    settings.ADMIN_KEYSTORE, settings.TRANSMITTER_KEYSTORE = paths["admin"], paths["transmitter"]
    settings.SIGNER_KEYSTORES, settings.SIGNER_THRESHOLD = [paths["s1"], paths["s2"], paths["s3"]], 2
    settings.CHAIN_ID, settings.CONTRACT_ADDRESS = 31337, ""
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}
    Feed.objects.create(pair="BTC/USD", max_age_s=90, jump_bps=0)
    Feed.objects.create(pair="ETH/USD", max_age_s=90, jump_bps=0, decimals=18, min_answer=1, max_answer=10**6)
    (tmp_path / "chain").mkdir()
    with anvil_at(tmp_path / "chain") as url:
        settings.ETH_RPC_URLS = [url]
        clients.forget()
        yield url
        clients.forget()


def deploy_contract(*arguments: str) -> dict[str, Any]:
    """Run the command and return what it printed."""
    out = StringIO()
    call_command("deploy_contract", *arguments, stdout=out)
    printed: dict[str, Any] = json.loads(out.getvalue())
    return printed


def plan(answer: int, *, pair: str = "BTC/USD", age_s: float = 2) -> Submission:
    """Plan one answer."""
    observed_at = datetime.now(UTC) - timedelta(seconds=age_s)
    planned = PlannedAnswer(pair=pair, answer=answer, decimals=8, observed_at=observed_at)
    return plan_submission(answers=[planned], evidence_hash="0x" + "cd" * 32, simulated=True)


def run(submission: Submission) -> Submission:
    """Run both tasks of a submission and return it fresh."""
    tasks.submit(str(submission.pk))
    tasks.confirm(str(submission.pk))
    submission.refresh_from_db()
    return submission


def rpc(method: str, *params: object) -> Any:
    """Ask the node directly."""
    return clients.gateway()._raw(method, list(params))


def test_deploy_contract_is_idempotent(anvil_rpc: str) -> None:
    """The first run deploys, the second changes nothing, a third adds the feed that came since."""
    first = deploy_contract("--local")
    block = clients.gateway().head().number
    second = deploy_contract("--local")
    assert first == second
    assert clients.gateway().head().number == block
    assert set(first["feeds"]) == {"BTC/USD", "ETH/USD"}

    Feed.objects.create(pair="SOL/USD")
    third = deploy_contract()

    assert third["contract"] == first["contract"]
    assert set(third["feeds"]) == {"BTC/USD", "ETH/USD", "SOL/USD"}


def test_deploy_contract_updates_changed_rules(anvil_rpc: str) -> None:
    """A feed edited in admin is brought to the chain by the next run."""
    contract = deploy_contract("--local")["contract"]
    Feed.objects.filter(pair="BTC/USD").update(heartbeat_s=77, max_answer=500)

    deploy_contract()

    config = clients.gateway().feed_config(contract, "BTC/USD")
    assert (config.heartbeat_s, config.max_answer) == (77, 500 * 10**8)


def test_deploy_contract_without_admin_key_is_refused(anvil_rpc: str, settings: Settings) -> None:
    """The command says which setting is missing."""
    settings.ADMIN_KEYSTORE = ""

    with pytest.raises(CommandError, match="ADMIN_KEYSTORE"):
        deploy_contract()


def test_price_lands_and_is_served(anvil_rpc: str) -> None:
    """A planned answer is confirmed by the tasks, and every reader gives the same integer as the proxy."""
    proxy = deploy_contract("--local")["feeds"]["BTC/USD"]["proxy"]

    submission = run(plan(6_500_000_000_000))

    assert submission.state == State.CONFIRMED
    assert on_chain_values(["BTC/USD"])["BTC/USD"].answer == 6_500_000_000_000
    assert chain_snapshot().prices["BTC/USD"].answer == 6_500_000_000_000
    words = rpc("eth_call", {"to": proxy, "data": "0xfeaf968c"}, "latest")  # latestRoundData()
    assert int(words[66:130], 16) == 6_500_000_000_000


@pytest.mark.parametrize("pairs", [("BTC/USD",), ("ETH/USD",), ("BTC/USD", "ETH/USD")])
def test_the_first_answer_after_a_quiet_time_has_enough_gas(anvil_rpc: str, pairs: tuple[str, ...]) -> None:
    """A dry run on an old block skips answers as from the future; in the block they are taken, which costs more.

    BTC/USD has an answer already, ETH/USD has none: its first one fills empty storage.
    """
    deploy_contract("--local")
    assert run(plan(5)).state == State.CONFIRMED
    rpc("evm_increaseTime", 200)  # the next block's clock; the latest block stays as old as it is
    observed_at = datetime.now(UTC) + timedelta(seconds=150)
    answers = [PlannedAnswer(pair=pair, answer=7 * 10**18, decimals=8, observed_at=observed_at) for pair in pairs]

    submission = run(plan_submission(answers=answers, evidence_hash="0x" + "ef" * 32, simulated=True))

    gas = (submission.gas_used, Attempt.objects.get(submission=submission).gas_limit)
    assert (submission.state, sorted(submission.landed)) == (State.CONFIRMED, sorted(pairs)), gas


def test_replay_is_refused(anvil_rpc: str) -> None:
    """The same bytes again are refused by the node, and the same report by a stranger changes nothing."""
    deploy_contract("--local")
    submission = run(plan(5))
    raw = bytes(Attempt.objects.get().raw)

    with pytest.raises(NonceTooLow):
        clients.gateway().broadcast(raw)
    tasks.submit(str(submission.pk))
    assert OnChainPrice.objects.get(pair="BTC/USD").round_id == 1
    assert chain_snapshot().prices["BTC/USD"].round_id == 1


def test_mined_revert_is_fatal_with_its_name(anvil_rpc: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A contract paused between dry run and block ends the submission with the decoded error."""
    deployment = deploy_contract("--local")
    rpc("evm_setAutomine", False)
    submission = plan(5)
    deployer = clients.deployer()
    assert deployer is not None
    deployer.gateway.set_balance(deployer.admin.address, 10**21)
    tasks.submit(str(submission.pk))
    pause = {"from": deployer.admin.address, "to": deployment["contract"], "data": "0x8456cb59", "gas": hex(100_000)}
    rpc("anvil_impersonateAccount", deployer.admin.address)
    rpc("eth_sendTransaction", {**pause, "maxFeePerGas": hex(10**12), "maxPriorityFeePerGas": hex(10**11)})
    rpc("evm_mine")

    tasks.confirm(str(submission.pk))

    submission.refresh_from_db()
    assert (submission.state, submission.failure_code, submission.failure_message) == (
        State.FATAL,
        "reverted",
        "Paused()",
    )


def test_reset_chain_gets_a_new_contract(anvil_rpc: str, caplog: pytest.LogCaptureFixture) -> None:
    """After anvil_reset the contract is deployed anew with its feeds, and what was confirmed is sent again."""
    old = deploy_contract("--local")["contract"]
    submission = run(plan(5))
    rpc("anvil_reset")

    tasks.follow_chain()

    retired, fresh = Deployment.objects.get(is_active=False), Deployment.objects.get(is_active=True)
    assert retired.address == old
    assert "reset" in retired.retired_reason
    assert "deploying one" in caplog.text
    assert set(fresh.proxies) == {"BTC/USD", "ETH/USD"}
    assert on_chain_values(["BTC/USD"]) == {}

    tasks.sweep()
    submission.refresh_from_db()
    assert (submission.state, submission.deployment, submission.resends) == (State.CONFIRMED, fresh, 1)
    assert on_chain_values(["BTC/USD"])["BTC/USD"].answer == 5


def test_missing_contract_elsewhere_is_not_replaced(anvil_rpc: str, settings: Settings) -> None:
    """Without the admin's key a lost contract is an error and the record stays."""
    deploy_contract("--local")
    rpc("anvil_reset")
    settings.ADMIN_KEYSTORE = ""

    tasks.follow_chain()

    assert Deployment.objects.get().is_active
    with pytest.raises(ContractMissing):
        chain_snapshot()


def test_lost_blocks_are_recovered(anvil_rpc: str) -> None:
    """A chain that fell back behind its contract's last reports gets them again, with nonces it can mine."""
    deploy_contract("--local")
    kept = run(plan(1, age_s=40))
    snapshot = rpc("evm_snapshot")
    lost = [run(plan(n, age_s=40 - 10 * n)) for n in (2, 3)]
    rpc("evm_revert", snapshot)

    tasks.follow_chain()
    tasks.sweep()

    rows = [Submission.objects.get(pk=row.pk) for row in (kept, *lost)]
    assert [row.state for row in rows] == [State.CONFIRMED, State.FATAL, State.CONFIRMED]
    assert [row.resends for row in rows] == [0, 1, 1]
    assert rows[1].failure_code == "superseded"
    assert Wallet.objects.get().next_nonce == 2
    assert chain_snapshot().prices["BTC/USD"].answer == 3


def test_dropped_transaction_is_broadcast_again(anvil_rpc: str, settings: Settings) -> None:
    """A transaction the node dropped is sent with the same bytes once the timeout is over."""
    deploy_contract("--local")
    rpc("evm_setAutomine", False)
    submission = plan(5)
    tasks.submit(str(submission.pk))
    attempt = Attempt.objects.get()
    rpc("anvil_dropTransaction", attempt.tx_hash)
    assert not clients.gateway().is_known(attempt.tx_hash)

    settings.TRANSACTION_TIMEOUT_S = 0
    tasks.sweep()
    rpc("evm_mine")
    tasks.sweep()

    submission.refresh_from_db()
    assert (submission.state, submission.tx_hash) == (State.CONFIRMED, attempt.tx_hash)
    assert Attempt.objects.get().broadcasts == 2


def test_follow_registers_a_feed_that_came_later(anvil_rpc: str) -> None:
    """A feed enabled in admin is on the contract after the next look, and its balance is known."""
    deploy_contract("--local")
    Feed.objects.create(pair="SOL/USD")

    tasks.follow_chain()

    assert "SOL/USD" in Deployment.objects.get().proxies
    assert (Wallet.objects.get().balance_wei or 0) > 0


def test_follow_deploys_on_a_fresh_local_chain(anvil_rpc: str) -> None:
    """Without any deployment the first look at a local chain makes one."""
    tasks.follow_chain()

    assert run(plan(5)).state == State.CONFIRMED


def test_dead_node_is_survived(anvil_rpc: str, settings: Settings) -> None:
    """With every endpoint dead the tasks log and leave the rows as they are."""
    deploy_contract("--local")
    submission = plan(5)
    settings.ETH_RPC_URLS = ["http://127.0.0.1:9"]
    clients.forget()

    for task in (tasks.sweep, tasks.follow_chain):
        task()
    tasks.submit(str(submission.pk))

    submission.refresh_from_db()
    assert submission.state == State.PLANNED
