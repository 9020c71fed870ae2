"""One JSON-RPC endpoint and how it is doing: when it failed, how far its head is, and whether it is left alone.

An endpoint is left alone (quarantined) for a while when

``errors``   calls failed three times in a row: connection, timeout, HTTP 5xx, or no JSON
``busy``     it said 429, for as long as its Retry-After says
``behind``   its head is older than another endpoint's by more than the chain's head lag
``lies``     it contradicted the others on a read or a receipt that they agree on

The pause doubles each time it happens again without a good answer between. Nothing here is shared between processes:
each finds out for itself within a call or two.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

import requests
from web3 import HTTPProvider
from web3.types import RPCEndpoint, RPCResponse

from apps.chain import recursion as _recursion  # noqa: F401 - for its effect
from apps.chain.guarded import Resolve, guard
from apps.monitoring import metrics

FAILURES_BEFORE_PAUSE = 3
FIRST_PAUSE_S, LONGEST_PAUSE_S = 2.0, 60.0
BUSY_STATUS = 429
# What gateways say in a 200 when a plan is used up, beside the code EIP-1474 gives it.
BUSY_CODES = frozenset({-32005, -32097, 429})
BUSY_TEXTS = ("rate limit", "too many requests", "request limit", "exceeded its compute")


class Quarantine(StrEnum):
    """Why an endpoint is left alone."""

    ERRORS = "errors"
    BUSY = "busy"
    BEHIND = "behind"
    LIES = "lies"


class EndpointFailed(Exception):
    """This endpoint gave no answer to a call; the message has no URL. ``code`` is its metrics label."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def host_of(url: str) -> str:
    """Return host and port of an RPC URL: the part that may be shown, since the path is often a key."""
    parts = urlsplit(url)
    return parts.hostname + (f":{parts.port}" if parts.port else "") if parts.hostname else "?"


@dataclass
class Endpoint:
    """One URL. ``head``: the newest block it spoke of, at ``head_at`` of the monotonic clock.

    resolve: what its host may be reached at; None for wherever its name leads.
    skew_s: how far this machine's clock is ahead of the one in its replies' Date headers; None before the first.
    """

    url: str = field(repr=False)
    timeout_s: float
    clock: Callable[[], float] = time.monotonic
    host: str = ""
    is_verified: bool = False
    head: int = -1
    head_at: float = float("-inf")
    failures: int = 0
    pause_s: float = 0.0
    quarantined_until: float = float("-inf")
    reason: str = ""
    skew_s: float | None = None
    resolve: Resolve | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        self.host = self.host or host_of(self.url)
        session = requests.Session()
        session.hooks["response"].append(self._note_date)
        if self.resolve is not None:
            guard(session, self.resolve)
        self._provider = HTTPProvider(
            self.url,
            request_kwargs={"timeout": self.timeout_s},
            session=session,
            exception_retry_configuration=None,
        )
        metrics.rpc_quarantined(self.host, "")

    @property
    def is_quarantined(self) -> bool:
        """Whether it is left alone now."""
        return self.clock() < self.quarantined_until

    def ask(self, method: str, params: Any) -> RPCResponse:
        """Return its reply, which may hold a JSON-RPC error, and count the call. Raises EndpointFailed."""
        started = time.perf_counter()
        code = "ok"
        try:
            reply = self._request(method, params)
        except EndpointFailed as exc:
            code = exc.code
            raise
        finally:
            metrics.rpc_call(self.host, code, time.perf_counter() - started)
        return reply

    def saw_head(self, number: int) -> None:
        """Note the newest block it spoke of."""
        self.head, self.head_at = number, self.clock()
        metrics.rpc_head(self.host, number)

    def quarantine(self, reason: Quarantine, *, pause_s: float | None = None) -> None:
        """Leave it alone: for ``pause_s``, or twice as long as the last time."""
        self.pause_s = min(LONGEST_PAUSE_S, max(FIRST_PAUSE_S, self.pause_s * 2))
        self.quarantined_until = self.clock() + (self.pause_s if pause_s is None else pause_s)
        self.reason = reason.value
        self.is_verified = False  # what comes back after trouble may be another node
        metrics.rpc_quarantined(self.host, reason.value)

    def _request(self, method: str, params: Any) -> RPCResponse:
        try:
            reply = self._provider.make_request(RPCEndpoint(method), params)
        except requests.HTTPError as exc:
            raise self._failed_with_status(exc) from None  # the exception's own text holds the URL
        except requests.Timeout as exc:
            raise self._failed("timeout", exc.__class__.__name__) from None
        except (requests.RequestException, ValueError) as exc:
            raise self._failed("unreachable", exc.__class__.__name__) from None
        if _is_busy(reply):
            self.quarantine(Quarantine.BUSY)
            raise EndpointFailed("busy", f"{self.host}: over its limit")
        self._answered()
        return reply

    def _note_date(self, response: requests.Response, *_: Any, **__: Any) -> None:
        try:
            told = parsedate_to_datetime(response.headers["Date"])
        except (KeyError, ValueError):
            return  # no Date, or none of HTTP's form: this endpoint tells no time
        self.skew_s = (datetime.now(UTC) - told).total_seconds()

    def _answered(self) -> None:
        self.failures = 0
        if not self.is_quarantined:
            if self.reason:
                metrics.rpc_quarantined(self.host, "")
            self.reason, self.pause_s = "", 0.0

    def _failed_with_status(self, exc: requests.HTTPError) -> EndpointFailed:
        response = exc.response
        status = 0 if response is None else response.status_code
        if status == BUSY_STATUS:
            header = "" if response is None else response.headers.get("Retry-After", "")
            pause_s = min(LONGEST_PAUSE_S, float(header)) if header.isdigit() else None
            self.quarantine(Quarantine.BUSY, pause_s=pause_s)
            return EndpointFailed("busy", f"{self.host}: HTTP {status}")
        return self._failed(f"http_{status // 100}xx", f"HTTP {status}")

    def _failed(self, code: str, words: str) -> EndpointFailed:
        self.failures += 1
        self.is_verified = False
        if self.failures >= FAILURES_BEFORE_PAUSE:
            self.quarantine(Quarantine.ERRORS)
        return EndpointFailed(code, f"{self.host}: {words}")


def _is_busy(reply: RPCResponse) -> bool:
    error = reply.get("error")
    if not isinstance(error, dict):
        return False
    text = str(error.get("message", "")).lower()
    return error.get("code") in BUSY_CODES and any(word in text for word in BUSY_TEXTS)
