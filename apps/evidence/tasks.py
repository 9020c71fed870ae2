"""Storing evidence, on the settle workers."""

from __future__ import annotations

import logging
import uuid
from typing import Any

import redis
from celery import Task, shared_task
from django.db import DatabaseError
from django.utils import timezone

from apps.evidence.services import keep_round, prune_bodies, rounds_without_bodies

log = logging.getLogger(__name__)


@shared_task(bind=True, name="evidence.keep_round", max_retries=3)
def keep_round_task(self: Task[Any, Any], round_id: str) -> int:
    """Store the bodies of a round that mattered; return how many were new."""
    try:
        return keep_round(uuid.UUID(round_id), now=timezone.now())
    except (DatabaseError, redis.RedisError) as exc:
        raise self.retry(exc=exc, countdown=2) from exc


@shared_task(name="evidence.sweep")
def sweep() -> int:
    """Store what a lost hint left behind; return how many rounds."""
    found = rounds_without_bodies(now=timezone.now())
    for round_id in found:
        keep_round(round_id, now=timezone.now())
    return len(found)


@shared_task(name="evidence.prune")
def prune() -> int:
    """Delete bodies past their time; return how many."""
    return prune_bodies(now=timezone.now())
