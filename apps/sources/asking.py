"""The requests of one source call, each until it is answered or given up: gate, hosts, retries, and what to report."""

from __future__ import annotations

import hashlib
import json
import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from itertools import count

from apps.monitoring import metrics
from apps.pricing.types import Ask, Miss, MissCode, Quote, SourceSpec
from apps.sources import errors, retry
from apps.sources.adapters.base import Adapter, PriceRequest, Reply
from apps.sources.bodies import Bodies, NoBodies
from apps.sources.breaker import Final, Judgement, judge
from apps.sources.calls import AttemptRecord
from apps.sources.gate import Gate, config_digest
from apps.sources.hosts import Hosts
from apps.sources.http import Limits, Transport
from apps.sources.keyed import keyless, sendable, told
from apps.sources.reply_cache import Flight, ReplyCache, SharedReply
from apps.sources.urls import public_url, request_url

log = logging.getLogger(__name__)
Outcomes = Sequence[Quote | Miss]
FAIR_S = 1.0  # a source that had so long, or half its own timeout, and did not answer has failed
MAX_MESSAGE = 300
MAX_HEADER = 200
# What a reply's headers say about its age and its origin; they are part of the evidence.
TELLING_HEADERS = ("date", "age", "content-type", "etag", "last-modified", "retry-after", "x-cache", "cf-cache-status")


@dataclass(frozen=True, slots=True)
class Tools:
    """What a call works with. draw: uniform in [0, 1); sleep: in seconds."""

    transport: Transport
    gate: Gate
    replies: ReplyCache
    draw: Callable[[], float]
    sleep: Callable[[float], None]
    bodies: Bodies = field(default_factory=NoBodies)


@dataclass(frozen=True, slots=True)
class _Tried:
    """One attempt.

    pause_s: what the source demanded, None for none.  is_fair: it had time enough for a failure to count.
    was_asked: false when the gate refused it.  is_evidence: false for a reply of another round.
    """

    outcomes: Outcomes
    pause_s: float | None = None
    is_fair: bool = True
    was_asked: bool = True
    is_evidence: bool = True

    @property
    def code(self) -> MissCode | None:
        """Return the code all its misses share, None when it was of use to someone."""
        return shared_code(self.outcomes)


@dataclass(slots=True)
class _Step:
    """One HTTP request of an attempt; most adapters take one."""

    request: PriceRequest
    started: float
    reply: Reply | None = None
    latency_ms: int = 0

    def url(self, spec: SourceSpec) -> str:
        """Return the URL as records show it. Raises SourceMisconfigured for a source without one."""
        return public_url(request_url(spec.base_url, self.request))


@dataclass(frozen=True, slots=True)
class _Asked:
    """A request as records show it."""

    url: str
    method: str
    latency_ms: int
    cached: bool = False


