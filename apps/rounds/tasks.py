"""The body of a round's chord."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

import redis
from celery import Task, shared_task
from django.db import DatabaseError
from django.utils import timezone

from apps.rounds.models import Round
from apps.rounds.settling import settle
from apps.sources.board import round_board


@shared_task(bind=True, name="rounds.settle_round", max_retries=3)
def settle_round(self: Task[Any, Any], lanes: Sequence[dict[str, Any]], round_id: str) -> None:
    """Settle a round with what its lanes brought back; safe to run any number of times."""
    try:
        results = round_board().whole(round_id, lanes)
        settle(uuid.UUID(round_id), results, closed_by=Round.ClosedBy.CALLBACK, now=timezone.now())
    except (DatabaseError, redis.RedisError) as exc:
        raise self.retry(exc=exc, countdown=1) from exc
    round_board().clear(round_id)
