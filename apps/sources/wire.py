"""Source calls as the JSON that travels between tasks: decimals as strings, times as ISO-8601 in UTC."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from apps.pricing.types import Miss, Quote, SourceRole
from apps.sources.calls import SourceCall


def call_to_json(call: SourceCall, *, role: SourceRole, promoted_for: str | None) -> dict[str, Any]:
    """Return the call as plain JSON. promoted_for: the lane whose loss brought a reserve in, None for a primary."""
    return {
        "source": call.source,
        "role": role.value,
        "promoted_for": promoted_for,
        "started_at": _time(call.started_at),
        "latency_ms": call.latency_ms,
        "attempts": list(msgspec.to_builtins(call.attempts)),
        "outcomes": list(msgspec.to_builtins(call.outcomes)),
    }


def outcome_to_json(outcome: Quote | Miss) -> dict[str, Any]:
    """Return a quote or a miss as plain JSON for people; ``outcome_from_json`` reverses it exactly."""
    row: dict[str, Any] = msgspec.to_builtins(outcome, builtin_types=(datetime,))
    return {name: _time(value) if isinstance(value, datetime) else value for name, value in row.items()}


def outcome_from_json(document: Mapping[str, Any]) -> Quote | Miss:
    """Return the quote or miss of its JSON. Raises ValueError for anything else."""
    return msgspec.convert(document, Quote | Miss)


def outcomes_from_json(rows: Sequence[Mapping[str, Any]]) -> list[Quote | Miss]:
    """Return the quotes and misses of a call. Raises ValueError when one row is neither."""
    return msgspec.convert(rows, list[Quote | Miss])


def _time(moment: datetime) -> str:
    return (moment if moment.tzinfo is UTC else moment.astimezone(UTC)).isoformat()
