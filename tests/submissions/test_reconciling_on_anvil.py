"""Reconciliation over real events: missing, extra and different ones, a reorganisation, a node that forgets."""

from __future__ import annotations

import time

import pytest
from pytest_django import Settings

from apps.chain.report import Report, ReportAnswer, report_message
from apps.chain.signers import TransactionFields, sign_report, sign_transaction
from apps.submissions import clients, tasks
from apps.submissions.models import ChainDifference, Deployment, Submission
from tests.chain.local_chain import key
from tests.incidents.conftest import Chain, anvil_rpc, chain, fresh, report, sweep

__all__ = ["anvil_rpc", "chain"]
pytestmark = pytest.mark.django_db
State = Submission.State
DEEP = 6


@pytest.fixture(autouse=True)
def _deep_enough(settings: Settings) -> None:
    """Blocks are final soon."""
    settings.CONFIRMATIONS = 4


def landed(chain: Chain, answer: int, *, pair: str = "BTC/USD", age_s: float = 2) -> Submission:
    """Bring a report onto the chain; its row is CONFIRMED."""
    submission = report(answer, pair=pair, age_s=age_s)
    tasks.submit(str(submission.pk))
    chain.mine()
    sweep()
    return fresh(submission)


def found() -> list[tuple[str, str, int | None, int | None, bool]]:
    """Return kind, pair, both answers and whether something was done, of every difference."""
    rows = ChainDifference.objects.order_by("found_at", "pk")
    return [(row.kind, row.pair, row.ours, row.theirs, bool(row.healing)) for row in rows]


def send_beside(chain: Chain, answer: int) -> None:
    """Land a report that the signers signed and no row of ours knows."""
    gateway, signers, deployment = clients.gateway(), clients.chain_clients().signers, Deployment.objects.get()
    answers = (ReportAnswer("ETH/USD", answer, int(time.time()) - 1),)
    unknown = Report(signer_set_version=1, evidence_hash="0x" + "ee" * 32, answers=answers, places=deployment.places)
    message = report_message(unknown, chain_id=31337, contract=deployment.address)
    data = gateway.submit_data(deployment.address, unknown, sign_report(message, list(signers)[:2]))
    sender = key(1)
    chain.rpc("anvil_setBalance", sender.address, hex(10**18))
    nonce = gateway.nonce(sender.address, pending=True)
    fees = gateway.fees(max_fee_gwei=500)
    fields = TransactionFields(31337, nonce, deployment.address, data, 500_000, fees)
    gateway.broadcast(sign_transaction(fields, sender).raw)
    chain.mine()


def test_missing_extra_and_different_events_of_a_real_chain(chain: Chain) -> None:
    """Each kind is found once with both answers, over blocks of which some were reorganised; ours is healed."""
    kept = landed(chain, 1, age_s=30)
    lost = landed(chain, 2, age_s=20)
    chain.rpc("anvil_reorg", 2, [])
    sweep()
    chain.mine()
    sweep()
    assert (fresh(lost).state, len(fresh(lost).lost_blocks)) == (State.CONFIRMED, 1)
    send_beside(chain, 7 * 10**18)
    forged = landed(chain, 3)
    chain.mine(DEEP)
    made_up = "0x" + "99" * 32
    Submission.objects.filter(pk=kept.pk).update(tx_hash=made_up)
    Submission.objects.filter(pk=forged.pk).update(answers=[{**forged.answers[0], "answer": "4"}])

    tasks.reconcile()

    assert sorted(found(), key=str) == [
        ("DIFFERENT", "BTC/USD", 4, 3, False),
        ("EXTRA", "BTC/USD", None, 1, True),
        ("EXTRA", "ETH/USD", None, 7 * 10**18, False),
        ("MISSING", "BTC/USD", 1, None, True),
    ]
    sweep(2)
    healed = fresh(kept)
    assert (healed.state, healed.tx_hash != made_up, healed.landed) == (State.FINAL, True, ["BTC/USD"])
    count = ChainDifference.objects.count()
    tasks.reconcile()
    assert ChainDifference.objects.count() == count


def test_events_that_a_node_forgot_are_no_difference(chain: Chain) -> None:
    """Anvil drops bodies of old blocks and answers as if they had been empty; a landed report stays landed."""
    submission = landed(chain, 1)
    chain.rpc("anvil_mine", hex(1_200))
    sweep()

    for _ in range(2):
        tasks.reconcile()

    assert (found(), fresh(submission).state) == ([], State.FINAL)
    assert Deployment.objects.get().reconciled_block is not None
