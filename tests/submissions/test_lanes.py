"""Who may send: pauses, limits, balance, a spare key, and the sequencer of a rollup."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from apps.chain.errors import InsufficientFunds, LaneClosed, SequencerDown
from apps.chain.gateway import SequencerStatus
from apps.submissions.clients import ChainClients
from apps.submissions.models import Deployment, Submission, Wallet
from apps.submissions.sending import send
from apps.submissions.sweeping import sweep
from tests.chain.local_chain import key
from tests.submissions.conftest import plan
from tests.submissions.fake_chain import FakeChain

pytestmark = pytest.mark.django_db
State = Submission.State


def states() -> list[str]:
    """Return all states, oldest first."""
    return list(Submission.objects.order_by("created_at").values_list("state", flat=True))


def test_empty_wallet_sends_nothing_and_resumes_by_itself(
    deployment: Deployment, clients: ChainClients, chain: FakeChain
) -> None:
    """Too little coin for the worst case keeps the report planned, no nonce is taken, and a refill is enough."""
    chain.balance = 1_000
    submission = plan(("BTC/USD", 5))
    with pytest.raises(InsufficientFunds, match="lacks"):
        send(submission.pk, clients)
    assert (states(), Wallet.objects.get().next_nonce, chain.sent) == ([State.PLANNED], 0, [])

    chain.balance = 10**21
    sweep(clients)

    assert states() == [State.CONFIRMED]


def test_what_is_in_flight_counts_against_the_balance(
    deployment: Deployment, clients: ChainClients, chain: FakeChain
) -> None:
    """A wallet that can pay one transaction at its cap does not sign two; a rollup's data fee counts."""
    chain.automine = False
    send(plan(("BTC/USD", 5)).pk, clients)
    chain.balance = 185_000 * 2_000  # one of 100,000 gas and its margins, at its cap
    with pytest.raises(InsufficientFunds):
        send(plan(("ETH/USD", 5)).pk, clients)

    chain.balance *= 2
    chain.data_fee = 1
    with pytest.raises(InsufficientFunds, match="lacks 1 wei"):
        send(plan(("ETH/USD", 6)).pk, clients)


def test_paused_lane_takes_nothing_new(deployment: Deployment, clients: ChainClients, chain: FakeChain) -> None:
    """What is in flight is still confirmed; planned reports wait until the lane is open again."""
    chain.automine = False
    send(plan(("BTC/USD", 5)).pk, clients)
    Wallet.objects.update(paused_at=timezone.now(), paused_by="anna")
    chain.mine()
    plan(("ETH/USD", 7))

    sweep(clients)
    assert states() == [State.CONFIRMED, State.PLANNED]
    with pytest.raises(LaneClosed, match="paused by anna"):
        send(Submission.objects.get(state=State.PLANNED).pk, clients)
    Wallet.objects.update(paused_at=None)
    chain.automine = True
    sweep(clients)

    assert states() == [State.CONFIRMED, State.CONFIRMED]


def test_full_lane_waits(deployment: Deployment, clients: ChainClients, chain: FakeChain) -> None:
    """No more than MAX_IN_FLIGHT transactions wait at a time."""
    chain.automine = False
    narrow = replace(clients, policy=replace(clients.policy, max_in_flight=1))
    send(plan(("BTC/USD", 5)).pk, narrow)

    with pytest.raises(LaneClosed, match="MAX_IN_FLIGHT 1"):
        send(plan(("ETH/USD", 7)).pk, narrow)


def test_stuck_lane_gives_out_no_more_nonces(deployment: Deployment, clients: ChainClients, chain: FakeChain) -> None:
    """Behind a stuck transaction nothing is queued up: what is planned meanwhile is what may replace it."""
    chain.automine = False
    send(plan(("BTC/USD", 5)).pk, clients)
    chain.base_fee_wei = 10**9
    for _ in range(3):
        chain.mine()

    with pytest.raises(LaneClosed, match="nonce 0 is stuck"):
        send(plan(("ETH/USD", 7)).pk, clients)


def test_mined_transaction_whose_receipt_is_unread_is_not_stuck(
    deployment: Deployment, clients: ChainClients, chain: FakeChain
) -> None:
    """In a burst blocks come before the sweep: what is mined holds nobody up."""
    send(plan(("BTC/USD", 5)).pk, clients)
    for _ in range(3):
        chain.mine()

    send(plan(("ETH/USD", 7)).pk, clients)

    assert states() == [State.UNCONFIRMED, State.UNCONFIRMED]
    assert (chain.landed("BTC/USD"), chain.landed("ETH/USD")) == ([5], [7])


def test_spare_transmitter_steps_in(deployment: Deployment, clients: ChainClients, chain: FakeChain) -> None:
    """While the first key is paused the second sends, with nonces of its own; each lane has its own wallet."""
    two = replace(clients, transmitters=[key(2), key(3)])
    send(plan(("BTC/USD", 5)).pk, two)
    Wallet.objects.filter(address=key(2).address).update(paused_at=timezone.now(), paused_by="anna")

    send(plan(("ETH/USD", 7)).pk, two)

    used = [(row.wallet.address, row.nonce) for row in Submission.objects.order_by("created_at") if row.wallet]
    assert used == [(key(2).address, 0), (key(3).address, 0)]
    assert chain.landed("ETH/USD") == [7]


def test_report_covered_by_one_in_flight_costs_nothing(
    deployment: Deployment, clients: ChainClients, chain: FakeChain
) -> None:
    """Two reports of the same feed before a block: the newer is on its way, the older is REPLACED without a nonce."""
    chain.automine = False
    older, newer = plan(("BTC/USD", 5), age_s=20), plan(("BTC/USD", 6), age_s=2)
    send(newer.pk, clients)

    send(older.pk, clients)

    older.refresh_from_db()
    assert (older.state, older.nonce, older.replaced_by) == (State.REPLACED, None, newer)


@pytest.mark.parametrize(("is_up", "age_s", "sends"), [(False, 9_999, False), (True, 299, False), (True, 301, True)])
def test_sequencer_down_stops_and_grace_resumes(
    deployment: Deployment, clients: ChainClients, chain: FakeChain, *, is_up: bool, age_s: int, sends: bool
) -> None:
    """While the uptime feed says down, and SEQUENCER_GRACE_S after, nothing is published; then it goes on by itself."""
    on_rollup = replace(clients, policy=replace(clients.policy, sequencer_feed="0x" + "05" * 20))
    chain.sequencer = SequencerStatus(is_up=is_up, since=timezone.now() - timedelta(seconds=age_s))
    submission = plan(("BTC/USD", 5))
    if not sends:
        with pytest.raises(SequencerDown):
            send(submission.pk, on_rollup)

    sweep(on_rollup)

    assert states() == [State.CONFIRMED if sends else State.PLANNED]
