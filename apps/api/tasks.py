"""What the clock does for the API."""

from __future__ import annotations

from celery import shared_task

from apps.api import services


@shared_task(name="api.prune_idempotency_records")
def prune_idempotency_records() -> int:
    """Delete answers kept for repeated requests that are older than 24 hours; return how many."""
    return services.prune_idempotency_records()
