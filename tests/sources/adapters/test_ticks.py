"""Uniswap's ticks as prices, against Uniswap's own constants and exact arithmetic."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.sources.adapters.ticks import MAX_TICK, MIN_TICK, mean_tick, price_at_tick

# TickMath's own table ends: the square root of the price at the lowest and the highest tick, times 2**96.
MIN_SQRT_RATIO = 4_295_128_739
MAX_SQRT_RATIO = 1_461_446_703_485_210_103_287_273_052_203_988_822_378_723_970_342
ONE = Decimal(1)


def price_at_sqrt(sqrt_price_x96: int, *, decimals0: int, decimals1: int) -> Decimal:
    """Return the price slot0's square root stands for: another way to the same number."""
    exact = Fraction(sqrt_price_x96, 2**96) ** 2 * Fraction(10) ** (decimals0 - decimals1)
    return Decimal(exact.numerator) / Decimal(exact.denominator)


def close(one: Decimal, other: Decimal, *, digits: int) -> bool:
    """Return whether two prices agree to so many digits."""
    return abs(one / other - 1) < ONE.scaleb(-digits)


def test_tick_zero_is_one() -> None:
    """At tick 0 a raw unit of one token costs a raw unit of the other."""
    assert price_at_tick(Decimal(0), decimals0=18, decimals1=18) == 1
    assert price_at_tick(Decimal(0), decimals0=18, decimals1=6) == Decimal(10) ** 12


@pytest.mark.parametrize("tick", [1, -1, 100, -5000, 23_027])
def test_a_tick_is_the_exact_power(tick: int) -> None:
    """1.0001**tick, computed as a fraction without any rounding, to 26 digits."""
    exact = Fraction(10_001, 10_000) ** tick
    scaled = Decimal(exact.numerator * 10**40 // exact.denominator).scaleb(-40)

    assert close(price_at_tick(Decimal(tick), decimals0=0, decimals1=0), scaled, digits=26)


@pytest.mark.parametrize(("tick", "ratio"), [(MIN_TICK, MIN_SQRT_RATIO), (MAX_TICK, MAX_SQRT_RATIO)])
def test_the_ends_are_those_of_uniswaps_table(tick: int, ratio: int) -> None:
    """TickMath rounds its smallest square root to ten digits, so to nine the two agree."""
    by_tick = price_at_tick(Decimal(tick), decimals0=18, decimals1=18)

    assert close(by_tick, price_at_sqrt(ratio, decimals0=18, decimals1=18), digits=9)


def test_a_known_pool_has_its_known_price() -> None:
    """USDC/WETH of Uniswap's own primer: tick 202,919, its square root, and 1,541 dollars."""
    usdc_in_weth = price_at_tick(Decimal(202_919), decimals0=6, decimals1=18)
    by_root = price_at_sqrt(2_018_382_873_588_440_326_581_633_304_624_437, decimals0=6, decimals1=18)

    assert usdc_in_weth <= by_root < price_at_tick(Decimal(202_920), decimals0=6, decimals1=18)
    assert round(1 / by_root, 2) == Decimal("1540.82")


@settings(max_examples=100)
@given(st.decimals(MIN_TICK, MAX_TICK, places=6), st.integers(0, 30), st.integers(0, 30))
def test_turning_a_pool_round_is_one_over_the_price(tick: Decimal, decimals0: int, decimals1: int) -> None:
    """The opposite tick with the decimals swapped is the inverse, to 26 digits."""
    there = price_at_tick(tick, decimals0=decimals0, decimals1=decimals1)
    back = price_at_tick(-tick, decimals0=decimals1, decimals1=decimals0)

    assert close(there * back, ONE, digits=26)


@settings(max_examples=100)
@given(st.integers(MIN_TICK, MAX_TICK - 1))
def test_prices_grow_with_ticks(tick: int) -> None:
    """A tick is a basis point, everywhere."""
    lower, upper = (price_at_tick(Decimal(each), decimals0=18, decimals1=6) for each in (tick, tick + 1))

    assert close(upper / lower, Decimal("1.0001"), digits=26)


def test_a_mean_tick_is_not_rounded() -> None:
    """Negative means round down in OracleLibrary and are kept exact here."""
    assert mean_tick(0, -3, window_s=2) == Decimal("-1.5")
    assert mean_tick(-7_000_000, -6_999_999, window_s=4) == Decimal("0.25")
