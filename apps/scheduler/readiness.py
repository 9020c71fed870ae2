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
from apps.feeds.publishing import Destinations, destinations, destinations_in_use
from apps.monitoring import health
from apps.monitoring.health import Finding
from apps.submissions.selectors import active_deployment, observation_times


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
    """Return one finding per enabled feed and destination it goes to.

    A destination that is not required is told and does not make the oracle unready: a dead chain must not take the
    prices of the others out of service.
    """
    try:
        found = destinations()
        observed = observation_times(found.chain_ids)
        enabled = list(Feed.objects.filter(enabled=True).values_list("pair", "heartbeat_s", "required", "destinations"))
    except DatabaseError as exc:
        return [Finding("feeds", ok=False, reason=exc.__class__.__name__)]
    now = timezone.now()
    if not enabled:
        return [Finding("feeds", ok=False, reason="no feed is enabled")]
    findings = []
    for pair, heartbeat_s, required, named in enabled:
        places = found.of(named)
        for name in places:
            finding = feed_finding(
                pair if name == found.default else f"{pair} at {name}",
                observed_at=observed.get((name, pair)),
                heartbeat_s=heartbeat_s,
                # a feed that goes to one destination alone is as required as it says, wherever that is
                required=required and (name in found.required or len(places) == 1),
                now=now,
            )
            findings.append(finding)
    return findings


def contract() -> Sequence[Finding]:
    """Return which contracts are in use. A web process never asks a chain here: feed ages already tell."""
    try:
        found, used = destinations(), destinations_in_use()
        return [_contract(name, found) for name in used]
    except DatabaseError as exc:
        return [Finding("contract", ok=False, reason=exc.__class__.__name__)]


def _contract(name: str, found: Destinations) -> Finding:
    label = "contract" if name == found.default else f"contract at {name}"
    required = name in found.required
    deployment = active_deployment(name)
    if deployment is None:
        reason = f"no contract is deployed on chain {found.chain_ids[name]}"
        return Finding(label, ok=False, reason=reason, required=required)
    detail: dict[str, object] = {"address": deployment.address, "chain_id": deployment.chain_id}
    return Finding(label, ok=True, required=required, detail=detail)


def register() -> None:
    """Hand all checks to the monitoring app."""
    for check in (database, redis, contract, feeds):
        health.register(check.__name__, check)
