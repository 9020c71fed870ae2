"""How long rounds are kept."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from apps.rounds.models import PackedObservations, Round
from apps.submissions.models import Submission

DELETE_BATCH = 2_000
TRIM_BATCH = 500
# A feed that stays below quorum or held fails every scheduled round, about 30 KB each: 80 GB in 30 days of 1 s rounds.
REJECTED_RETENTION = timedelta(hours=6)


def prune_rounds(*, now: datetime) -> int:
    """Delete rounds past their retention, a batch at a time; return how many went.

    Quiet rounds go first, then scheduled ones that were rejected or held; those somebody asked for stay the full time.

    A round takes its submissions and the signed bytes with it; it stays while one of them is still on its way.
    """
    quiet_before = now - timedelta(seconds=settings.QUIET_ROUND_RETENTION_S)
    old_before = now - timedelta(days=settings.ROUND_RETENTION_DAYS)
    quiet = Round.objects.filter(outcome=Round.Outcome.QUIET, opened_at__lt=quiet_before)
    failed = [Round.Outcome.REJECTED, Round.Outcome.HELD]
    # The newest round of a hold stays with it: it shows what a person decided about.
    rejected = Round.objects.filter(
        outcome__in=failed, requested=[], opened_at__lt=now - REJECTED_RETENTION, holds=None
    )
    old = Round.objects.filter(state=Round.State.CLOSED, opened_at__lt=old_before)
    on_its_way = Submission.objects.filter(state__in=[*Submission.UNFINISHED, Submission.State.CONFIRMED])
    old = old.filter(holds=None).exclude(submission__in=on_its_way).exclude(elsewhere__in=on_its_way)
    doomed = {
        pk: submission_id
        for rounds in (quiet, rejected, old)
        for pk, submission_id in rounds.values_list("pk", "submission_id")[:DELETE_BATCH]
    }
    with transaction.atomic():
        reports = [pk for pk in doomed.values() if pk is not None]
        reports += Submission.objects.filter(rounds_elsewhere__in=doomed).values_list("pk", flat=True)
        Round.objects.filter(pk__in=doomed).delete()
        Submission.objects.filter(pk__in=reports).delete()
    return len(doomed)


def trim_rounds(*, now: datetime) -> int:
    """Delete from sent rounds what did not matter, once the time of quiet rounds is over; return how many were trimmed.

    What was published or held, what was asked for and the legs of those stay, with the calls and whatever the evidence
    hash covers. Of a round over a thousand feeds that is a few.
    """
    before = now - timedelta(seconds=settings.QUIET_ROUND_RETENTION_S)
    due = Round.objects.filter(outcome=Round.Outcome.SENT, trimmed_at__isnull=True, closed_at__lt=before)
    ids = list(due.order_by("closed_at").values_list("pk", flat=True)[:TRIM_BATCH])
    for pk in ids:
        _trim(pk, now=now)
    return len(ids)


@transaction.atomic
def _trim(round_id: uuid.UUID, *, now: datetime) -> None:
    round_ = Round.objects.select_for_update().get(pk=round_id)
    covered = set(round_.inputs.get("covered", round_.pairs))
    round_.answers.exclude(pair__in=covered).delete()
    PackedObservations.objects.filter(round=round_).delete()
    own = round_.own_plan
    if own is not None:
        own = {**own, "feeds": [feed for feed in own["feeds"] if feed["pair"] in covered]}
    Round.objects.filter(pk=round_id).update(own_plan=own, trimmed_at=now)
