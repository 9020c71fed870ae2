"""What a transaction offers for its gas. Pure: what the chain said in, caps out.

Two markets: chains with a base fee (EIP-1559), where a transaction names the most it pays and a tip of it, and chains
without, where it names one gas price. A ``FeeMarket`` says which one a chain has and what its last blocks paid.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median_low

from apps.chain.errors import FeeAboveCap

GWEI = 10**9
BASE_FEE_HEADROOM = 2  # six full blocks in a row raise the base fee by 12.5 % each, to just over twice
MIN_TIP_WEI = 1
BUMP_NUMERATOR, BUMP_DENOMINATOR = 1125, 1000  # nodes drop a replacement that pays less than 10 % (geth) or 12.5 % more
LEGACY_NUMERATOR, LEGACY_DENOMINATOR = (
    11,
    10,
)  # a suggested gas price is the median paid; half of all waited longer


@dataclass(frozen=True, slots=True)
class Fees:
    """What a transaction offers per unit of gas, in wei: at most ``max_fee_wei`` in all, of it ``tip_wei`` as tip.

    is_legacy: one gas price instead, which both fields hold.
    """

    max_fee_wei: int
    tip_wei: int
    is_legacy: bool = False


@dataclass(frozen=True, slots=True)
class FeeMarket:
    """What the next block asks for. ``price_wei`` is its tip; the gas price where ``base_fee_wei`` is None."""

    base_fee_wei: int | None
    price_wei: int


def next_fees(*, base_fee_wei: int, suggested_tip_wei: int, max_fee_gwei: int) -> Fees:
    """Return fees that survive a doubling of the base fee, never above the absolute cap.

    Raises FeeAboveCap when even the present base fee with the smallest tip is above the cap.
    """
    cap = max_fee_gwei * GWEI
    if base_fee_wei + MIN_TIP_WEI > cap:
        raise FeeAboveCap(f"base fee {base_fee_wei} wei exceeds the cap of {cap} wei")
    tip = max(MIN_TIP_WEI, min(suggested_tip_wei, cap - base_fee_wei))
    return Fees(max_fee_wei=min(cap, BASE_FEE_HEADROOM * base_fee_wei + tip), tip_wei=tip)


def legacy_fees(*, gas_price_wei: int, max_fee_gwei: int) -> Fees:
    """Return the one price of a chain without a base fee, a tenth above the suggested one, never above the cap.

    Raises FeeAboveCap when the suggested price itself is above the cap.
    """
    cap = max_fee_gwei * GWEI
    if gas_price_wei > cap:
        raise FeeAboveCap(f"gas price {gas_price_wei} wei exceeds the cap of {cap} wei")
    price = min(cap, -(-max(1, gas_price_wei) * LEGACY_NUMERATOR // LEGACY_DENOMINATOR))
    return Fees(max_fee_wei=price, tip_wei=price, is_legacy=True)


def market_fees(market: FeeMarket, *, max_fee_gwei: int) -> Fees:
    """Return the fees for the next block of a market. Raises FeeAboveCap."""
    if market.base_fee_wei is None:
        return legacy_fees(gas_price_wei=market.price_wei, max_fee_gwei=max_fee_gwei)
    return next_fees(base_fee_wei=market.base_fee_wei, suggested_tip_wei=market.price_wei, max_fee_gwei=max_fee_gwei)


def tip_of_history(rewards: Sequence[Sequence[int]], used_ratios: Sequence[float]) -> int | None:
    """Return the middle of the tips that the blocks of an ``eth_feeHistory`` paid, None when all were empty.

    rewards: one row a block, its first column the percentile asked for. An empty block reports a tip of 0, which
    says nothing about what the next one wants, so it does not count.
    """
    paid = [row[0] for row, ratio in zip(rewards, used_ratios, strict=False) if row and ratio > 0]
    return median_low(paid) if paid else None


def bumped(previous: Fees, *, wanted: Fees, max_fee_gwei: int) -> Fees:
    """Return fees that replace a waiting transaction: both at least 12.5 % up, and at least ``wanted``.

    Raises FeeAboveCap when that would exceed the absolute cap.
    """
    fees = Fees(
        max_fee_wei=max(wanted.max_fee_wei, _raised(previous.max_fee_wei)),
        tip_wei=max(wanted.tip_wei, _raised(previous.tip_wei)),
        is_legacy=wanted.is_legacy,
    )
    cap = max_fee_gwei * GWEI
    if fees.max_fee_wei > cap and _raised(previous.max_fee_wei) <= cap and fees.tip_wei <= cap:
        fees = Fees(max_fee_wei=cap, tip_wei=min(fees.tip_wei, cap), is_legacy=fees.is_legacy)
    if fees.max_fee_wei > cap:
        raise FeeAboveCap(f"replacement fee {fees.max_fee_wei} wei exceeds the cap of {cap} wei")
    if fees.is_legacy:
        price = max(fees.max_fee_wei, fees.tip_wei)
        return Fees(max_fee_wei=price, tip_wei=price, is_legacy=True)
    return fees


def _raised(wei: int) -> int:
    return -(-wei * BUMP_NUMERATOR // BUMP_DENOMINATOR)
