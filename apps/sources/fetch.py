"""Ask one source for its tickers: all requests it takes, inside a deadline, and one outcome per ask."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache

import msgspec

from apps.pricing.types import Ask, Miss, MissCode, Quote, SourceSpec
from apps.sources import errors
from apps.sources.adapters.base import PriceRequest, tickers_of
from apps.sources.asking import Asker, Tools, miss, ms_since
from apps.sources.bodies import NoBodies, RedisBodies
from apps.sources.calls import AttemptRecord, SourceCall
from apps.sources.gate import Gate, OpenGate
from apps.sources.http import Transport
from apps.sources.registry import UnknownAdapter, adapter_of
from apps.sources.reply_cache import shared_replies

__all__ = ["AttemptRecord", "SourceCall", "fetch_source"]

MAX_PARALLEL_REQUESTS = 16  # of a worker, over all sources that need several requests
GRACE_S = 0.25  # a parallel request ends by itself at the deadline; this long it may take to say so

log = logging.getLogger(__name__)


def fetch_source(
    spec: SourceSpec,
    asks: Sequence[Ask],
    *,
    deadline: datetime,
    transport: Transport | None = None,
    gate: Gate | None = None,
) -> SourceCall:
    """Return what the source said about every ask, in their order, by the deadline. Never raises.

    deadline: absolute, aware.  transport: another one than the worker's own, for one-off calls.
    gate: what every request passes first; None is a one-off call that asks whatever budgets, breakers and caches say,
        and whose replies are no evidence.
    """
    spec = spec if gate else replace(spec, cache_ttl_ms=0)
    tools = Tools(
        transport or _worker_transport(),
        gate or OpenGate(),
        shared_replies(),
        random.random,
        time.sleep,
        bodies=RedisBodies() if gate else NoBodies(),
    )
    run = _Run(spec, deadline=deadline, tools=tools)
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
    """One source call under way: collects outcomes, from several threads where there are."""

    def __init__(self, spec: SourceSpec, *, deadline: datetime, tools: Tools) -> None:
        self._spec = spec
        self._tools = tools
        self._started_at = datetime.now(UTC)
        self._started = time.monotonic()
        self._ends_at = self._started + (deadline - self._started_at).total_seconds()
        self._lock = threading.Lock()
        self._asker: Asker | None = None
        self._outcomes: dict[Ask, Quote | Miss] = {}

    def ask_all(self, asks: Sequence[Ask]) -> None:
        """Ask for every ask; where an unknown ticker spoiled a shared request, ask its halves until it is alone.

        Halving costs some 2 log2(n) requests; asking one by one costs n, which Kraken's rate limit does not hold.
        """
        try:
            adapter = adapter_of(self._spec)
        except UnknownAdapter as exc:
            raise errors.SourceMisconfigured(str(exc)) from exc
        asker = self._asker = Asker(self._spec, adapter, tools=self._tools, ends_at=self._ends_at)
        try:
            distinct = list(dict.fromkeys(asks))
            requests = list(adapter.build(distinct)) if distinct else []
            self._send_all(asker, requests)
            while spoiled := [request for request in requests if self._is_spoiled(request)]:
                parts = [half for request in spoiled for half in _halves(request.asks)]
                requests = [request for part in parts for request in adapter.build(part)]
                self._send_all(asker, requests)
        finally:
            asker.report()

    def miss_rest(self, asks: Sequence[Ask], error: errors.SourceError) -> None:
        """Record a miss for every ask that has no outcome yet."""
        with self._lock:
            for ask in asks:
                self._outcomes.setdefault(ask, miss(self._spec, ask, error))

    def result(self, asks: Sequence[Ask]) -> SourceCall:
        """Return what has come in; an ask nobody answered for is an internal error."""
        self.miss_rest(asks, errors.InternalError("the adapter gave no outcome"))
        with self._lock:
            return SourceCall(
                source=self._spec.slug,
                started_at=self._started_at,
                latency_ms=ms_since(self._started),
                attempts=self._asker.attempts if self._asker else (),
                outcomes=tuple(self._outcomes[ask] for ask in asks),
            )

    def _is_spoiled(self, request: PriceRequest) -> bool:
        outcomes = [self._outcomes.get(ask) for ask in request.asks]
        tickers = {ask.ticker for ask in request.asks}
        return len(tickers) > 1 and all(_code(outcome) is MissCode.UNKNOWN_TICKER for outcome in outcomes)

    def _send_all(self, asker: Asker, requests: Sequence[PriceRequest]) -> None:
        """Send one request here, several in parallel; a parallel one that outstays the deadline is left behind."""
        if len(requests) == 1:
            self._send(asker, requests[0])
            return
        futures: list[tuple[PriceRequest, Future[None]]] = [
            (request, _executor().submit(self._send, asker, request)) for request in requests
        ]
        for request, future in futures:
            try:
                future.result(timeout=max(asker.remaining_s(), 0) + GRACE_S)
            except FutureTimeout:
                future.cancel()
                self.miss_rest(request.asks, errors.DeadlineExceeded("the request did not end by the deadline"))

    def _send(self, asker: Asker, request: PriceRequest) -> None:
        """Send one request until it is answered or given up, and keep its outcomes."""
        outcomes = asker.ask(request)
        with self._lock:
            # after a fall-back the single answer replaces the spoiled one
            self._outcomes.update(
                (ask, _named(outcome, source=self._spec.slug, pair=ask.pair))
                for ask, outcome in zip(request.asks, outcomes, strict=True)
            )


def _named(outcome: Quote | Miss, *, source: str, pair: str) -> Quote | Miss:
    """Return the outcome under the source's name and the ask's pair; adapters know only their own names."""
    if outcome.source == source and outcome.pair == pair:
        return outcome
    return msgspec.structs.replace(outcome, source=source, pair=pair)


def _halves(asks: Sequence[Ask]) -> tuple[list[Ask], list[Ask]]:
    """Return the asks in two parts, each with half of the distinct tickers."""
    tickers = tickers_of(asks)
    first = set(tickers[: len(tickers) // 2])
    return [ask for ask in asks if ask.ticker in first], [ask for ask in asks if ask.ticker not in first]


def _code(outcome: Quote | Miss | None) -> MissCode | None:
    return outcome.code if isinstance(outcome, Miss) else None
