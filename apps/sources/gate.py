"""What every request to a source passes first, shared by all workers through Redis: pause, breaker, budget.

One Lua script judges all three and spends the budget, so a request costs one round trip before it and, while all is
well, none after. Redis' own clock is the only one, so workers need not agree about the time.

Fails open: when Redis is away a worker counts the budgets by itself and remembers the pauses it was told; breakers
are then out of order. (Lanes and reserves lie in Redis too, so that is a matter of moments.)
"""

from __future__ import annotations

import hashlib
import json
import logging
import secrets
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Protocol, cast

import redis
from redis.commands.core import Script

from apps.monitoring import metrics
from apps.pricing.types import MissCode, SourceSpec
from apps.sources import budget, errors
from apps.sources.breaker import Policy, Verdict, policy
from apps.sources.gate_local import LocalGate
from apps.sources.retry import Pause
from oracle_project.redis_clients import shared_redis

log = logging.getLogger(__name__)
PREFERRED_HOST_MS = 300_000  # how long a mirror that answered goes before the source's first host
PROBE_GRACE_S = 1.0  # a probe's worker that says nothing so long past its time is given up
COMPLAIN_EVERY_S = 60.0
_LUA = Path(__file__).parent / "lua"


@dataclass(frozen=True, slots=True)
class Admission:
    """Leave to send one request.

    probe: token of the one probe of an open breaker, else empty.  is_clean: a good end need not be reported.
    host: which of the source's hosts answered last, 0 for its first.
    """

    probe: str = ""
    is_clean: bool = True
    host: int = 0


class Gate(Protocol):
    """Asked before every request to a source, and told how it went."""

    def admit(self, spec: SourceSpec, *, weight: int, lease_s: float, probe: str = "") -> Admission:
        """Return leave to send one request within ``lease_s``. Raises a NotAsked error.

        probe: the token of a probe under way that goes on at the source's next host.
        """

    def pause(self, spec: SourceSpec, pause: Pause, *, code: MissCode, message: str) -> None:
        """Let nobody ask the source for so long, as it demanded."""

    def report(self, spec: SourceSpec, verdict: Verdict, *, probe: str, host: int) -> None:
        """Tell how a source call ended."""


class OpenGate:
    """Lets everything through and learns nothing: for one-off calls of an operator."""

    def admit(self, spec: SourceSpec, *, weight: int, lease_s: float, probe: str = "") -> Admission:
        """Return leave."""
        del spec, weight, lease_s, probe
        return Admission()

    def pause(self, spec: SourceSpec, pause: Pause, *, code: MissCode, message: str) -> None:
        """Forget it."""

    def report(self, spec: SourceSpec, verdict: Verdict, *, probe: str, host: int) -> None:
        """Forget it."""


