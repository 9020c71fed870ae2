"""Transactions that wait: paid better, replaced by a fresher report, cancelled, and never beyond the cap."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone
from prometheus_client import REGISTRY

from apps.chain.fees import GWEI, Fees
from apps.chain.transactions import call_of
from apps.submissions.clients import ChainClients
from apps.submissions.confirming import confirm
from apps.submissions.lanes import lanes_of
from apps.submissions.models import Attempt, Deployment, Submission
from apps.submissions.nonces import reconcile
from apps.submissions.sending import send
from apps.submissions.sweeping import sweep
from tests.submissions.conftest import plan
from tests.submissions.fake_chain import FakeChain

pytestmark = pytest.mark.django_db
State = Submission.State


@pytest.fixture
def dear(chain: FakeChain) -> FakeChain:
    """A chain that mines nothing which pays less than ten times what was usual."""
    chain.automine = False
    return chain


def price_out(chain: FakeChain, *, blocks: int = 3) -> None:
    """Let the base fee rise tenfold and blocks pass that nobody of ours is in."""
    chain.base_fee_wei, chain.fees_now = 5_000, Fees(20_000, 1_000)
    for _ in range(blocks):
        chain.mine()


def state_of(submission: Submission) -> tuple[str, str]:
    """Return state and failure code as stored."""
    submission.refresh_from_db()
    return submission.state, submission.failure_code


def test_stuck_transaction_is_paid_better(deployment: Deployment, clients: ChainClients, dear: FakeChain) -> None:
    """After BUMP_AFTER_BLOCKS the same call goes out at the same nonce with both fees up by an eighth or more."""
    submission = plan(("BTC/USD", 5))
    send(submission.pk, clients)
    price_out(dear, blocks=2)
    confirm(submission.pk, clients)
    assert Attempt.objects.count() == 1  # too early

    dear.mine()
    confirm(submission.pk, clients)
    dear.mine()
    confirm(submission.pk, clients)

    first, second = Attempt.objects.order_by("pk")
    assert (first.nonce, second.nonce) == (0, 0)
    assert second.max_fee_wei * 8 >= first.max_fee_wei * 9
    assert second.tip_wei * 8 >= first.tip_wei * 9
    assert call_of(bytes(first.raw)) == call_of(bytes(second.raw))
    submission.refresh_from_db()
    assert (submission.state, submission.tx_hash) == (State.CONFIRMED, second.tx_hash)
    assert dear.landed("BTC/USD") == [5]


def test_fresher_report_takes_the_place_of_a_stuck_one(
    deployment: Deployment, clients: ChainClients, dear: FakeChain
) -> None:
    """The replacement has the newer price at the same nonce, and the old report is REPLACED with a link to it."""
    old = plan(("BTC/USD", 5), age_s=20)
    send(old.pk, clients)
    price_out(dear)
    fresh = plan(("BTC/USD", 6), ("ETH/USD", 7), age_s=2)

    sweep(clients)
    dear.mine()
    sweep(clients)

    assert state_of(old) == (State.REPLACED, "")
    assert old.replaced_by == fresh
    assert state_of(fresh) == (State.CONFIRMED, "")
    assert (fresh.nonce, dear.landed("BTC/USD"), dear.landed("ETH/USD")) == (0, [6], [7])
    assert len(dear.receipts) == 1


@pytest.mark.parametrize("answers", [(("ETH/USD", 7),), (("BTC/USD", 6),)], ids=["another feed", "older observation"])
def test_report_that_does_not_cover_the_stuck_one_waits(
    deployment: Deployment, clients: ChainClients, dear: FakeChain, answers: tuple[tuple[str, int], ...]
) -> None:
    """Every feed of the stuck report must have an answer at least as new, else the stuck one is paid better."""
    old = plan(("BTC/USD", 5), age_s=5)
    send(old.pk, clients)
    price_out(dear)
    other = plan(*answers, age_s=30)

    sweep(clients)

    assert state_of(old) == (State.UNCONFIRMED, "")
    assert Attempt.objects.filter(submission=old).count() == 2
    assert other.pk != old.pk


def test_no_old_price_is_paid_better_while_a_fresher_one_waits(
    deployment: Deployment, clients: ChainClients, dear: FakeChain
) -> None:
    """No single report has both feeds of the stuck one: the fresher part goes first, the rest after it."""
    old = plan(("BTC/USD", 5), ("ETH/USD", 7), age_s=20)
    send(old.pk, clients)
    price_out(dear)
    fresh = plan(("BTC/USD", 6), age_s=2)

    for _ in range(2):
        sweep(clients)
        dear.mine()
    sweep(clients)

    assert state_of(fresh) == (State.CONFIRMED, "")
    assert state_of(old) == (State.CONFIRMED, "")
    assert (fresh.nonce, old.nonce, old.landed, old.skipped) == (0, 1, ["ETH/USD"], {"BTC/USD": "not_newer"})
    assert (dear.landed("BTC/USD"), dear.landed("ETH/USD")) == ([6], [7])


def test_parts_of_a_stuck_report_in_two_fresher_ones_leave_nothing_old_to_send(
    deployment: Deployment, clients: ChainClients, dear: FakeChain
) -> None:
    """Each feed has a fresher answer in a report of its own: both land, the old one costs no gas any more."""
    old = plan(("BTC/USD", 5), ("ETH/USD", 7), age_s=20)
    send(old.pk, clients)
    price_out(dear)
    parts = [plan(("BTC/USD", 6), age_s=3), plan(("ETH/USD", 8), age_s=2)]

    for _ in range(3):
        sweep(clients)
        dear.mine()
    sweep(clients)

    assert [state_of(part) for part in parts] == [(State.CONFIRMED, "")] * 2
    assert state_of(old) == (State.FATAL, "superseded")
    assert (dear.landed("BTC/USD"), dear.landed("ETH/USD")) == ([6], [8])
    assert sorted(part.nonce for part in parts if part.nonce is not None) == [0, 1]


def test_partly_older_report_does_not_overtake(deployment: Deployment, clients: ChainClients, dear: FakeChain) -> None:
    """A report that is fresher in one feed and older in another would make a price go back in line: it waits."""
    old = plan(("BTC/USD", 5), ("ETH/USD", 7), age_s=10)
    send(old.pk, clients)
    price_out(dear)
    other = plan(("BTC/USD", 6), ("SOL/USD", 1), age_s=2)
    Submission.objects.filter(pk=other.pk).update(
        answers=[*other.answers, {**other.answers[0], "pair": "ETH/USD", "observed_at": 1_000}]
    )

    sweep(clients)

    assert state_of(old) == (State.UNCONFIRMED, "")
    assert Attempt.objects.filter(submission=old, nonce=0).count() == 2


def test_overtaken_report_that_is_mined_instead_takes_its_nonce_back(
    deployment: Deployment, clients: ChainClients, dear: FakeChain
) -> None:
    """A miner may take the old bytes although they were overtaken: both reports still land, each once."""
    old = plan(("BTC/USD", 5), ("ETH/USD", 7), age_s=20)
    send(old.pk, clients)
    old_bytes = bytes(Attempt.objects.get().raw)
    price_out(dear)
    fresh = plan(("BTC/USD", 6), age_s=2)
    sweep(clients)
    dear.mempool.clear()
    dear.base_fee_wei = 500
    dear._take(old_bytes)
    dear.mine()

    for _ in range(4):
        sweep(clients)
        dear.mine()
        for lane in lanes_of(deployment, clients):
            reconcile(lane, clients)  # the nonce that the old report gave back is filled
    sweep(clients)

    assert state_of(old) == (State.CONFIRMED, "")
    assert (old.nonce, old.landed) == (0, ["BTC/USD", "ETH/USD"])
    assert state_of(fresh) == (State.CONFIRMED, "")
    assert (dear.landed("BTC/USD"), dear.landed("ETH/USD")) == ([5, 6], [7])


def test_given_up_report_is_not_sent_after_a_fresher_one(
    deployment: Deployment, clients: ChainClients, dear: FakeChain
) -> None:
    """What an operator cancelled stays cancelled when a report of some of its feeds comes."""
    old = plan(("BTC/USD", 5), ("ETH/USD", 7), age_s=20)
    send(old.pk, clients)
    Attempt.objects.update(kind=Attempt.Kind.CANCEL)
    price_out(dear)
    plan(("BTC/USD", 6), age_s=2)

    sweep(clients)

    assert state_of(old) == (State.UNCONFIRMED, "")


def test_replaced_report_that_is_mined_instead_takes_its_nonce_back(
    deployment: Deployment, clients: ChainClients, dear: FakeChain
) -> None:
    """A miner may take the old bytes: then the old report is confirmed, and the newer one is sent anew."""
    old = plan(("BTC/USD", 5), age_s=20)
    send(old.pk, clients)
    old_bytes = bytes(Attempt.objects.get().raw)
    price_out(dear)
    fresh = plan(("BTC/USD", 6), age_s=2)
    sweep(clients)
    dear.mempool.clear()
    dear.base_fee_wei = 500
    dear._take(old_bytes)
    dear.mine()

    for _ in range(3):
        sweep(clients)
        dear.mine()
    sweep(clients)

    assert state_of(old) == (State.CONFIRMED, "")
    assert state_of(fresh) == (State.CONFIRMED, "")
    assert (fresh.nonce, dear.landed("BTC/USD")) == (1, [5, 6])


def test_stuck_report_that_grew_too_old_gives_way(
    deployment: Deployment, clients: ChainClients, dear: FakeChain
) -> None:
    """The contract would skip it: its nonce is used up by a transfer of nothing, which costs a fifth."""
    submission = plan(("BTC/USD", 5), age_s=80)
    send(submission.pk, clients)
    Submission.objects.update(answers=[{**submission.answers[0], "observed_at": 1_000}])
    price_out(dear)

    sweep(clients)
    dear.mine()
    sweep(clients)

    assert state_of(submission) == (State.FATAL, "expired")
    assert submission.gas_used == 21_000
    assert dear.landed("BTC/USD") == []


def test_nothing_pays_more_than_the_cap(deployment: Deployment, clients: ChainClients, dear: FakeChain) -> None:
    """At MAX_FEE_GWEI the old bytes stay, the event is counted for the alert, and a cheaper chain ends it."""
    low = replace(clients, policy=replace(clients.policy, max_fee_gwei=1))
    submission = plan(("BTC/USD", 5))
    send(submission.pk, low)
    dear.base_fee_wei, dear.fees_now = 5_000, Fees(2 * GWEI, 1_000)
    for _ in range(3):
        dear.mine()
    before = REGISTRY.get_sample_value("oracle_fee_cap_reached_total", {"chain": "31337"}) or 0

    sweep(low)

    assert Attempt.objects.count() == 1
    assert REGISTRY.get_sample_value("oracle_fee_cap_reached_total", {"chain": "31337"}) == before + 1
    dear.base_fee_wei = 500
    dear.mine()
    sweep(low)
    assert state_of(submission) == (State.CONFIRMED, "")


def test_transactions_behind_a_stuck_one_are_repriced_with_it(
    deployment: Deployment, clients: ChainClients, dear: FakeChain
) -> None:
    """What could not be mined at the present base fee does not wait its turn to be paid better."""
    rows = [plan((pair, 5)) for pair in ("BTC/USD", "ETH/USD")]
    for row in rows:
        send(row.pk, clients)
    price_out(dear)

    sweep(clients)
    dear.mine()
    sweep(clients)

    assert [state_of(row) for row in rows] == [(State.CONFIRMED, "")] * 2


def test_dropped_transaction_is_sent_again(deployment: Deployment, clients: ChainClients, dear: FakeChain) -> None:
    """What the node forgot goes out again after the timeout, byte for byte, and the attempt says where."""
    submission = plan(("BTC/USD", 5))
    send(submission.pk, clients)
    dear.drop_mempool()
    Attempt.objects.update(broadcast_at=timezone.now() - timedelta(seconds=60))

    confirm(submission.pk, clients)
    dear.mine()
    confirm(submission.pk, clients)

    assert state_of(submission) == (State.CONFIRMED, "")
    assert (len(dear.sent), len(set(dear.sent))) == (2, 1)
    assert (Attempt.objects.get().nodes, Attempt.objects.get().broadcasts) == ("fake:1", 2)
