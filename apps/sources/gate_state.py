"""What the gate knows about sources, for those who look at it; and the operator's hand on it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import cast

from apps.sources.gate import gate_keys
from oracle_project.redis_clients import shared_redis

BREAKER_FIELDS = ("retry_at", "probe", "probe_until", "failures", "streak")
PAUSE_FIELDS = ("pause_streak", "not_before", "pause_code", "pause_message")


class BreakerState(StrEnum):
    """Closed: asked. Open: not asked. Half-open: one probe at a time."""

    CLOSED = "closed"
    HALF_OPEN = "half_open"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class GateState:
    """One source's breaker and pause.

    failures: calls in a row.  openings: ever.  code, message, opened_at: of the last opening, also when closed since.
    retry_at: when the next probe may go, None while closed.  paused_until: None without a pause.
    host: which of the source's hosts is asked first now: 0 its own, n its n-th mirror, which answered when it did not.
    """

    state: BreakerState = BreakerState.CLOSED
    failures: int = 0
    openings: int = 0
    opened_at: datetime | None = None
    retry_at: datetime | None = None
    code: str = ""
    message: str = ""
    paused_until: datetime | None = None
    pause_code: str = ""
    pause_message: str = ""
    host: int = 0


def gate_states(slugs: Iterable[str]) -> dict[str, GateState]:
    """Return every source's state in one round trip; never asked ones are closed. Raises redis.RedisError."""
    named = list(slugs)
    with shared_redis().pipeline(transaction=False) as pipe:
        for slug in named:
            pipe.hgetall(gate_keys(slug)[0])
        told = cast("list[dict[bytes, bytes]]", pipe.execute())
    now = datetime.now(UTC)
    return {slug: _state(fields, now=now) for slug, fields in zip(named, told, strict=True)}


def close_gate(slug: str) -> bool:
    """Let the source be asked at once: breaker closed, pause lifted. Return whether that changed anything."""
    return shared_redis().hdel(gate_keys(slug)[0], *BREAKER_FIELDS, *PAUSE_FIELDS) > 0


def _state(fields: dict[bytes, bytes], *, now: datetime) -> GateState:
    told = {name.decode(): value.decode(errors="replace") for name, value in fields.items()}
    retry_at, not_before = _moment(told.get("retry_at")), _moment(told.get("not_before"))
    is_paused = not_before is not None and not_before > now
    host_until = _moment(told.get("host_until"))
    return GateState(
        state=_breaker(retry_at, now=now),
        failures=int(told.get("failures", 0)),
        openings=int(told.get("openings", 0)),
        opened_at=_moment(told.get("opened_at")),
        retry_at=retry_at,
        code=told.get("code", ""),
        message=told.get("message", ""),
        paused_until=not_before if is_paused else None,
        pause_code=told.get("pause_code", "") if is_paused else "",
        pause_message=told.get("pause_message", "") if is_paused else "",
        host=int(told.get("host", 0)) if host_until is not None and host_until > now else 0,
    )


def _breaker(retry_at: datetime | None, *, now: datetime) -> BreakerState:
    if retry_at is None:
        return BreakerState.CLOSED
    return BreakerState.OPEN if retry_at > now else BreakerState.HALF_OPEN


def _moment(milliseconds: str | None) -> datetime | None:
    return datetime.fromtimestamp(int(milliseconds) / 1000, UTC) if milliseconds else None
