"""Every HTTP call a lane makes is counted, by its code."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from prometheus_client import REGISTRY

from apps.pricing.types import SourceSpec
from apps.sources import lanes
from apps.sources.board import Seat
from apps.sources.calls import AttemptRecord, SourceCall
from apps.sources.gate import OpenGate


def test_attempts_of_a_call_are_counted(monkeypatch) -> None:
    """A call that was answered at the second attempt is one timeout and one ok."""
    attempts = tuple(AttemptRecord("https://x", None, code, 40, "") for code in ("timeout", ""))
    call = SourceCall("counted", datetime.now(UTC), 80, attempts, ())
    monkeypatch.setattr(lanes, "fetch_source", lambda *_, **__: call)
    seat = Seat(SourceSpec("counted", "kraken", "https://x", Decimal(1), 3), ())

    lanes._ask(seat, deadline=datetime.now(UTC) + timedelta(seconds=1), gate=OpenGate())

    codes = ("timeout", "ok")
    counts = [
        REGISTRY.get_sample_value("oracle_source_requests_total", {"source": "counted", "code": c}) for c in codes
    ]
    assert counts == [1, 1]
    assert REGISTRY.get_sample_value("oracle_source_latency_seconds_count", {"source": "counted"}) == 2
