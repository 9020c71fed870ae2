"""What the clock does. Beat sends these; each is short, idempotent, and safe to run twice at once."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from apps.feeds.models import Feed
from apps.rounds.holds import expire_holds
from apps.rounds.models import Round
from apps.rounds.plans import prune_plans
from apps.rounds.retention import prune_rounds, trim_rounds
from apps.rounds.workflow import close_overdue_rounds, start_round
from apps.scheduler.driving import drive
from apps.scorecards.services import flush_when_due
from apps.submissions.news import expire_planned


@shared_task(name="scheduler.start_scheduled_round")
def start_scheduled_round() -> str | None:
    """Start one round over all enabled feeds, or join one that is still open; return its id."""
    pairs = list(Feed.objects.filter(enabled=True).values_list("pair", flat=True))
    if not pairs:
        return None
    return str(start_round(pairs=pairs, trigger=Round.Trigger.SCHEDULED).round.pk)


@shared_task(name="scheduler.drive_destinations")
def drive_destinations(task: str) -> list[str]:
    """Send a task of the chain workers to every destination but main, which beat knows; return whom it was sent to."""
    return drive(task)


@shared_task(name="scheduler.expire_planned")
def expire_planned_submissions() -> int:
    """End planned submissions that got too old while their chain or worker was away; return how many."""
    return expire_planned(now=timezone.now())


@shared_task(name="scheduler.sweep_rounds")
def sweep_rounds() -> int:
    """Close rounds past their deadline; return how many."""
    return close_overdue_rounds()


@shared_task(name="scheduler.expire_holds")
def expire_overdue_holds() -> int:
    """Close the held prices nobody decided about in time; return how many."""
    return expire_holds(now=timezone.now())


@shared_task(name="scheduler.write_scores")
def write_scores() -> int:
    """Write what this worker counted about sources, once that is due; return how many rows it took."""
    return flush_when_due()


@shared_task(name="scheduler.prune")
def prune() -> int:
    """Delete what is past its retention; return how many rounds went."""
    trim_rounds(now=timezone.now())
    prune_plans(now=timezone.now())
    return prune_rounds(now=timezone.now())
