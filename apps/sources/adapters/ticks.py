"""Uniswap v3's ticks as prices: a tick is a power of 1.0001, in raw units of token1 per raw unit of token0. Pure.

Formula: https://blog.uniswap.org/uniswap-v3-math-primer, and OracleLibrary in Uniswap's v3-periphery.
"""

from __future__ import annotations

from decimal import Decimal, localcontext

MIN_TICK, MAX_TICK = -887_272, 887_272
DIGITS = 50  # of the power: a fault of one in the last place is 10**-48 of the price
KEPT_DIGITS = 30  # of the result: twelve beyond what any feed publishes
_STEP = Decimal("1.0001")


def mean_tick(first: int, last: int, *, window_s: int) -> Decimal:
    """Return the time-weighted mean tick between two cumulative ticks, window_s > 0 seconds apart.

    Not rounded to a whole tick as OracleLibrary does: half a tick is half a basis point.
    """
    with localcontext(prec=DIGITS):
        return Decimal(last - first) / window_s


def price_at_tick(tick: Decimal, *, decimals0: int, decimals1: int) -> Decimal:
    """Return how many whole token1 one whole token0 costs at a tick, to KEPT_DIGITS digits.

    A time-weighted mean of ticks gives the geometric mean of the price.
    """
    with localcontext(prec=DIGITS):
        power = (tick * _STEP.ln()).exp()
        exact = power.scaleb(decimals0 - decimals1)
    with localcontext(prec=KEPT_DIGITS):
        return +exact
