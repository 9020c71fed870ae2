"""After an outage of days the price may have moved beyond every guard: people decide, and it is written down."""

from __future__ import annotations

from datetime import timedelta

import pytest

from apps.feeds.models import Feed
from apps.pricing.types import AnswerReason, AnswerState
from apps.rounds.holds import HoldRefused, approve
from apps.rounds.models import Hold
from apps.submissions.models import Submission
from tests.rounds.test_holds import NOW, btc, said, waiting

__all__ = ["btc"]
pytestmark = pytest.mark.django_db
DAYS_13 = 13 * 24 * 60


def test_incident_25_breaker_deadlock_after_an_outage(btc: Feed) -> None:
    """Thirteen days later and 40 % lower: held rather than sent, released by a second person, and on its way."""
    Feed.objects.update(two_persons=True)
    sent = Submission.objects.count()
    held = said(DAYS_13, "60")
    assert (held.state, held.reason) == (AnswerState.HELD, AnswerReason.JUMP)
    assert Submission.objects.count() == sent
    hold, now = waiting(), NOW + timedelta(minutes=DAYS_13)

    approve(hold.pk, seen=hold.answer, who="first", note="the outage is over", now=now)
    with pytest.raises(HoldRefused, match="two people"):
        approve(hold.pk, seen=hold.answer, who="first", note="again", now=now)
    assert said(DAYS_13 + 1, "60").state == AnswerState.HELD
    approve(hold.pk, seen=hold.answer, who="second", note="checked", now=now)
    released = said(DAYS_13 + 2, "60")

    assert released.state == AnswerState.ACCEPTED
    assert Submission.objects.count() == sent + 1
    assert [(event.action, event.who) for event in Hold.objects.get().events.all()][-2:] == [
        ("approved by one", "first"),
        ("approved", "second"),
    ]