class RedisGate:
    """The gate all workers share. Thread-safe: the client pools its connections."""

    def __init__(self, client: redis.Redis, *, thresholds: Policy) -> None:
        self._admit = _script(client, "admit")
        self._report = _script(client, "report")
        self._pause = _script(client, "pause")
        self._thresholds = thresholds
        self._local = LocalGate()
        self._complained_at = -COMPLAIN_EVERY_S

    def admit(self, spec: SourceSpec, *, weight: int, lease_s: float, probe: str = "") -> Admission:
        """Return leave to send one request. Raises OutOfBudget, PausedBySource or BreakerOpen."""
        token = probe or secrets.token_hex(8)
        windows = budget.windows(spec.rate_limit)
        limits = [number for window in windows for number in (window.amount, window.period_s * 1000)]
        lease_ms = round((lease_s + PROBE_GRACE_S) * 1000)
        try:
            answer = self._admit(
                keys=gate_keys(spec.slug), args=[config_digest(spec), weight, lease_ms, token, *limits]
            )
        except redis.RedisError as exc:
            self._complain(exc)
            self._local.admit(spec, weight=weight, windows=windows)
            return Admission()
        try:
            return _admission(spec, [_text(part) for part in cast("list[bytes | int]", answer)], token)
        except errors.NotAsked as exc:
            metrics.source_not_asked(spec.slug, exc.code)
            raise

    def pause(self, spec: SourceSpec, pause: Pause, *, code: MissCode, message: str) -> None:
        """Let no worker ask the source for so long."""
        log.warning("source demands a pause source=%s seconds=%.1f code=%s", spec.slug, pause.seconds, code)
        self._local.pause(spec, seconds=pause.seconds)
        lengths_ms = round(pause.seconds * 1000), round(pause.grows_to_s * 1000)
        try:
            self._pause(keys=gate_keys(spec.slug)[:1], args=[lengths_ms[0], code.value, message, lengths_ms[1]])
        except redis.RedisError as exc:
            self._complain(exc)

    def report(self, spec: SourceSpec, verdict: Verdict, *, probe: str, host: int) -> None:
        """Tell how a source call ended; may open or close the breaker."""
        limits = self._thresholds
        pauses = (limits.pause_s * 1000, limits.max_pause_s * 1000, limits.permanent_pause_s * 1000)
        words = [verdict.judgement.value, probe, verdict.code, verdict.message, limits.failures]
        try:
            moved = _text(self._report(keys=gate_keys(spec.slug)[:1], args=[*words, *pauses, host, PREFERRED_HOST_MS]))
        except redis.RedisError as exc:
            self._complain(exc)
            return
        if moved == "opened":
            metrics.breaker_opened(spec.slug, verdict.code)
            log.warning("breaker opened source=%s code=%s: %s", spec.slug, verdict.code, verdict.message)
        elif moved == "closed":
            log.info("breaker closed source=%s", spec.slug)

    def _complain(self, exc: redis.RedisError) -> None:
        """Say that Redis is away, once a minute."""
        if time.monotonic() - self._complained_at >= COMPLAIN_EVERY_S:
            self._complained_at = time.monotonic()
            log.error("gate without Redis, budgets are counted by this worker alone error=%s", exc.__class__.__name__)


@cache
def shared_gate() -> RedisGate:
    """Return this process's gate on REDIS_URL."""
    return RedisGate(shared_redis(), thresholds=policy())


def gate_keys(slug: str) -> list[str]:
    """Return the keys of a source's gate and of its spent budget; the braces keep both on one node of a cluster."""
    return [f"oracle:source:{{{slug}}}:gate", f"oracle:source:{{{slug}}}:spent"]


def _script(client: redis.Redis, name: str) -> Script:
    return client.register_script((_LUA / f"{name}.lua").read_text(encoding="utf-8"))


def config_digest(spec: SourceSpec) -> str:
    """Return what tells one configuration of a source from another, as far as its health depends on it."""
    parts = [spec.adapter, spec.base_url, spec.options, spec.sealed_key, list(spec.mirrors)]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


def _admission(spec: SourceSpec, answer: list[str], token: str) -> Admission:
    word, until_ms, code, message, failures, host, window = answer
    if word in {"go", "probe"}:
        probe = token if word == "probe" else ""
        return Admission(probe=probe, is_clean=failures == "0" and not probe, host=int(host))
    if word == "spent":
        raise errors.OutOfBudget(f"{spec.slug}'s rate limit of {window} is used up until {_clock(until_ms)}")
    if word == "paused":
        raise errors.PausedBySource(f"{spec.slug} demanded a pause until {_clock(until_ms)} ({code}: {message})")
    raise errors.BreakerOpen(f"open until {_clock(until_ms)} after {failures} failures, last {code}: {message}")


def _clock(moment_ms: str) -> str:
    return f"{datetime.fromtimestamp(int(moment_ms) / 1000, UTC):%H:%M:%S} UTC"


def _text(part: object) -> str:
    return part.decode(errors="replace") if isinstance(part, bytes) else str(part)
