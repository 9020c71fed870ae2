"""How lanes and observations are written down: plain JSON, decimals as text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from apps.pricing.observations import Observation
from apps.pricing.types import Quote
from apps.rounds.models import Answer, Round


def call_summaries(calls: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the calls without their outcomes, which the answers' observations hold."""
    return [
        {name: value for name, value in call.items() if name != "outcomes"}
        | {
            "quotes": sum(row["kind"] == "quote" for row in call["outcomes"]),
            "misses": sum(row["kind"] == "miss" for row in call["outcomes"]),
        }
        for call in calls
    ]


def observation_to_json(observation: Observation, call: Mapping[str, Any]) -> dict[str, Any]:
    """Return an observation as stored, shown and hashed: decimals as text, times in ISO 8601."""
    outcome = observation.outcome
    row: dict[str, Any] = {
        "source": outcome.source,
        "pair": outcome.pair,
        "ticker": outcome.ticker,
        "role": call["role"],
        "promoted_for": call["promoted_for"],
        "used": observation.is_used,
        "refusal": str(observation.refusal),
        "message": observation.message,
        "venue": observation.listing.independent_of,
    }
    if isinstance(outcome, Quote):
        conversion = observation.conversion
        row |= {
            "price": f"{outcome.price:f}",
            "converted": None if observation.price is None else f"{observation.price:f}",
            "conversion": conversion and {"pair": conversion.pair, "rate": f"{conversion.rate:f}"},
            "bid": outcome.bid and f"{outcome.bid:f}",
            "ask": outcome.ask and f"{outcome.ask:f}",
            "volume": outcome.volume and f"{outcome.volume:f}",
            "source_time": outcome.source_time and outcome.source_time.isoformat(),
            "received_at": outcome.received_at.isoformat(),
        }
    return row


def evidence_rows(round_: Round, answers: Sequence[Answer]) -> list[Mapping[str, Any]]:
    """Return what the evidence hash covers: every observation, and every call with the hashes of its reply bodies."""
    calls = [call for lane in round_.lanes for call in lane["calls"]]
    return [*(row for answer in answers for row in answer.observations), *calls]
