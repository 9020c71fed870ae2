"""What asking one source once in a round came to, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from apps.pricing.types import Miss, Quote


@dataclass(frozen=True, slots=True)
class AttemptRecord:
    """One HTTP request: ``url`` without secrets, ``status`` None when no reply came, ``code`` empty when it was of use.

    body_sha256: of the decompressed body in hexadecimal, empty when no reply came.
    cached: no request of this call; the reply was another round's, and its quotes keep the time it arrived.
    received_at: when the body had arrived, ISO 8601, empty when none did.  headers: of the reply, those that matter.
    """

    url: str
    status: int | None
    code: str
    latency_ms: int
    body_sha256: str
    cached: bool = False
    method: str = "GET"
    received_at: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SourceCall:
    """One source asked for a lane's tickers, retries and all.

    attempts: in the order they ended.  outcomes: exactly one per ask, in the order of the asks.
    """

    source: str
    started_at: datetime
    latency_ms: int
    attempts: tuple[AttemptRecord, ...]
    outcomes: tuple[Quote | Miss, ...]
