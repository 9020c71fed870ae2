"""Uniswap v3 pools on a chain, https://docs.uniswap.org/concepts/protocol/oracle."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, localcontext
from typing import ClassVar

from simulator.exchanges.evm import Node, number_at, word
from simulator.quotes import Desk

OBSERVE = "883bdbfd"
STEP = Decimal("1.0001")
START = 10**9  # cumulative tick at the window's beginning
# address: token0's decimals, token1's, and whether token0 is the base
POOLS: Mapping[str, tuple[int, int, bool]] = {
    "0x99ac8ca7087fa4a2a1fb6357269965a2014abc35": (8, 6, True),  # WBTC/USDC
    "0x88e6a0c2ddd26feeb64f039a2c41296fcb3f5640": (6, 18, False),  # USDC/WETH
}


class UniswapV3(Node):
    """Two pools of mainnet whose mean tick is that of the price now."""

    slug = "uniswap_v3"
    name = "Uniswap v3 (TWAP)"
    ids: ClassVar[Mapping[str, str]] = dict(zip(("BTC", "ETH"), POOLS, strict=True))
    money = ("USDC",)
    bias_bps = Decimal("1.3")
    lag_ms = 9000

    def contract(self, desk: Desk, address: str, selector: str, arguments: str) -> str | None:
        """Return two cumulative ticks; a price no pool can have reverts, an address without a pool gives nothing."""
        quote = desk.find(address)
        if quote is None:
            return ""
        if selector != OBSERVE or quote.last <= 0:
            return None
        window = number_at(arguments, 2)
        last = START + round(_tick(quote.last, *POOLS[address]) * window)
        ticks = word(2) + word(START) + word(last)
        liquidity = word(2) + word(1) + word(2)
        return word(64) + word(64 + len(ticks) // 2) + ticks + liquidity


def _tick(price: Decimal, decimals0: int, decimals1: int, is_base0: bool) -> Decimal:
    """Return the tick at which one whole base costs so much."""
    with localcontext(prec=40):
        whole = price if is_base0 else 1 / price
        return whole.scaleb(decimals1 - decimals0).ln() / STEP.ln()
