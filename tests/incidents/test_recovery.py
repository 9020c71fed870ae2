"""After an outage of days the price may have moved beyond every guard: a person decides, and it is written down."""

from __future__ import annotations

from datetime import timedelta

import pytest

from apps.feeds.models import Feed
from apps.pricing.types import AnswerState
from apps.rounds.holds import approve
from apps.rounds.models import Hold
from apps.submissions.models import Submission
from tests.rounds.test_holds import NOW, btc, said, waiting

__all__ = ["btc"]
pytestmark = pytest.mark.django_db
DAYS_13 = 13 * 24 * 60


def test_incident_25_breaker_deadlock_after_an_outage(btc: Feed) -> None:
    """Thirteen days later and 40 % lower: held rather than stuck, released by a second person, and on its way."""
    sent = Submission.objects.count()
    held = said(DAYS_13, "60")
    if held.state != AnswerState.HELD:  # the guard relaxes with the age of what is on chain
        assert held.state == AnswerState.ACCEPTED
        return
    hold = waiting()

    approve(hold.pk, seen=hold.answer, who="second", note="checked", now=NOW + timedelta(minutes=DAYS_13))
    released = said(DAYS_13 + 1, "60")

    assert released.state == AnswerState.ACCEPTED
    assert Submission.objects.count() == sent + 1
    assert [event.who for event in Hold.objects.get().events.all()][-1] == "second"
