"""Ask one source for its tickers: requests, retries and fall-backs inside a deadline, and one outcome per ask."""

from __future__ import annotations

import hashlib
import logging
import random
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from itertools import count

from apps.pricing.types import Ask, Miss, MissCode, Quote, SourceSpec
from apps.sources import errors, retry
from apps.sources.adapters.base import Adapter, PriceRequest, Reply
from apps.sources.calls import AttemptRecord, SourceCall
from apps.sources.http import Limits, Transport
from apps.sources.keyed import keyless, sendable, told
from apps.sources.registry import UnknownAdapter, adapter_of
from apps.sources.urls import public_url, request_url

__all__ = ["AttemptRecord", "SourceCall", "fetch_source"]

MAX_PARALLEL_REQUESTS = 16  # of a worker, over all sources that need several requests
GRACE_S = 0.25  # a parallel request ends by itself at the deadline; this long it may take to say so

log = logging.getLogger(__name__)


def fetch_source(
    spec: SourceSpec, asks: Sequence[Ask], *, deadline: datetime, transport: Transport | None = None
) -> SourceCall:
    """Return what the source said about every ask, in their order, by the deadline. Never raises.

    deadline: absolute, aware.  transport: another one than the worker's own, for one-off calls.
    """
    run = _Run(spec, deadline=deadline, transport=transport or _worker_transport())
    try:
        run.ask_all(asks)
    except errors.SourceError as exc:
        run.miss_rest(asks, exc)
    except Exception as exc:
        log.exception("source call failed source=%s", spec.slug)
        run.miss_rest(asks, errors.InternalError(exc.__class__.__name__))
    return run.result(asks)


@cache
def _worker_transport() -> Transport:
    return Transport()


@cache
def _executor() -> ThreadPoolExecutor:
    """Return the pool for sources that need several requests; its threads keep their connections."""
    return ThreadPoolExecutor(MAX_PARALLEL_REQUESTS, thread_name_prefix="price-request")


