"""Source calls as the JSON that travels between tasks: decimals as strings, times as ISO-8601 in UTC."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from apps.pricing.types import Miss, MissCode, Quote, SourceRole
from apps.sources.calls import SourceCall


def call_to_json(call: SourceCall, *, role: SourceRole, promoted_for: str | None) -> dict[str, Any]:
    """Return the call as plain JSON. promoted_for: the lane whose loss brought a reserve in, None for a primary."""
    return {
        "source": call.source,
        "role": role.value,
        "promoted_for": promoted_for,
        "started_at": _time(call.started_at),
        "latency_ms": call.latency_ms,
        "attempts": [asdict(attempt) for attempt in call.attempts],
        "outcomes": [outcome_to_json(outcome) for outcome in call.outcomes],
    }


def outcome_to_json(outcome: Quote | Miss) -> dict[str, Any]:
    """Return a quote or a miss as plain JSON; ``outcome_from_json`` reverses it exactly."""
    match outcome:
        case Quote():
            return quote_to_json(outcome)
        case Miss():
            return miss_to_json(outcome)


def quote_to_json(quote: Quote) -> dict[str, Any]:
    """Return a quote as plain JSON."""
    return {
        "kind": "quote",
        "source": quote.source,
        "pair": quote.pair,
        "ticker": quote.ticker,
        "price": str(quote.price),
        "bid": _text(quote.bid),
        "ask": _text(quote.ask),
        "volume": _text(quote.volume),
        "source_time": _time(quote.source_time) if quote.source_time else None,
        "received_at": _time(quote.received_at),
    }


def miss_to_json(miss: Miss) -> dict[str, Any]:
    """Return a miss as plain JSON."""
    return {
        "kind": "miss",
        "source": miss.source,
        "pair": miss.pair,
        "ticker": miss.ticker,
        "code": miss.code.value,
        "message": miss.message,
    }


def outcome_from_json(document: Mapping[str, Any]) -> Quote | Miss:
    """Return the quote or miss of its JSON. Raises KeyError, ValueError or decimal.InvalidOperation for another."""
    if document["kind"] == "miss":
        return Miss(
            source=document["source"],
            pair=document["pair"],
            ticker=document["ticker"],
            code=MissCode(document["code"]),
            message=document["message"],
        )
    if document["kind"] != "quote":
        raise ValueError(f"kind is neither quote nor miss: {document['kind']!r}")
    return Quote(
        source=document["source"],
        pair=document["pair"],
        ticker=document["ticker"],
        price=Decimal(document["price"]),
        bid=_decimal(document["bid"]),
        ask=_decimal(document["ask"]),
        volume=_decimal(document["volume"]),
        source_time=_moment(document["source_time"]) if document["source_time"] else None,
        received_at=_moment(document["received_at"]),
    )


def _text(number: Decimal | None) -> str | None:
    return None if number is None else str(number)


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def _time(moment: datetime) -> str:
    return (moment if moment.tzinfo is UTC else moment.astimezone(UTC)).isoformat()


@lru_cache(maxsize=4096)  # a reply's thousand quotes carry the same one or two times
def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
