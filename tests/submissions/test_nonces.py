"""A wallet's nonces against the chain's: gaps, strangers, fillers."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.submissions.clients import ChainClients
from apps.submissions.lanes import lanes_of
from apps.submissions.models import Attempt, Deployment, Submission, Wallet
from apps.submissions.nonces import reconcile
from apps.submissions.sending import send
from apps.submissions.sweeping import sweep
from tests.chain.local_chain import key
from tests.submissions.conftest import plan
from tests.submissions.fake_chain import FakeChain

pytestmark = pytest.mark.django_db
State = Submission.State


def with_gap(clients: ChainClients, chain: FakeChain) -> Submission:
    """Return a submission at nonce 1 whose predecessor's bytes are nowhere and whose nonce nobody holds."""
    chain.automine = False
    first, second = plan(("BTC/USD", 5)), plan(("ETH/USD", 7))
    send(first.pk, clients)
    send(second.pk, clients)
    del chain.mempool[first.attempts.get().tx_hash]
    Submission.objects.filter(pk=first.pk).update(state=State.FATAL, nonce=None)
    return second


def test_gap_is_filled_and_what_waited_lands(deployment: Deployment, clients: ChainClients, chain: FakeChain) -> None:
    """A transfer of nothing takes the free nonce, and the submission behind it is mined."""
    stuck = with_gap(clients, chain)
    (lane,) = lanes_of(deployment, clients)

    reconcile(lane, clients)
    chain.mine()
    sweep(clients)

    filler = Attempt.objects.get(submission=None)
    assert (filler.nonce, filler.kind) == (0, Attempt.Kind.CANCEL)
    stuck.refresh_from_db()
    assert stuck.state == State.CONFIRMED
    assert Wallet.objects.get().mined_nonce == 0


def test_filler_is_made_once_and_driven_on(deployment: Deployment, clients: ChainClients, chain: FakeChain) -> None:
    """Seen again, the gap has its filler; a stuck one is paid better at the same nonce."""
    with_gap(clients, chain)
    (lane,) = lanes_of(deployment, clients)
    reconcile(lane, clients)
    reconcile(lane, clients)
    assert Attempt.objects.filter(submission=None).count() == 1

    Attempt.objects.update(broadcast_at=timezone.now() - timedelta(seconds=60))
    chain.base_fee_wei = 10**6
    for _ in range(3):
        chain.mine()
    reconcile(lane, clients)

    first, second = Attempt.objects.filter(submission=None).order_by("pk")
    assert (first.nonce, second.nonce) == (0, 0)
    assert second.max_fee_wei * 8 >= first.max_fee_wei * 9


def test_healthy_lane_is_left_alone(deployment: Deployment, clients: ChainClients, chain: FakeChain) -> None:
    """Nonces in flight, waiting or dropped from the node's memory, are no gaps: their holders drive them."""
    chain.automine = False
    for pair in ("BTC/USD", "ETH/USD"):
        send(plan((pair, 5)).pk, clients)
    chain.drop_mempool()
    (lane,) = lanes_of(deployment, clients)

    reconcile(lane, clients)

    assert not Attempt.objects.filter(submission=None).exists()


def test_nonces_used_elsewhere_are_skipped(
    deployment: Deployment, clients: ChainClients, chain: FakeChain, caplog: pytest.LogCaptureFixture
) -> None:
    """A chain that counts further than we gave out means a stranger has the key: reported, and never sent into."""
    (lane,) = lanes_of(deployment, clients)
    for _ in range(3):
        chain.use_nonce(key(2).address)

    reconcile(lane, clients)
    send(plan(("BTC/USD", 5)).pk, clients)

    assert "foreign use" in caplog.text
    assert Submission.objects.get().nonce == 3