class _Run:
    """One source call under way: collects attempts and outcomes, from several threads where there are."""

    def __init__(
        self,
        spec: SourceSpec,
        *,
        deadline: datetime,
        transport: Transport,
        draw: Callable[[], float] = random.random,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._spec = spec
        self._transport = transport
        self._draw = draw
        self._sleep = sleep
        self._started_at = datetime.now(UTC)
        self._started = time.monotonic()
        self._ends_at = self._started + (deadline - self._started_at).total_seconds()
        self._lock = threading.Lock()
        self._attempts: list[AttemptRecord] = []
        self._outcomes: dict[Ask, Quote | Miss] = {}

    def ask_all(self, asks: Sequence[Ask]) -> None:
        """Ask for every ask; where one unknown ticker spoiled a shared request, ask its tickers one by one."""
        try:
            adapter = adapter_of(self._spec)
        except UnknownAdapter as exc:
            raise errors.SourceMisconfigured(str(exc)) from exc
        distinct = list(dict.fromkeys(asks))
        requests = list(adapter.build(distinct)) if distinct else []
        self._send_all(adapter, requests)
        spoiled = [ask for request in requests if self._is_spoiled(request) for ask in request.asks]
        self._send_all(adapter, [single for ask in spoiled for single in adapter.build([ask])])

    def miss_rest(self, asks: Sequence[Ask], error: errors.SourceError) -> None:
        """Record a miss for every ask that has no outcome yet."""
        with self._lock:
            for ask in asks:
                self._outcomes.setdefault(ask, self._miss(ask, error))

    def result(self, asks: Sequence[Ask]) -> SourceCall:
        """Return what has come in; an ask nobody answered for is an internal error."""
        self.miss_rest(asks, errors.InternalError("the adapter gave no outcome"))
        with self._lock:
            return SourceCall(
                source=self._spec.slug,
                started_at=self._started_at,
                latency_ms=_ms_since(self._started),
                attempts=tuple(self._attempts),
                outcomes=tuple(self._outcomes[ask] for ask in asks),
            )

    def _is_spoiled(self, request: PriceRequest) -> bool:
        outcomes = [self._outcomes.get(ask) for ask in request.asks]
        tickers = {ask.ticker for ask in request.asks}
        return len(tickers) > 1 and all(_code(outcome) is MissCode.UNKNOWN_TICKER for outcome in outcomes)

    def _send_all(self, adapter: Adapter, requests: Sequence[PriceRequest]) -> None:
        """Send one request here, several in parallel; a parallel one that outstays the deadline is left behind."""
        if len(requests) == 1:
            self._send(adapter, requests[0])
            return
        futures: list[tuple[PriceRequest, Future[None]]] = [
            (request, _executor().submit(self._send, adapter, request)) for request in requests
        ]
        for request, future in futures:
            try:
                future.result(timeout=max(self._remaining_s(), 0) + GRACE_S)
            except FutureTimeout:
                future.cancel()
                self.miss_rest(request.asks, errors.DeadlineExceeded("the request did not end by the deadline"))

    def _send(self, adapter: Adapter, request: PriceRequest) -> None:
        """Send one request until it is answered or given up, and record its outcomes."""
        for attempt in count(1):
            outcomes, retry_after_s = self._attempt(adapter, request)
            code = _shared_code(outcomes)
            standing = retry.Standing(attempt, self._spec.max_attempts, self._remaining_s(), retry_after_s)
            delay_s = retry.delay_before_retry(code, standing, draw=self._draw) if code else None
            if delay_s is None:
                break
            self._sleep(delay_s)
        with self._lock:
            # after a fall-back the single answer replaces the spoiled one
            self._outcomes.update(
                (ask, replace(told(outcome, spec=self._spec, adapter=adapter), source=self._spec.slug, pair=ask.pair))
                for ask, outcome in zip(request.asks, outcomes, strict=True)
            )

    def _attempt(self, adapter: Adapter, request: PriceRequest) -> tuple[Sequence[Quote | Miss], float | None]:
        """Return the outcomes of one HTTP request, and the pause the source demands when it names one."""
        started = time.monotonic()
        url = request_url(self._spec.base_url, request)
        reply: Reply | None = None
        try:
            keyed = sendable(self._spec, adapter, request)
            reply = self._transport.send(
                method=request.method, url=keyed.url, headers=keyed.headers, body=request.body, limits=self._limits()
            )
            reply = keyless(reply)
            outcomes = adapter.parse(request, reply)
        except errors.SourceError as exc:
            outcomes = [self._miss(ask, exc) for ask in request.asks]
        self._record(url, reply, outcomes, started)
        pause_s = retry.retry_after_s(reply.headers, now=datetime.now(UTC)) if reply else None
        return outcomes, pause_s

    def _record(self, url: str, reply: Reply | None, outcomes: Sequence[Quote | Miss], started: float) -> None:
        attempt = AttemptRecord(
            url=public_url(url),
            status=reply.status if reply else None,
            code=_shared_code(outcomes) or "",
            latency_ms=_ms_since(started),
            body_sha256=hashlib.sha256(reply.body).hexdigest() if reply else "",
        )
        with self._lock:
            self._attempts.append(attempt)

    def _limits(self) -> Limits:
        remaining_s, timeout_s = self._remaining_s(), float(self._spec.timeout_s)
        return Limits(seconds=min(remaining_s, timeout_s), is_deadline=remaining_s < timeout_s)

    def _remaining_s(self) -> float:
        return self._ends_at - time.monotonic()

    def _miss(self, ask: Ask, error: errors.SourceError) -> Miss:
        return Miss(self._spec.slug, ask.pair, ask.ticker, error.code, str(error)[:300])


def _code(outcome: Quote | Miss | None) -> MissCode | None:
    return outcome.code if isinstance(outcome, Miss) else None


def _shared_code(outcomes: Sequence[Quote | Miss]) -> MissCode | None:
    """Return the code when every outcome is a miss with it, None when the request was of use to someone."""
    codes = {_code(outcome) for outcome in outcomes}
    return codes.pop() if len(codes) == 1 else None


def _ms_since(started: float) -> int:
    return round((time.monotonic() - started) * 1000)
