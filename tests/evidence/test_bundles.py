"""Bundles of reports that the contract has changed since."""

from __future__ import annotations

import pytest

from apps.evidence.bundles import _report
from apps.evidence.standalone import Wrong, _check_digest, _check_signatures
from apps.submissions.clients import ChainClients
from apps.submissions.models import Deployment, Submission
from apps.submissions.sending import send
from tests.submissions.conftest import chain, clients, deployment, plan

__all__ = ["chain", "clients", "deployment"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def signed(deployment: Deployment, clients: ChainClients) -> Submission:
    """A report of two feeds with places, signed and sent."""
    Deployment.objects.update(places={"BTC/USD": 0, "ETH/USD": 1})
    submission = plan(("BTC/USD", 500_000), ("ETH/USD", 70_000))
    send(submission.pk, clients)
    return Submission.objects.get(pk=submission.pk)


def moved() -> None:
    """Give the feeds other places on the contract, and the contract other signers."""
    Deployment.objects.update(
        places={"BTC/USD": 1, "ETH/USD": 258}, signers=["0x" + "11" * 20, "0x" + "22" * 20], threshold=1
    )


def test_a_bundle_holds_after_its_feeds_moved_and_the_signers_changed(signed: Submission) -> None:
    """What was signed is encoded as it was signed, and checked against the signers of the time."""
    before = _report(signed)
    moved()

    after = _report(Submission.objects.get(pk=signed.pk))

    assert after is not None
    assert after == before
    assert [row["place"] for row in after["answers"]] == [0, 1]
    _check_digest(after)
    assert _check_signatures(after) == "2 of 3 signers signed, 2 must"


def test_without_what_it_was_signed_for_a_moved_feed_is_noticed(signed: Submission) -> None:
    """A report from before this was kept is read with today's places, and says so when they are others."""
    Submission.objects.update(signed_for={})
    assert _report(signed) == _report(Submission.objects.get(pk=signed.pk))
    moved()

    report = _report(Submission.objects.get(pk=signed.pk))

    assert report is not None
    with pytest.raises(Wrong, match="EIP-712 digest"):
        _check_digest(report)
