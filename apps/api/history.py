"""Accepted answers of a feed over time, and their open, high, low and close, computed in SQL."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from apps.pricing.types import AnswerState
from apps.rounds.models import Answer

INTERVALS = {
    "1m": timedelta(minutes=1),
    "5m": timedelta(minutes=5),
    "1h": timedelta(hours=1),
    "1d": timedelta(days=1),
}
RAW = "raw"
# Bins start at UTC midnight of this day. Answers are bounded by time, so the partial index answer_history serves it.
_CANDLES = """
    SELECT date_bin(%(width)s, observed_at, TIMESTAMPTZ '2000-01-01 00:00:00+00') AS start,
           (array_agg(answer ORDER BY observed_at, id))[1],
           max(answer), min(answer),
           (array_agg(answer ORDER BY observed_at DESC, id DESC))[1],
           count(*)
      FROM rounds_answer
     WHERE pair = %(pair)s AND state = 'ACCEPTED' AND observed_at >= %(since)s
  GROUP BY start ORDER BY start DESC LIMIT %(limit)s
"""


@dataclass(frozen=True, slots=True)
class Candle:
    """One interval's answers as scaled integers. Intervals without an answer have no candle."""

    start: datetime
    open: int
    high: int
    low: int
    close: int
    answers: int


def candles(pair: str, *, interval: str, limit: int, now: datetime) -> list[Candle]:
    """Return the candles of the last ``limit`` intervals, newest first. interval: a key of INTERVALS."""
    width = INTERVALS[interval]
    arguments: dict[str, Any] = {"pair": pair, "width": width, "since": now - width * limit, "limit": limit}
    with connection.cursor() as cursor:
        cursor.execute(_CANDLES, arguments)
        return [Candle(start, *(int(number) for number in numbers)) for start, *numbers in cursor.fetchall()]


def accepted_answers(pair: str, *, limit: int) -> Iterator[dict[str, object]]:
    """Yield the newest accepted answers of a feed, newest first."""
    answers = Answer.objects.filter(pair=pair, state=AnswerState.ACCEPTED, observed_at__isnull=False)
    for answer in answers.defer("own_observations").order_by("-observed_at")[:limit]:
        yield {
            "observed_at": answer.observed_at,
            "answer": answer.answer,
            "sources_used": answer.sources_used,
            "confidence": answer.confidence,
            "reason": answer.reason,
            "round": f"/api/v1/rounds/{answer.round_id}",
        }
