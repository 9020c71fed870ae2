"""What must work for prices to flow: database, Redis, and a young price on chain for every required feed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.utils import timezone
from redis import RedisError

from apps.feeds.models import Feed
from apps.monitoring import health
from apps.monitoring.health import Finding
from apps.submissions.models import Deployment, OnChainPrice


def database() -> Sequence[Finding]:
    """Return whether PostgreSQL answers."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as exc:
        return [Finding("database", ok=False, reason=exc.__class__.__name__)]
    return [Finding("database", ok=True)]


def redis() -> Sequence[Finding]:
    """Return whether Redis answers."""
    try:
        cache.get("health")
    except (RedisError, OSError) as exc:
        return [Finding("redis", ok=False, reason=exc.__class__.__name__)]
    return [Finding("redis", ok=True)]


def feed_finding(
    pair: str, *, observed_at: datetime | None, heartbeat_s: int, required: bool, now: datetime
) -> Finding:
    """Return whether the feed's price on chain is younger than its heartbeat and the grace."""
    limit_s = heartbeat_s + settings.READINESS_GRACE_S
    if observed_at is None:
        return Finding(pair, ok=False, reason="no price on chain yet", required=required, detail={"limit_s": limit_s})
    age_s = int((now - observed_at).total_seconds())
    detail: dict[str, object] = {"age_s": age_s, "limit_s": limit_s}
    if age_s > limit_s:
        reason = f"age {age_s} s exceeds heartbeat {heartbeat_s} s + grace {settings.READINESS_GRACE_S} s"
        return Finding(pair, ok=False, reason=reason, required=required, detail=detail)
    return Finding(pair, ok=True, required=required, detail=detail)


def feeds() -> Sequence[Finding]:
    """Return one finding per enabled feed."""
    try:
        observed = dict(OnChainPrice.objects.filter(deployment__is_active=True).values_list("pair", "observed_at"))
        enabled = list(Feed.objects.filter(enabled=True).values_list("pair", "heartbeat_s", "required"))
    except DatabaseError as exc:
        return [Finding("feeds", ok=False, reason=exc.__class__.__name__)]
    now = timezone.now()
    if not enabled:
        return [Finding("feeds", ok=False, reason="no feed is enabled")]
    return [
        feed_finding(pair, observed_at=observed.get(pair), heartbeat_s=heartbeat_s, required=required, now=now)
        for pair, heartbeat_s, required in enabled
    ]


def contract() -> Sequence[Finding]:
    """Return which contract is in use. A web process never asks the chain here: feed ages already tell."""
    try:
        found = Deployment.objects.filter(is_active=True, chain_id=settings.CHAIN_ID).first()
    except DatabaseError as exc:
        return [Finding("contract", ok=False, reason=exc.__class__.__name__)]
    if found is None:
        return [Finding("contract", ok=False, reason=f"no contract is deployed on chain {settings.CHAIN_ID}")]
    return [Finding("contract", ok=True, detail={"address": found.address, "chain_id": found.chain_id})]


def register() -> None:
    """Hand all checks to the monitoring app."""
    for check in (database, redis, contract, feeds):
        health.register(check.__name__, check)
