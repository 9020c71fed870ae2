"""The clock's and the chord's tasks of shadows."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from celery import shared_task
from django.utils import timezone

from apps.pricing.plan import plan_from_json
from apps.rounds.workflow import publish_beside
from apps.shadows.runs import open_runs, settle_run
from apps.shadows.services import prune_shadow_runs
from apps.sources.board import round_board


@shared_task(name="shadows.start_runs")
def start_runs() -> int:
    """Start a round of every shadow that is due; return how many."""
    now = timezone.now()
    runs = open_runs(now=now)
    for run in runs:
        publish_beside(str(run.pk), plan_from_json(run.shadow.plan), opened_at=now, body=settle_shadow_run)
    return len(runs)


@shared_task(name="shadows.settle_run")
def settle_shadow_run(lanes: Sequence[dict[str, Any]], round_id: str) -> None:
    """Settle a shadow's round with what its lanes brought back; safe to run any number of times."""
    settle_run(uuid.UUID(round_id), round_board().whole(round_id, lanes), now=timezone.now())
    round_board().clear(round_id)


@shared_task(name="shadows.prune")
def prune() -> int:
    """Delete runs past their retention; return how many went."""
    return prune_shadow_runs(now=timezone.now())
