"""What happened to others' transactions, and does not happen to ours: each test is named after its row of incidents."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
from django.db import connection, connections
from pytest_django import Settings

from apps.chain.errors import ExecutionReverted, FeedsNotOnContract
from apps.chain.report import Report, ReportAnswer, report_message
from apps.chain.signers import Signer, sign_report
from apps.feeds.models import Feed
from apps.scheduler import gauges
from apps.scheduler.doctor import diagnose
from apps.submissions import clients, sending, tasks
from apps.submissions.models import Attempt, Deployment, Submission, Wallet
from apps.submissions.selectors import chain_snapshot
from tests.chain.local_chain import key
from tests.incidents.conftest import Chain, fresh, report, sweep

State = Submission.State
pytestmark = pytest.mark.django_db


def test_incident_07_decimals_mismatch(chain: Chain) -> None:
    """Ribbon, December 2025: a contract whose feed has 18 decimals is taken over by tables that say 8."""
    chain.settings.CONTRACT_ADDRESS = Deployment.objects.get().address
    Deployment.objects.all().delete()
    Feed.objects.filter(pair="ETH/USD").update(decimals=8)
    clients.forget()
    tasks.follow_chain()

    wrong, right = report(2_500 * 10**8, pair="ETH/USD"), report(84_000 * 10**8)
    for row in (wrong, right):
        tasks.submit(str(row.pk))
    chain.mine()
    sweep()

    assert (fresh(wrong).state, fresh(right).state) == (State.PLANNED, State.CONFIRMED)
    with pytest.raises(FeedsNotOnContract, match="no place for ETH/USD"):
        sending.send(wrong.pk, clients.chain_clients(wrong.destination))
    assert not Attempt.objects.filter(submission=wrong).exists()
    assert chain.events() == [84_000 * 10**8]
    ill = [one.told for one in diagnose() if one.name == "contract decimals"]
    assert ill == ["nothing is sent, the contract has them with other decimals: ETH/USD"]


def test_incident_08_black_thursday_gas_times_ten(chain: Chain) -> None:
    """March 2020: the base fee rises tenfold under a waiting update, which a newer price replaces at its nonce."""
    old = report(1, age_s=20)
    tasks.submit(str(old.pk))
    first = Attempt.objects.get()
    base_fee = int(chain.rpc("eth_getBlockByNumber", "latest", False)["baseFeePerGas"], 16)
    for _ in range(3):
        chain.rpc("anvil_setNextBlockBaseFeePerGas", hex(base_fee * 10))
        chain.mine()
    assert chain.events() == []
    newer = report(2, age_s=1)

    sweep()
    chain.mine()
    sweep()

    second = Attempt.objects.get(submission=newer)
    assert second.nonce == first.nonce
    assert second.max_fee_wei * 8 >= first.max_fee_wei * 9
    assert second.tip_wei * 8 >= first.tip_wei * 9
    assert (fresh(old).state, fresh(old).replaced_by, fresh(newer).state) == (State.REPLACED, newer, State.CONFIRMED)
    assert (chain.events(), chain_snapshot().prices["BTC/USD"].round_id) == ([2], 1)


def test_incident_09_transaction_dropped_from_the_mempool(chain: Chain) -> None:
    """A transaction the node forgot goes out again at the same nonce, and the one behind it is not held up."""
    rows = [report(1), report(2 * 10**18, pair="ETH/USD")]
    for row in rows:
        tasks.submit(str(row.pk))
    chain.rpc("anvil_dropTransaction", Attempt.objects.get(submission=rows[0]).tx_hash)

    sweep()
    chain.mine()
    sweep()

    assert [(fresh(row).state, fresh(row).nonce) for row in rows] == [(State.CONFIRMED, 0), (State.CONFIRMED, 1)]
    assert Wallet.objects.get().next_nonce == 2


@pytest.mark.django_db(transaction=True)
def test_incident_10_two_workers_twenty_submissions(chain: Chain, settings: Settings) -> None:
    """Two workers that send 20 reports at once use 20 nonces in order; none is left unresolved."""
    settings.MAX_IN_FLIGHT = 20
    for n in range(20):
        Feed.objects.create(pair=f"P{n}/USD", max_age_s=900, min_answer=Decimal("0.00000001"), max_answer=1)
    chain.take_feeds()
    rows = [report(n + 1, age_s=60 - n, pair=f"P{n}/USD") for n in range(20)]
    at_once = threading.Barrier(2)

    def work(part: list[Submission]) -> None:
        at_once.wait()
        for row in part:
            tasks.submit(str(row.pk))
        connections.close_all()

    with ThreadPoolExecutor(2) as workers:
        list(workers.map(work, [rows[::2], rows[1::2]]))

    attempts = list(Attempt.objects.order_by("nonce"))
    assert [attempt.nonce for attempt in attempts] == list(range(20))
    assert sorted(attempts, key=lambda attempt: attempt.broadcast_at or attempt.created_at) == attempts
    assert {attempt.last_error for attempt in attempts} == {""}
    assert {row.state for row in Submission.objects.all()} == {State.UNCONFIRMED}
    assert int(chain.rpc("eth_getTransactionCount", Wallet.objects.get().address, "pending"), 16) == 20


def test_incident_11_reorganisation_removes_the_update(chain: Chain) -> None:
    """Two blocks are replaced: the report waits again, its bytes go out again, and both blocks stay in its record."""
    submission = report(1)
    tasks.submit(str(submission.pk))
    chain.mine()
    sweep()
    lost = fresh(submission).block_hash
    assert fresh(submission).state == State.CONFIRMED

    chain.rpc("anvil_reorg", 2, [])
    sweep()
    assert fresh(submission).state == State.UNCONFIRMED
    chain.mine()
    sweep(2)

    row = fresh(submission)
    assert (row.state, row.resends, [block["block_hash"] for block in row.lost_blocks]) == (State.CONFIRMED, 1, [lost])
    assert row.block_hash != lost
    assert (chain.events(), Attempt.objects.count()) == ([1], 1)


@pytest.mark.parametrize("status", [429, 504])
def test_incident_14_error_after_the_node_accepted(chain: Chain, anvil_rpc: str, status: int) -> None:
    """A gateway forwards the transaction and then answers 429 or 504: no second one is signed, one lands."""
    chain.use(chain.proxy.url, anvil_rpc)
    chain.proxy.status_after = status
    chain.settings.RECEIPT_PATIENCE_S = 0  # the endpoint that said 429 rests, and is not waited for as a witness
    submission = report(1)

    tasks.submit(str(submission.pk))
    assert fresh(submission).state == State.UNCONFIRMED  # the other endpoint knows it already: as good as taken
    chain.mine()
    sweep(2)

    assert fresh(submission).state == State.CONFIRMED
    assert (chain.events(), Attempt.objects.count()) == ([1], 1)


def uptime_feed(chain: Chain, *, answer: int, age_s: int) -> str:
    """Put a contract onto the chain that answers as Chainlink's uptime feed: 0 up, 1 down, since ``age_s`` ago."""
    address, since = "0x" + "5e" * 20, int(time.time()) - age_s
    # PUSH answer, MSTORE at 32; PUSH startedAt, MSTORE at 64; RETURN five words
    chain.rpc("anvil_setCode", address, f"0x60{answer:02x}60205263{since:08x}60405260a06000f3")
    return address


