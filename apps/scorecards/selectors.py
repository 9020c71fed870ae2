"""Scorecards: what the buckets of a window say about each source, or about each source of a feed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from apps.pricing.types import RefusalCode
from apps.scorecards.histograms import CENTI, DEVIATION_BPS, LATENCY_MS, percentile
from apps.scorecards.models import SourceScore
from apps.scorecards.tally import ALL_PAIRS, Tally

TENTH = Decimal("0.1")
_REFUSALS = frozenset(RefusalCode)


class Window(StrEnum):
    """How far a scorecard looks back; to the beginning of the bucket that holds that moment."""

    HOUR = "1h"
    DAY = "24h"
    WEEK = "7d"


_LENGTHS: Mapping[Window, tuple[timedelta, int]] = {
    Window.HOUR: (timedelta(hours=1), SourceScore.Tier.FINE),
    Window.DAY: (timedelta(days=1), SourceScore.Tier.HOUR),
    Window.WEEK: (timedelta(days=7), SourceScore.Tier.QUARTER_DAY),
}


@dataclass(frozen=True, slots=True)
class Scorecard:
    """How one source did. pair: empty for all its feeds together.

    success_bps, used_bps: share of the tickers asked that were answered, and that an answer rests on; None unasked.
    latency: of its calls in ms.  bias_bps: mean signed distance of its quotes from the answers of their rounds.
    misses, refused: by code, most frequent first.
    """

    source: str
    pair: str
    asked: int
    quotes: int
    used: int
    success_bps: int | None
    used_bps: int | None
    latency_p50_ms: Decimal | None
    latency_p95_ms: Decimal | None
    bias_bps: Decimal | None
    deviation_p95_bps: Decimal | None
    misses: Mapping[str, int]
    refused: Mapping[str, int]
    breaker_openings: int


def window_start(window: Window, *, now: datetime) -> datetime:
    """Return when the window's first bucket begins."""
    length, tier = _LENGTHS[window]
    second = int((now - length).timestamp()) // tier * tier
    return datetime.fromtimestamp(second, UTC)


def scorecards_of_sources(window: Window, *, now: datetime) -> list[Scorecard]:
    """Return one card per source over all its feeds, by source."""
    return _cards(window, now=now, pair=ALL_PAIRS)


def scorecards_of_feed(pair: str, window: Window, *, now: datetime) -> list[Scorecard]:
    """Return one card per source of a feed, by source."""
    return _cards(window, now=now, pair=pair)


def scorecards_of_source(source: str, window: Window, *, now: datetime) -> list[Scorecard]:
    """Return one card per feed of a source, by pair, that over all feeds first."""
    return _cards(window, now=now, source=source)


def _cards(window: Window, *, now: datetime, **where: str) -> list[Scorecard]:
    tier = _LENGTHS[window][1]
    rows = SourceScore.objects.filter(tier_s=tier, start__gte=window_start(window, now=now), **where)
    summed: dict[tuple[str, str], Tally] = {}
    for row in rows.order_by().iterator():
        summed.setdefault((row.source, row.pair), Tally()).add(_tally(row))
    return [scorecard(source, pair, summed[source, pair]) for source, pair in sorted(summed)]


def _tally(row: SourceScore) -> Tally:
    return Tally(
        asked=row.asked,
        quotes=row.quotes,
        used=row.used,
        compared=row.compared,
        bias_cbps=row.bias_cbps,
        breaker_openings=row.breaker_openings,
        refusals=row.refusals,
        deviation=_fitted(row.deviation, len(DEVIATION_BPS) + 1),
        latency=_fitted(row.latency, len(LATENCY_MS) + 1),
    )


def _fitted(counts: list[int], length: int) -> list[int]:
    """Return the counts at the length of today's bounds; rows of another version's bounds live for days only."""
    return (counts + [0] * length)[:length]


def scorecard(source: str, pair: str, tally: Tally) -> Scorecard:
    """Return the card that a tally makes."""
    bias = Decimal(tally.bias_cbps) / CENTI / tally.compared if tally.compared else None
    return Scorecard(
        source=source,
        pair=pair,
        asked=tally.asked,
        quotes=tally.quotes,
        used=tally.used,
        success_bps=tally.quotes * 10_000 // tally.asked if tally.asked else None,
        used_bps=tally.used * 10_000 // tally.asked if tally.asked else None,
        latency_p50_ms=percentile(tally.latency, LATENCY_MS, share=Decimal("0.5")),
        latency_p95_ms=percentile(tally.latency, LATENCY_MS, share=Decimal("0.95")),
        bias_bps=None if bias is None else bias.quantize(TENTH) + 0,  # no -0.0
        deviation_p95_bps=percentile(tally.deviation, DEVIATION_BPS, share=Decimal("0.95")),
        misses=_by_count((code, count) for code, count in tally.refusals.items() if code not in _REFUSALS),
        refused=_by_count((code, count) for code, count in tally.refusals.items() if code in _REFUSALS),
        breaker_openings=tally.breaker_openings,
    )


def _by_count(counts: Iterable[tuple[str, int]]) -> dict[str, int]:
    return dict(sorted(counts, key=lambda row: (-row[1], row[0])))
