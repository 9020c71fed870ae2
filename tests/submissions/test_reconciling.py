"""The contract's events against the tables: missing, extra, different, and what heals them."""

from __future__ import annotations

import pytest

from apps.chain.gateway import FeedReading
from apps.submissions.clients import ChainClients
from apps.submissions.models import Attempt, ChainDifference, Deployment, Submission
from apps.submissions.reconciling import reconcile
from apps.submissions.sweeping import sweep
from tests.submissions.conftest import plan
from tests.submissions.fake_chain import FakeChain
from tests.submissions.test_confirming import sent_and_confirmed

pytestmark = pytest.mark.django_db
State = Submission.State


@pytest.fixture
def landed(deployment: Deployment, clients: ChainClients, chain: FakeChain) -> Submission:
    """A report of two feeds, landed and deep enough."""
    submission = sent_and_confirmed(clients, ("BTC/USD", 5), ("ETH/USD", 7))
    for _ in range(12):
        chain.mine()
    return submission


def found() -> list[tuple[str, str, bool]]:
    """Return kind, pair and whether something was done, of every difference."""
    rows = ChainDifference.objects.order_by("kind", "pair").values_list("kind", "pair", "healing")
    return [(kind, pair, bool(healing)) for kind, pair, healing in rows]


def test_what_agrees_is_compared_once(landed: Submission, clients: ChainClients, chain: FakeChain) -> None:
    """Nothing differs; the block is remembered, and blocks that are not final wait."""
    assert reconcile(clients) == 0
    assert Deployment.objects.get().reconciled_block == 1
    chain.calls.clear()

    assert reconcile(clients) == 0
    assert chain.calls == ["head"]


def test_landed_row_without_its_event_is_followed_again(
    landed: Submission, clients: ChainClients, chain: FakeChain
) -> None:
    """A node showed a receipt that the chain does not have: the report is looked for and sent again."""
    chain.receipts.clear()
    chain.history.clear()
    chain.nonces.clear()

    reconcile(clients)

    assert found() == [("MISSING", "BTC/USD", True), ("MISSING", "ETH/USD", True)]
    sweep(clients)
    Attempt.objects.update(broadcast_at=None, created_at="2026-01-01T00:00Z")
    for _ in range(2):
        sweep(clients)
    landed.refresh_from_db()
    assert (landed.state, landed.resends, chain.landed("BTC/USD")) == (State.CONFIRMED, 1, [5])


def test_event_of_a_report_given_up_is_healed(landed: Submission, clients: ChainClients) -> None:
    """A row that says FATAL although its transaction was mined is read again and ends as it should."""
    Submission.objects.update(state=State.FATAL, failure_code="expired", landed=[], block_number=None)

    reconcile(clients)
    sweep(clients)

    landed.refresh_from_db()
    assert [kind for kind, _, _ in found()] == ["EXTRA", "EXTRA"]
    assert (landed.state, landed.failure_code, landed.landed) == (State.FINAL, "", ["BTC/USD", "ETH/USD"])


def test_feed_misread_at_confirming_is_read_again(landed: Submission, clients: ChainClients) -> None:
    """A row that knows of one landed feed where the chain has two is followed again and ends with both."""
    Submission.objects.update(landed=["ETH/USD"], skipped={"BTC/USD": "read_back_differs"})

    reconcile(clients)
    sweep(clients)

    landed.refresh_from_db()
    assert found() == [("EXTRA", "BTC/USD", True)]
    assert (landed.landed, landed.skipped) == (["BTC/USD", "ETH/USD"], {})


def test_event_whose_receipt_is_still_to_be_read_is_none(landed: Submission, clients: ChainClients) -> None:
    """A submission on its way is followed anyway; no alarm is raised for it."""
    Submission.objects.update(state=State.UNCONFIRMED, landed=[])

    assert reconcile(clients) == 0


def test_event_of_a_stranger_is_reported(landed: Submission, clients: ChainClients, chain: FakeChain) -> None:
    """Somebody else carried a report to the contract: there is nothing to heal, and it is said."""
    receipt = next(iter(chain.receipts.values()))
    chain.receipts["0xstranger"] = type(receipt)("0xstranger", 1, "0xblock1", True, 1, None, {"BTC/USD": (2, 6)})

    reconcile(clients)

    assert found() == [("EXTRA", "BTC/USD", False)]
    assert ChainDifference.objects.get().theirs == 6


def test_other_answer_than_stored_is_never_healed(landed: Submission, clients: ChainClients) -> None:
    """A changed row is shown with both numbers; a person has to look."""
    answers = [{**landed.answers[0], "answer": "4"}, landed.answers[1]]
    Submission.objects.update(answers=answers)

    reconcile(clients)

    difference = ChainDifference.objects.get()
    assert (difference.kind, difference.ours, difference.theirs, difference.healing) == ("DIFFERENT", 4, 5, "")


def test_range_goes_on_where_it_stopped(landed: Submission, clients: ChainClients, chain: FakeChain) -> None:
    """Blocks are taken up one range after another, none twice and none left out."""
    reconcile(clients)
    other = plan(("BTC/USD", 6), age_s=0)
    sweep(clients)
    block_number = Submission.objects.get(pk=other.pk).block_number or 0
    for _ in range(12):
        chain.mine()
    chain.history["BTC/USD"][-1] = (block_number, FeedReading(6, 2, other.created_at, other.created_at))

    assert reconcile(clients) == 0
    assert Deployment.objects.get().reconciled_block == block_number
