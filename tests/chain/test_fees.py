"""Fee caps and bumps."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.chain.errors import FeeAboveCap
from apps.chain.fees import GWEI, Fees, bumped, next_fees


def test_cap_is_twice_the_base_fee_and_the_tip() -> None:
    """The usual case leaves room for a doubled base fee."""
    assert next_fees(base_fee_wei=10, suggested_tip_wei=3, max_fee_gwei=500) == Fees(max_fee_wei=23, tip_wei=3)


def test_absolute_cap_wins() -> None:
    """Neither part ever exceeds MAX_FEE_GWEI."""
    fees = next_fees(base_fee_wei=8 * GWEI, suggested_tip_wei=5 * GWEI, max_fee_gwei=10)

    assert fees == Fees(max_fee_wei=10 * GWEI, tip_wei=2 * GWEI)


def test_base_fee_above_the_cap_raises() -> None:
    """A block we may not pay for is an error, not a stuck transaction."""
    with pytest.raises(FeeAboveCap, match="exceeds the cap"):
        next_fees(base_fee_wei=11 * GWEI, suggested_tip_wei=1, max_fee_gwei=10)


@given(st.integers(1, 10**12), st.integers(1, 10**12))
def test_bump_raises_both_by_an_eighth(max_fee_wei: int, tip_wei: int) -> None:
    """A replacement pays at least 12.5 % more on both, as nodes demand."""
    previous = Fees(max_fee_wei=max_fee_wei, tip_wei=tip_wei)

    fees = bumped(previous, wanted=Fees(1, 1), max_fee_gwei=10**6)

    assert fees.max_fee_wei * 8 >= max_fee_wei * 9
    assert fees.tip_wei * 8 >= tip_wei * 9


def test_bump_above_the_cap_raises() -> None:
    """A replacement stops at the absolute cap."""
    with pytest.raises(FeeAboveCap):
        bumped(Fees(10 * GWEI, 1), wanted=Fees(1, 1), max_fee_gwei=11)
