"""Ask one source now, beside every round, and keep what went over the wire: for people who set a source up.

The same adapter, transport and guards as in a round; nothing is stored, and no secret is in what is returned.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache

from apps.monitoring import logs
from apps.pricing.types import Ask, SourceSpec
from apps.sources import errors
from apps.sources.adapters.base import Reply
from apps.sources.calls import SourceCall
from apps.sources.fetch import fetch_source
from apps.sources.http import Limits, Transport
from apps.sources.urls import public_headers, public_url

HEAD_CHARS = 2_000
MAX_EXCHANGES = 20
MAX_AT_ONCE = 4  # probes of one process; a name server that hangs must not eat up threads
GRACE_S = 1.0  # a probe ends by itself at its deadline; this long it may take to say so


class ProbesBusy(RuntimeError):
    """As many probes as may run at once are under way, or hang on a name server."""


class ProbeOverdue(TimeoutError):
    """The probe did not end in its time: mostly a name server that does not answer."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One HTTP request and what came of it, fit to be shown.

    url, headers: secrets hidden.  status: None when no complete reply came, ``code`` and ``message`` then say why.
    head: the beginning of the decompressed body as text, of ``reply_bytes`` in all.
    """

    method: str
    url: str
    headers: tuple[tuple[str, str], ...]
    body: str
    latency_ms: int
    status: int | None = None
    content_type: str = ""
    head: str = ""
    reply_bytes: int = 0
    code: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class Probe:
    """What asking came to: the call as a round would see it, and its first MAX_EXCHANGES requests."""

    call: SourceCall
    exchanges: tuple[Exchange, ...]


class RecordingTransport(Transport):
    """A transport that also remembers, for one probe."""

    def __init__(self, *, extra_allowed: frozenset[str] = frozenset()) -> None:
        super().__init__(extra_allowed=extra_allowed)
        self._recorded: list[Exchange] = []
        self._recording = threading.Lock()

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """Return what was sent so far, in the order it ended."""
        with self._recording:
            return tuple(self._recorded)

    def send(self, *, method: str, url: str, headers: Mapping[str, str], limits: Limits, body: str = "") -> Reply:
        """Return the reply as a transport does, and keep the exchange."""
        started = time.monotonic()
        reply: Reply | None = None
        error: errors.SourceError | None = None
        try:
            reply = super().send(method=method, url=url, headers=headers, limits=limits, body=body)
        except errors.SourceError as exc:
            error = exc
            raise
        finally:
            self._keep(
                Exchange(
                    method=method,
                    url=logs.without_opened(public_url(url)),
                    headers=tuple((name, logs.without_opened(text)) for name, text in public_headers(headers)),
                    body=body[:HEAD_CHARS],
                    latency_ms=round((time.monotonic() - started) * 1000),
                    status=reply.status if reply else None,
                    content_type=reply.headers.get("content-type", "")[:80] if reply else "",
                    head=_head(logs.body_without_opened(reply.body)) if reply else "",
                    reply_bytes=len(reply.body) if reply else 0,
                    code=error.code.value if error else "",
                    message=logs.without_opened(str(error))[:300] if error else "",
                )
            )
        return reply

    def _keep(self, exchange: Exchange) -> None:
        with self._recording:
            if len(self._recorded) < MAX_EXCHANGES:
                self._recorded.append(exchange)


def probe(
    spec: SourceSpec, asks: Sequence[Ask], *, seconds: float, extra_allowed: frozenset[str] = frozenset()
) -> Probe:
    """Return what the source says now, within so many seconds as far as sockets go. Never raises."""
    transport = RecordingTransport(extra_allowed=extra_allowed)
    deadline = datetime.now(UTC) + timedelta(seconds=seconds)
    call = fetch_source(spec, asks, deadline=deadline, transport=transport)
    return Probe(call, transport.exchanges)


def probe_within(spec: SourceSpec, asks: Sequence[Ask], *, seconds: float) -> Probe:
    """Return what the source says now, and give up in time whatever hangs: for web processes.

    Raises ProbesBusy, or ProbeOverdue; an overdue probe keeps its place until it ends.
    """
    slots = _slots()
    if not slots.acquire(blocking=False):
        raise ProbesBusy(f"{MAX_AT_ONCE} tests are under way")
    future: Future[Probe] = _pool().submit(probe, spec, asks, seconds=seconds)
    future.add_done_callback(lambda _: slots.release())
    try:
        return future.result(timeout=seconds + GRACE_S)
    except FutureTimeout as exc:
        raise ProbeOverdue(f"no result within {seconds + GRACE_S:.0f} s") from exc


@cache
def _slots() -> threading.BoundedSemaphore:
    return threading.BoundedSemaphore(MAX_AT_ONCE)


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(MAX_AT_ONCE, thread_name_prefix="probe")


def _head(body: bytes) -> str:
    """Return the beginning of a body as text; what is not UTF-8 or not printable is marked, line ends stay."""
    text = body[: HEAD_CHARS * 4].decode("utf-8", errors="replace")[:HEAD_CHARS]
    return "".join(char if char.isprintable() or char in "\n\t" else "\ufffd" for char in text)
