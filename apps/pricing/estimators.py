"""Statistics over prices, in exact Decimal arithmetic."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, localcontext

from apps.pricing.fixed_point import PRECISION

# Scales a median absolute deviation to a standard deviation of normal noise (1 / Phi^-1(3/4)).
MAD_TO_SIGMA = Decimal("1.4826")
BPS = Decimal(10_000)


class EmptySample(ValueError):
    """A statistic was asked of no values."""


def median(values: Sequence[Decimal]) -> Decimal:
    """Return the middle value, or the mean of the middle two for an even count.

    Raises:
        EmptySample: no values.
    """
    if not values:
        raise EmptySample("median of no values")
    ordered = sorted(values)
    middle = len(ordered) // 2
    if len(ordered) % 2:
        return ordered[middle]
    with localcontext() as context:
        context.prec = PRECISION
        return (ordered[middle - 1] + ordered[middle]) / 2


def median_absolute_deviation(values: Sequence[Decimal]) -> Decimal:
    """Return the median distance from the median, unscaled. Raises EmptySample for no values."""
    centre = median(values)
    return median([abs(value - centre) for value in values])


def half_interquartile_range(values: Sequence[Decimal]) -> Decimal:
    """Return half the distance between the quartiles, linear between neighbours (Hyndman & Fan type 7).

    Raises:
        EmptySample: no values.
    """
    if not values:
        raise EmptySample("interquartile range of no values")
    ordered = sorted(values)
    return (_quantile(ordered, quarters=3) - _quantile(ordered, quarters=1)) / 2


def outlier_limit(values: Sequence[Decimal], *, k: Decimal, floor_bps: int) -> Decimal:
    """Return how far from the median a value may lie: ``max(k * 1.4826 * MAD, floor_bps of the median)``.

    The floor keeps honest quotes when most venues agree to the tick and the deviation is therefore nearly nil.
    """
    with localcontext() as context:
        context.prec = PRECISION
        spread = k * MAD_TO_SIGMA * median_absolute_deviation(values)
        return max(spread, median(values) * floor_bps / BPS)


def _quantile(ordered: Sequence[Decimal], *, quarters: int) -> Decimal:
    position = (len(ordered) - 1) * quarters
    low, rest = divmod(position, 4)
    high = min(low + 1, len(ordered) - 1)
    with localcontext() as context:
        context.prec = PRECISION
        return ordered[low] + (ordered[high] - ordered[low]) * rest / 4