def test_incident_24_sequencer_down_stops_and_resumes(
    chain: Chain, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    """While the uptime feed says down, and a grace period after it, nothing is sent; then it goes on by itself."""
    settings.SEQUENCER_FEED, settings.SEQUENCER_GRACE_S = uptime_feed(chain, answer=1, age_s=9_999), 60
    submission = report(1)

    sweep()
    uptime_feed(chain, answer=0, age_s=50)
    sweep()
    assert (fresh(submission).state, Attempt.objects.count()) == (State.PLANNED, 0)
    assert "the sequencer is down since" in caplog.text
    assert "of 60 s grace" in caplog.text

    uptime_feed(chain, answer=0, age_s=61)
    sweep()
    chain.mine()
    sweep()
    assert fresh(submission).state == State.CONFIRMED


def test_incident_26_signatures_that_must_not_count(chain: Chain) -> None:
    """A leaked, lost or rotated key: what m distinct signers did not sign for this chain and contract reverts."""
    deployment, gateway, now = Deployment.objects.get(), clients.gateway(), 1_700_000_000
    signers = list(clients.chain_clients().signers)
    answers = (ReportAnswer("BTC/USD", 1, now),)
    report_ = Report(signer_set_version=1, evidence_hash="0x" + "cd" * 32, answers=answers)

    def refused(by: list[Signer], *, of: Report = report_, chain_id: int = 31337, contract: str = "") -> str:
        message = report_message(of, chain_id=chain_id, contract=contract or deployment.address)
        data = gateway.submit_data(deployment.address, of, sign_report(message, by))
        with pytest.raises(ExecutionReverted) as caught:
            gateway.estimate_gas(sender=key(1).address, to=deployment.address, data=data)
        return caught.value.name

    stranger = key(99)
    old_set = Report(signer_set_version=0, evidence_hash="0x" + "cd" * 32, answers=answers)
    assert refused(signers[:1])
    assert refused([signers[0], signers[0]])
    assert refused([signers[0], stranger])
    assert refused(signers[:2], chain_id=1)
    assert refused(signers[:2], contract=key(98).address)
    assert refused(signers[:2], of=old_set)
    assert chain.events() == []


def test_incident_27_empty_wallet(chain: Chain, caplog: pytest.LogCaptureFixture) -> None:
    """An empty wallet sends nothing and takes no nonce; the log says so; a refill is enough."""
    submission = report(1)
    tasks.follow_chain()
    address = Wallet.objects.get().address
    chain.rpc("anvil_setBalance", address, "0x0")

    sweep()
    tasks.follow_chain()
    assert (fresh(submission).state, Attempt.objects.count()) == (State.PLANNED, 0)
    assert "insufficient_funds" in caplog.text
    assert "wallet runs low" in caplog.text

    chain.rpc("anvil_setBalance", address, hex(10**18))
    sweep()
    chain.mine()
    sweep()
    assert fresh(submission).state == State.CONFIRMED
    tasks.follow_chain()
    spent = int(fresh(submission).cost_wei or 0)
    days = next(sample.value for sample in next(iter(gauges.lanes())).samples if sample.labels["address"] == address)
    assert days == pytest.approx((10**18 - spent) / spent)  # of days like this one


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("call", ["_commit", "broadcast"])
def test_incident_28_worker_killed_between_signing_and_sending(chain: Chain, call: str) -> None:
    """kill -9 right before the commit, or right before the first byte: one transaction in the end."""
    submission = report(1)
    connection.close()
    fork = multiprocessing.get_context("fork")

    def die() -> None:
        setattr(sending, call, lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL))
        tasks.submit(str(submission.pk))

    worker = fork.Process(target=die)
    worker.start()
    worker.join(60)
    assert worker.exitcode == -signal.SIGKILL
    assert chain.events() == []

    sweep()
    chain.mine()
    sweep()

    assert fresh(submission).state == State.CONFIRMED
    assert (chain.events(), Attempt.objects.count(), Wallet.objects.get().next_nonce) == ([1], 1, 1)


def test_incident_29_clock_skew_refuses_to_sign(chain: Chain) -> None:
    """A worker five minutes ahead signs nothing; with its clock repaired it goes on by itself."""
    chain.use(chain.proxy.url)
    chain.proxy.clock_offset_s = -300
    submission = report(1)

    sweep()
    assert (fresh(submission).state, Attempt.objects.count()) == (State.PLANNED, 0)
    chain.proxy.clock_offset_s = 0
    sweep()
    chain.mine()
    sweep()

    assert fresh(submission).state == State.CONFIRMED
