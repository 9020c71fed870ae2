"""What the sources said in past rounds, read back from the observations of their answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from apps.pricing.types import Miss, MissCode, Quote
from apps.pricing.whatif import RecordedRound
from apps.rounds.models import Answer, Round


def recorded_rounds(pairs: Sequence[str], *, limit: int) -> list[RecordedRound]:
    """Return the newest ``limit`` closed rounds that priced any of these pairs, oldest first."""
    rounds = Round.objects.filter(state=Round.State.CLOSED, pairs__overlap=list(pairs))
    newest = rounds.order_by("-opened_at").prefetch_related("answers").only("closed_at", "opened_at")[:limit]
    return [
        RecordedRound(
            at=round_.closed_at or round_.opened_at,
            outcomes=recorded_outcomes(round_.answers.all()),
        )
        for round_ in reversed(newest)
    ]


def recorded_outcomes(answers: Iterable[Answer]) -> dict[tuple[str, str], Quote | Miss]:
    """Return what the sources said, by (source, pair), as the answers' observations keep it."""
    return {(row["source"], row["pair"]): outcome_of(row) for answer in answers for row in answer.observations}


def outcome_of(row: Mapping[str, Any]) -> Quote | Miss:
    """Return the quote or miss of an observation as ``records.observation_to_json`` wrote it."""
    if "price" not in row:
        return Miss(row["source"], row["pair"], row["ticker"], MissCode(row["refusal"]), row["message"])
    return Quote(
        source=row["source"],
        pair=row["pair"],
        ticker=row["ticker"],
        price=Decimal(row["price"]),
        bid=_decimal(row["bid"]),
        ask=_decimal(row["ask"]),
        volume=_decimal(row["volume"]),
        source_time=datetime.fromisoformat(row["source_time"]) if row["source_time"] else None,
        received_at=datetime.fromisoformat(row["received_at"]),
    )


def _decimal(text: str | None) -> Decimal | None:
    return Decimal(text) if text else None
