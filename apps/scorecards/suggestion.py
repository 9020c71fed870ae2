"""In which order a feed's sources would stand by how they did. A suggestion with its reasons, never applied by itself.

A source gets points against it: one for each percent of its tickers that no answer could rest on, one for each 5 bps of
its 95th percentile of deviation, one for each 500 ms of its 95th percentile of latency. It moves up past its neighbour
only when it has at least MARGIN points fewer, so that noise moves nobody. Sources with too few observations keep their
place. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from apps.pricing.types import MissCode, RefusalCode
from apps.scorecards.selectors import Scorecard

MIN_ASKED = 50
MARGIN = Decimal(1)
BPS_A_POINT = Decimal(5)
MS_A_POINT = Decimal(500)
# Not the source's doing: another source of its venue counted, a conversion feed was ill, a worker of ours was lost.
EXCUSED = frozenset(
    {RefusalCode.DUPLICATE_SOURCE, RefusalCode.CONVERSION_MISSING, RefusalCode.DEPEGGED, MissCode.LANE_LOST}
)


@dataclass(frozen=True, slots=True)
class Place:
    """One source's place. current, suggested: from 1.  points: against it, None when it was asked too little."""

    source: str
    current: int
    suggested: int
    points: Decimal | None
    reason: str


def suggested_order(listed: Sequence[str], cards: Mapping[str, Scorecard]) -> list[Place]:
    """Return the places in suggested order. listed: the feed's sources, most trusted first; cards: by source."""
    points = {source: _points(cards[source]) for source in listed if source in cards}
    judged = {source: each for source, each in points.items() if each is not None}
    order = list(listed)
    seats = [place for place, source in enumerate(order) if source in judged]
    _sort_seats(order, seats, judged)
    current = {source: place for place, source in enumerate(listed, start=1)}
    return [
        Place(source, current[source], place, judged.get(source), _reason(source, cards))
        for place, source in enumerate(order, start=1)
    ]


def is_other_order(places: Sequence[Place]) -> bool:
    """Return whether the suggestion differs from the list as it stands."""
    return any(place.current != place.suggested for place in places)


def _sort_seats(order: list[str], seats: Sequence[int], judged: Mapping[str, Decimal]) -> None:
    """Let sources move up among the seats while one has MARGIN points fewer than the one before it.

    Every swap lowers the sum of points times seat, so it ends.
    """
    has_moved = True
    while has_moved:
        has_moved = False
        for upper, lower in pairwise(seats):
            if judged[order[lower]] + MARGIN <= judged[order[upper]]:
                order[upper], order[lower] = order[lower], order[upper]
                has_moved = True


def _points(card: Scorecard) -> Decimal | None:
    fair = card.asked - _excused(card)
    if fair < MIN_ASKED:
        return None
    unused = Decimal(max(fair - card.used, 0)) * 100 / fair
    deviation = (card.deviation_p95_bps or Decimal(0)) / BPS_A_POINT
    latency = (card.latency_p95_ms or Decimal(0)) / MS_A_POINT
    return (unused + deviation + latency).quantize(Decimal("0.1"))


def _excused(card: Scorecard) -> int:
    return sum(count for code, count in {**card.misses, **card.refused}.items() if code in EXCUSED)


def _reason(source: str, cards: Mapping[str, Scorecard]) -> str:
    card = cards.get(source)
    asked = card.asked if card else 0
    if card is None or _points(card) is None:
        return f"asked {asked} times, fewer than {MIN_ASKED}: keeps its place"
    fair = card.asked - _excused(card)
    told = [f"{Decimal(card.used) * 100 / fair:.1f} % usable"]
    if card.deviation_p95_bps is not None:
        told.append(f"95 % within {card.deviation_p95_bps} bps of the answer")
    if card.latency_p95_ms is not None:
        told.append(f"within {card.latency_p95_ms:.0f} ms")
    worst = next(iter({**card.misses, **card.refused}), "")
    return ", ".join(told) + (f", most often {worst}" if worst and worst not in EXCUSED else "")
