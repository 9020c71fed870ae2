"""Prices as the chain keeps them: integers scaled by ``10**decimals``."""

from __future__ import annotations

from contextlib import AbstractContextManager
from decimal import ROUND_HALF_EVEN, Context, Decimal, DivisionByZero, InvalidOperation, Overflow, localcontext

PRECISION = 80  # digits; a uint256 has 78, so no product of two prices is ever rounded before it is scaled
_EXACT = Context(prec=PRECISION, rounding=ROUND_HALF_EVEN, traps=[InvalidOperation, DivisionByZero, Overflow])


def exact() -> AbstractContextManager[Context]:
    """Return the arithmetic all prices are computed in. Entered once for a round: changing contexts is what costs."""
    return localcontext(_EXACT)


def to_fixed(price: Decimal, *, decimals: int) -> int:
    """Return ``price`` scaled by ``10**decimals``, rounded half-even to an integer.

    price: finite.  decimals: 0 to 18.

    Raises:
        ValueError: the price is NaN or infinite.
    """
    if not price.is_finite():
        raise ValueError(f"price {price} is not finite")
    return int(price.scaleb(decimals, _EXACT).to_integral_value(ROUND_HALF_EVEN, _EXACT))


def from_fixed(answer: int, *, decimals: int) -> Decimal:
    """Return the price an on-chain integer stands for, exactly, with ``decimals`` places."""
    with exact():
        return Decimal(answer).scaleb(-decimals)


def price_text(answer: int, *, decimals: int) -> str:
    """Return the price as plain decimal text, never in exponent form: ``84065.04000000``."""
    return f"{from_fixed(answer, decimals=decimals):f}"