class Asker:
    """One source call under way; its requests may run in several threads."""

    def __init__(self, spec: SourceSpec, adapter: Adapter, *, tools: Tools, ends_at: float) -> None:
        """ends_at: the deadline on the monotonic clock."""
        self._spec = spec
        self._adapter = adapter
        self._tools = tools
        self._ends_at = ends_at
        self._lock = threading.Lock()
        self._attempts: list[AttemptRecord] = []
        self._finals: list[Final] = []
        self._first_host: int | None = None
        self._last_host = 0
        self._probe = ""
        self._is_clean = True

    @property
    def attempts(self) -> tuple[AttemptRecord, ...]:
        """Return what was asked so far, in the order it ended."""
        with self._lock:
            return tuple(self._attempts)

    def remaining_s(self) -> float:
        """Return the seconds until the deadline, below zero when it has passed."""
        return self._ends_at - time.monotonic()

    def ask(self, request: PriceRequest) -> Outcomes:
        """Return one outcome per ask of the request, after as many attempts as time and the gate allow."""
        hosts = Hosts(self._spec)
        last = self._attempt(request, hosts)
        for number in count(1):
            if not last.was_asked or not self._may_go_on(last, hosts, number):
                break
            tried = self._attempt(request, hosts)
            if not tried.was_asked:
                break  # what the source itself said last says more than that nobody may ask again
            last = tried
        if last.was_asked and last.is_evidence:
            self._note(last, hosts)
        return [told(outcome, spec=self._spec, adapter=self._adapter) for outcome in last.outcomes]

    def report(self) -> None:
        """Tell the gate how the call ended, unless there is no news in it."""
        with self._lock:
            verdict, host, first = judge(self._finals), self._last_host, self._first_host or 0
            is_news = verdict.judgement is not Judgement.GOOD or not self._is_clean or host != first
            if not self._finals or not is_news:
                return
        if verdict.judgement is Judgement.GOOD and host != first:
            metrics.host_changed(self._spec.slug)
        self._tools.gate.report(self._spec, verdict, probe=self._probe, host=host)

    def _may_go_on(self, tried: _Tried, hosts: Hosts, number: int) -> bool:
        """Return whether to try again: on the next host at once, else after the pause the retry policy gives."""
        if tried.code is None:
            return False
        if self.remaining_s() > retry.MIN_ATTEMPT_S and hosts.move_on(tried.code):
            return True
        attempt = max(1, number // hosts.count)  # one for each time that all hosts were tried
        standing = retry.Standing(attempt, self._spec.max_attempts, self.remaining_s(), tried.pause_s)
        delay_s = retry.delay_before_retry(tried.code, standing, draw=self._tools.draw)
        if delay_s is None:
            return False
        self._tools.sleep(delay_s)
        hosts.restart()
        return True

    def _attempt(self, request: PriceRequest, hosts: Hosts) -> _Tried:
        """Return what one HTTP request came to, or that the gate let none through."""
        ttl_ms = self._spec.cache_ttl_ms if self._adapter.shares_replies else 0
        key = self._key(request) if ttl_ms else ""
        wait_s = min(float(self._spec.timeout_s), max(self.remaining_s(), 0.0))
        try:
            with self._tools.replies.flight(key, ttl_ms=ttl_ms, wait_s=wait_s) as flight:
                if flight.shared is not None:
                    return self._shared(request, flight.shared)
                self._admit(request, hosts, lease_s=wait_s)
                return self._send(request, hosts, flight)
        except (errors.NotAsked, errors.DeadlineExceeded) as exc:
            return _Tried(self._misses(request, exc), was_asked=False)

    def _send(self, request: PriceRequest, hosts: Hosts, flight: Flight) -> _Tried:
        """Return what asking came to; a reply that was of use is shared."""
        spec = replace(self._spec, base_url=hosts.url) if hosts.index else self._spec
        limits = self._limits(hosts)
        steps: list[_Step] = []
        try:
            outcomes = self._adapter.converse(request, send=partial(self._step, spec, hosts, steps))
        except errors.SourceError as exc:
            self._watch_addresses(exc)
            outcomes = self._misses(request, exc)
        self._record_steps(spec, steps, outcomes)
        last = steps[-1] if steps else None
        if last is not None and last.reply is not None and shared_code(outcomes) is None:
            flight.keep(last.reply, url=last.url(spec))
        return self._tried(outcomes, last.reply if last else None, limits)

    def _step(self, spec: SourceSpec, hosts: Hosts, steps: list[_Step], request: PriceRequest) -> Reply:
        """Return the reply to one request, and keep both for the record."""
        step = _Step(request, time.monotonic())
        steps.append(step)
        try:
            step.reply = self._exchange(spec, request, self._limits(hosts))
        finally:
            step.latency_ms = ms_since(step.started)
        return step.reply

    def _shared(self, request: PriceRequest, shared: SharedReply) -> _Tried:
        """Return what another round's reply says about this request's tickers."""
        started = time.monotonic()
        outcomes = self._adapter.parse(request, shared.reply)
        asked = _Asked(shared.url, request.method, ms_since(started), cached=True)
        self._record(asked, shared.reply, outcomes)
        metrics.reply_shared(self._spec.slug)
        return _Tried(outcomes, is_evidence=False)

    def _key(self, request: PriceRequest) -> str:
        """Return what two requests share when one reply serves both."""
        parts = [request.method, request.path, request.query, dict(request.headers), request.body]
        told = f"{self._spec.slug} {config_digest(self._spec)} {json.dumps(parts)}"
        return hashlib.sha256(told.encode()).hexdigest()

    def _admit(self, request: PriceRequest, hosts: Hosts, *, lease_s: float) -> None:
        probe = self._probe if hosts.has_moved_on else ""  # a mirror belongs to the probe, a retry does not
        admission = self._tools.gate.admit(self._spec, weight=request.weight, lease_s=lease_s, probe=probe)
        hosts.prefer(admission.host)
        with self._lock:
            self._probe = admission.probe or self._probe
            self._is_clean = self._is_clean and admission.is_clean
            self._first_host = admission.host if self._first_host is None else self._first_host

    def _exchange(self, spec: SourceSpec, request: PriceRequest, limits: Limits) -> Reply:
        keyed = sendable(spec, self._adapter, request)
        reply = self._tools.transport.send(
            method=request.method, url=keyed.url, headers=keyed.headers, body=request.body, limits=limits
        )
        return keyless(reply)

    def _tried(self, outcomes: Outcomes, reply: Reply | None, limits: Limits) -> _Tried:
        code = shared_code(outcomes)
        named_s = retry.retry_after_s(reply.headers, now=datetime.now(UTC)) if reply else None
        if code is not None and (pause := retry.demanded_pause(code, named_s)):
            message = outcomes[0].message if isinstance(outcomes[0], Miss) else ""
            self._tools.gate.pause(self._spec, pause, code=code, message=message)
            with self._lock:
                self._is_clean = False  # a good end is news then: the next pause begins short again
        is_fair = code is not MissCode.DEADLINE_EXCEEDED or limits.seconds >= min(
            FAIR_S, float(self._spec.timeout_s) / 2
        )
        return _Tried(outcomes, pause_s=named_s, is_fair=is_fair)

    def _watch_addresses(self, error: errors.SourceError) -> None:
        """Log and count attempts to reach addresses inside the network: somebody may have wanted just that."""
        if isinstance(error, errors.AddressRefused):
            metrics.address_refused(self._spec.slug)
            log.warning("address refused source=%s: %s", self._spec.slug, error)

    def _record_steps(self, spec: SourceSpec, steps: Sequence[_Step], outcomes: Outcomes) -> None:
        """Record every request of an attempt; what it came to is the last one's."""
        for step in steps:
            came_to = outcomes if step is steps[-1] else ()
            self._record(_Asked(step.url(spec), step.request.method, step.latency_ms), step.reply, came_to)

    def _record(self, asked: _Asked, reply: Reply | None, outcomes: Outcomes) -> None:
        sha256 = hashlib.sha256(reply.body).hexdigest() if reply else ""
        if reply and not asked.cached:
            self._tools.bodies.put(sha256, reply.body)
        attempt = AttemptRecord(
            url=asked.url,
            status=reply.status if reply else None,
            code=shared_code(outcomes) or "",
            latency_ms=asked.latency_ms,
            body_sha256=sha256,
            cached=asked.cached,
            method=asked.method,
            received_at=reply.received_at.isoformat() if reply else "",
            headers=telling_headers(reply.headers) if reply else {},
        )
        with self._lock:
            self._attempts.append(attempt)

    def _note(self, last: _Tried, hosts: Hosts) -> None:
        first = last.outcomes[0] if last.outcomes else None
        message = first.message if isinstance(first, Miss) else ""
        with self._lock:
            self._finals.append(Final(last.code, message[:MAX_MESSAGE], last.is_fair))
            if last.code is None:
                self._last_host = hosts.index

    def _limits(self, hosts: Hosts) -> Limits:
        """Return the time of one attempt; hosts that were not tried yet get their share of what is left."""
        remaining_s = self.remaining_s()
        own_s = min(float(self._spec.timeout_s), remaining_s / (hosts.untried + 1))
        return Limits(seconds=own_s, is_deadline=remaining_s <= own_s)

    def _misses(self, request: PriceRequest, error: errors.SourceError) -> Outcomes:
        return [miss(self._spec, ask, error) for ask in request.asks]


def miss(spec: SourceSpec, ask: Ask, error: errors.SourceError) -> Miss:
    """Return the miss an error makes of an ask."""
    return Miss(spec.slug, ask.pair, ask.ticker, error.code, str(error)[:MAX_MESSAGE])


def telling_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers that say something about the reply's age and origin, cut and printable."""
    told = {name: headers[name][:MAX_HEADER] for name in TELLING_HEADERS if name in headers}
    return {name: value for name, value in told.items() if value.isprintable()}


def shared_code(outcomes: Outcomes) -> MissCode | None:
    """Return the code when every outcome is a miss with it, None when the request was of use to someone."""
    codes = {outcome.code if isinstance(outcome, Miss) else None for outcome in outcomes}
    return codes.pop() if len(codes) == 1 else None


def ms_since(started: float) -> int:
    """Return the whole milliseconds since a moment of the monotonic clock."""
    return round((time.monotonic() - started) * 1000)
