"""Counts by size, from which percentiles are read: fixed bounds, so that buckets of time add up. Pure.

A list has one count more than there are bounds: the last counts what lies above the highest bound.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from decimal import Decimal

LATENCY_MS = (25, 50, 100, 200, 300, 500, 750, 1000, 1500, 2500, 5000, 10_000)
DEVIATION_BPS = (1, 2, 3, 5, 7, 10, 15, 20, 30, 50, 75, 100, 150, 200, 300, 500, 1000, 2000)
CENTI = 100  # a distance is kept in hundredths of a basis point


def empty(bounds: Sequence[int]) -> list[int]:
    """Return a histogram without counts."""
    return [0] * (len(bounds) + 1)


def place_of(size: int, bounds: Sequence[int]) -> int:
    """Return the place a size counts at; a bound belongs to the bucket below it."""
    return bisect_left(bounds, size)


def percentile(counts: Sequence[int], bounds: Sequence[int], *, share: Decimal) -> Decimal | None:
    """Return the size that ``share`` of the counts do not exceed, None without counts.

    Interpolated within its bucket, to a tenth; what lies above the highest bound counts as that bound.
    """
    wanted, below = share * sum(counts), 0
    for place, count in enumerate(counts):
        if count and below + count >= wanted:
            if place == len(bounds):
                return Decimal(bounds[-1])
            low = Decimal(bounds[place - 1]) if place else Decimal(0)
            return (low + (bounds[place] - low) * (wanted - below) / count).quantize(Decimal("0.1"))
        below += count
    return None
