"""EIP-1559 fees. Pure: base fee and suggestion in, caps out."""

from __future__ import annotations

from dataclasses import dataclass

from apps.chain.errors import FeeAboveCap

GWEI = 10**9
BASE_FEE_HEADROOM = 2  # six full blocks in a row raise the base fee by 12.5 % each, to just over twice
MIN_TIP_WEI = 1
BUMP_NUMERATOR, BUMP_DENOMINATOR = 1125, 1000  # nodes drop a replacement that pays less than 10 % (geth) or 12.5 % more


@dataclass(frozen=True, slots=True)
class Fees:
    """What a transaction offers per unit of gas, in wei: at most ``max_fee_wei`` in all, of it ``tip_wei`` as tip."""

    max_fee_wei: int
    tip_wei: int


def next_fees(*, base_fee_wei: int, suggested_tip_wei: int, max_fee_gwei: int) -> Fees:
    """Return fees that survive a doubling of the base fee, never above the absolute cap.

    Raises FeeAboveCap when even the present base fee with the smallest tip is above the cap.
    """
    cap = max_fee_gwei * GWEI
    if base_fee_wei + MIN_TIP_WEI > cap:
        raise FeeAboveCap(f"base fee {base_fee_wei} wei exceeds the cap of {cap} wei")
    tip = max(MIN_TIP_WEI, min(suggested_tip_wei, cap - base_fee_wei))
    return Fees(max_fee_wei=min(cap, BASE_FEE_HEADROOM * base_fee_wei + tip), tip_wei=tip)


def bumped(previous: Fees, *, wanted: Fees, max_fee_gwei: int) -> Fees:
    """Return fees that replace a waiting transaction: both at least 12.5 % up, and at least ``wanted``.

    Raises FeeAboveCap when that would exceed the absolute cap.
    """
    fees = Fees(
        max_fee_wei=max(wanted.max_fee_wei, _raised(previous.max_fee_wei)),
        tip_wei=max(wanted.tip_wei, _raised(previous.tip_wei)),
    )
    cap = max_fee_gwei * GWEI
    if fees.max_fee_wei > cap:
        raise FeeAboveCap(f"replacement fee {fees.max_fee_wei} wei exceeds the cap of {cap} wei")
    return fees


def _raised(wei: int) -> int:
    return -(-wei * BUMP_NUMERATOR // BUMP_DENOMINATOR)
