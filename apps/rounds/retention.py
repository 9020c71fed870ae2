"""How long rounds are kept."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from apps.rounds.models import Round
from apps.submissions.models import Submission

DELETE_BATCH = 2_000
# A feed that stays below quorum or held fails every scheduled round, about 30 KB each: 80 GB in 30 days of 1 s rounds.
REJECTED_RETENTION = timedelta(hours=6)


def prune_rounds(*, now: datetime) -> int:
    """Delete rounds past their retention, a batch at a time; return how many went.

    Quiet rounds go first, then scheduled ones that were rejected or held; those somebody asked for stay the full time.

    A round takes its submission and the signed bytes with it; it stays while that submission is still on its way.
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
    old = old.filter(holds=None).exclude(submission__state__in=[*Submission.UNFINISHED, Submission.State.CONFIRMED])
    doomed = {
        pk: submission_id
        for rounds in (quiet, rejected, old)
        for pk, submission_id in rounds.values_list("pk", "submission_id")[:DELETE_BATCH]
    }
    with transaction.atomic():
        Round.objects.filter(pk__in=doomed).delete()
        Submission.objects.filter(pk__in=[pk for pk in doomed.values() if pk is not None]).delete()
    return len(doomed)
