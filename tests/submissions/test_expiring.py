"""Planned reports of a chain that is away end without it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from apps.feeds.models import Destination, Feed
from apps.submissions.models import Attempt, Submission
from apps.submissions.news import expire_planned
from apps.submissions.services import PlannedAnswer, plan_submission

pytestmark = pytest.mark.django_db


def planned(*, age_s: int, destination: str = "base") -> Submission:
    """Return a planned report whose answer and row are so old."""
    at = datetime.now(UTC) - timedelta(seconds=age_s)
    answer = PlannedAnswer("BTC/USD", 5, 8, at)
    row = plan_submission(answers=[answer], evidence_hash="0x" + "cd" * 32, simulated=True, destination=destination)
    Submission.objects.filter(pk=row.pk).update(created_at=at)
    return row


@pytest.fixture(autouse=True)
def _base() -> None:
    Destination.objects.create(name="base", chain_id=8453, rpc_urls=["https://rpc.example.org"])
    Feed.objects.create(pair="BTC/USD", max_age_s=90)


def test_what_is_too_old_ends_although_nobody_asks_its_chain() -> None:
    """Rounds read what is on its way, so a chain that is away for a day must not pile it up."""
    old, young = planned(age_s=120), planned(age_s=60)

    assert expire_planned(now=timezone.now()) == 1

    states = {row.pk: (row.state, row.failure_code) for row in Submission.objects.all()}
    assert states == {old.pk: ("FATAL", "expired"), young.pk: ("PLANNED", "")}


def test_what_was_signed_before_is_left_to_its_worker() -> None:
    """Its transaction may have landed after all, which only the chain can tell."""
    old = planned(age_s=120)
    Attempt.objects.create(
        submission=old, nonce=1, tx_hash="0x" + "ab" * 32, raw=b"", gas_limit=1, max_fee_wei=1, tip_wei=1
    )

    assert expire_planned(now=timezone.now()) == 0
