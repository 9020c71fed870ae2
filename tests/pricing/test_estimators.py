"""Estimators over votes."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.pricing.estimators import EmptySample, Vote, capped, estimate
from apps.pricing.fixed_point import exact
from apps.pricing.types import Estimator

PRICES = st.decimals(min_value="0.0001", max_value="1000000", places=6)
WEIGHTS = st.decimals(min_value="0.01", max_value="100000", places=2)
VOTES = st.lists(st.builds(Vote, price=PRICES, weight=WEIGHTS, rank=st.integers(1, 20)), min_size=1, max_size=20)


def votes(*rows: tuple[str, str]) -> list[Vote]:
    return [Vote(Decimal(price), Decimal(weight), rank) for rank, (price, weight) in enumerate(rows, start=1)]


@pytest.mark.parametrize(
    ("estimator", "expected"),
    [
        (Estimator.MEDIAN, "102"),
        (Estimator.WEIGHTED_MEDIAN, "102"),
        (Estimator.FILTERED_MEAN, "102.8"),
        (Estimator.TRIMMED_MEAN, "102"),
        (Estimator.PRIMARY_FIRST, "103"),
    ],
)
def test_each_estimator_by_hand(estimator: Estimator, expected: str) -> None:
    """Five equal votes, worked out on paper."""
    sample = votes(("103", "1"), ("100", "1"), ("101", "1"), ("102", "1"), ("108", "1"))

    with exact():
        assert estimate(sample, estimator) == Decimal(expected)


def test_the_weighted_median_takes_the_middle_of_the_weight() -> None:
    """Weights 1, 1, 1, 1, 2: half of the weight lies between the third and the fourth."""
    sample = votes(("100", "1"), ("101", "1"), ("102", "1"), ("104", "1"), ("109", "2"))

    with exact():
        assert estimate(sample, Estimator.WEIGHTED_MEDIAN) == 103


@given(
    honest=st.lists(st.decimals("100", "100.5", places=3), min_size=3, max_size=9),
    weights=st.lists(WEIGHTS, min_size=9, max_size=9),
)
def test_one_liar_never_owns_a_weighted_median(honest: list[Decimal], weights: list[Decimal]) -> None:
    """Among at least four votes no weight lets one of them set the price, however light the others are."""
    sample = [Vote(price, weight, 1) for price, weight in zip(honest, weights, strict=False)]

    with exact():
        value = estimate([*sample, Vote(Decimal(150), Decimal(10**9), 1)], Estimator.WEIGHTED_MEDIAN)

    assert value <= Decimal("125.25"), "at worst the middle between the liar and its neighbour"


@pytest.mark.parametrize("estimator", [Estimator.WEIGHTED_MEDIAN, Estimator.VWAP])
def test_volume_buys_no_price(estimator: Estimator) -> None:
    """Twenty times the volume, or a million times, counts twice the median weight and no more."""
    honest = [("100", "1"), ("100.01", "1"), ("100.02", "1"), ("100.03", "1")]

    with exact():
        twenty = estimate(votes(*honest, ("103", "20")), estimator)
        million = estimate(votes(*honest, ("103", "1000000")), estimator)

    assert twenty == million
    assert twenty < Decimal("101.1")


def test_weights_lie_between_half_and_twice_their_median() -> None:
    """The limits are taken from the weights themselves; three votes or fewer weigh the same."""
    assert capped([Decimal(1), Decimal("0.01"), Decimal(1), Decimal(9)]) == [1, Decimal("0.5"), 1, 2]
    assert capped([Decimal(1), Decimal(1), Decimal(9)]) == [1, 1, 1]


def test_no_votes_is_an_error() -> None:
    """Nothing has no price."""
    with pytest.raises(EmptySample):
        estimate([], Estimator.MEDIAN)


@pytest.mark.parametrize("estimator", list(Estimator))
@given(sample=VOTES)
def test_every_estimator_stays_within_the_votes(estimator: Estimator, sample: list[Vote]) -> None:
    """No estimator invents a price below the lowest or above the highest vote."""
    with exact():
        value = estimate(sample, estimator)

    assert min(vote.price for vote in sample) <= value <= max(vote.price for vote in sample)


@pytest.mark.parametrize("estimator", [e for e in Estimator if e is not Estimator.PRIMARY_FIRST])
@given(sample=VOTES, random=st.randoms())
def test_order_never_matters(estimator: Estimator, sample: list[Vote], random: object) -> None:
    """Votes are a set: the same ones in another order give the same price."""
    shuffled = list(sample)
    random.shuffle(shuffled)  # type: ignore[attr-defined]

    with exact():
        assert abs(estimate(sample, estimator) - estimate(shuffled, estimator)) <= Decimal("1e-60")


@pytest.mark.parametrize("estimator", list(Estimator))
@given(sample=VOTES, factor=st.integers(2, 1000))
def test_scaling_the_votes_scales_the_price(estimator: Estimator, sample: list[Vote], factor: int) -> None:
    """Prices in another unit give the same answer in that unit."""
    with exact():
        scaled = [Vote(vote.price * factor, vote.weight, vote.rank) for vote in sample]
        assert abs(estimate(scaled, estimator) - estimate(sample, estimator) * factor) <= Decimal("1e-60")
