"""Nonces that are mined without a receipt of ours: lagging nodes, strangers with the key, reopened reports."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from prometheus_client import REGISTRY

from apps.submissions.clients import ChainClients
from apps.submissions.confirming import confirm
from apps.submissions.models import Attempt, Deployment, Submission, Wallet
from apps.submissions.sending import send
from apps.submissions.services import reopen
from apps.submissions.sweeping import sweep
from tests.chain.local_chain import key
from tests.submissions.conftest import plan
from tests.submissions.fake_chain import FakeChain

pytestmark = pytest.mark.django_db
State = Submission.State


def age(submission: Submission, *, seconds: float) -> None:
    """Make row and attempts look older."""
    then = timezone.now() - timedelta(seconds=seconds)
    Submission.objects.filter(pk=submission.pk).update(updated_at=then)
    Attempt.objects.filter(submission=submission).update(broadcast_at=then)


def foreign() -> float:
    """Return the count of nonces somebody else used."""
    labels = {"chain": "31337", "address": key(2).address}
    return REGISTRY.get_sample_value("oracle_foreign_nonces_total", labels) or 0.0


def test_nonce_taken_by_a_stranger_is_replaced(deployment: Deployment, clients: ChainClients, chain: FakeChain) -> None:
    """When another transaction used our nonce, the report is signed anew with a free one, lands once, and it counts."""
    chain.automine = False
    submission = plan(("BTC/USD", 5))
    send(submission.pk, clients)
    chain.drop_mempool()
    for _ in range(4):
        chain.use_nonce(key(2).address)
    before = foreign()
    age(submission, seconds=60)
    chain.automine = True

    sweep(clients)
    submission.refresh_from_db()
    assert submission.state == State.MISSING
    age(submission, seconds=60)
    sweep(clients)
    sweep(clients)

    submission.refresh_from_db()
    assert (submission.state, submission.nonce, submission.resends) == (State.CONFIRMED, 4, 1)
    assert chain.landed("BTC/USD") == [5]
    assert foreign() == before + 1


def test_receipt_that_shows_late_ends_the_doubt(
    deployment: Deployment, clients: ChainClients, chain: FakeChain
) -> None:
    """A node that counts a transaction before it shows the receipt makes it MISSING for a while, nothing more."""
    submission = plan(("BTC/USD", 5))
    send(submission.pk, clients)
    tx_hash = Attempt.objects.get().tx_hash
    chain.hidden.add(tx_hash)
    age(submission, seconds=60)
    confirm(submission.pk, clients)
    submission.refresh_from_db()
    assert submission.state == State.MISSING

    chain.hidden.clear()
    sweep(clients)

    submission.refresh_from_db()
    assert (submission.state, submission.tx_hash, len(chain.sent)) == (State.CONFIRMED, tx_hash, 1)


def test_missing_nonce_that_is_free_again_goes_back(
    deployment: Deployment, clients: ChainClients, chain: FakeChain
) -> None:
    """When the block that used the nonce left the chain, the submission waits as before."""
    submission = plan(("BTC/USD", 5))
    chain.automine = False
    send(submission.pk, clients)
    chain.use_nonce(key(2).address)
    age(submission, seconds=60)
    confirm(submission.pk, clients)
    chain.nonces[key(2).address] = 0

    confirm(submission.pk, clients)

    submission.refresh_from_db()
    assert submission.state == State.UNCONFIRMED


def test_reopened_report_that_had_landed_is_not_sent_again(
    deployment: Deployment, clients: ChainClients, chain: FakeChain
) -> None:
    """Before a reopened report is signed anew, its old attempts are looked for at every node."""
    submission = plan(("BTC/USD", 5))
    send(submission.pk, clients)
    reopen(Submission.objects.filter(pk=submission.pk), reason="a node lied")

    sweep(clients)
    sweep(clients)

    submission.refresh_from_db()
    assert (submission.state, submission.nonce, len(chain.sent)) == (State.CONFIRMED, 0, 1)
    assert Wallet.objects.get().next_nonce == 1


def test_nonce_too_low_is_looked_up_before_anything_is_signed(
    deployment: Deployment, clients: ChainClients, chain: FakeChain
) -> None:
    """A node that mined our bytes answers a repeat with nonce too low: the receipt decides, no second signature."""
    submission = plan(("BTC/USD", 5))
    send(submission.pk, clients)
    send(submission.pk, clients)

    confirm(submission.pk, clients)

    submission.refresh_from_db()
    assert submission.state == State.CONFIRMED
    assert Attempt.objects.count() == 1
