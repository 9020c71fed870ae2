"""Time-weighted prices of Uniswap v3 pools, read from a chain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal, localcontext

from apps.sources import errors
from apps.sources.adapters import abi, coins, parsing, ticks
from apps.sources.adapters.base import Cells, split_pair
from apps.sources.adapters.on_chain import Contract, OnChain, Returned, whole_setting

MAX_DECIMALS = 36
SHORTEST_WINDOW_S, LONGEST_WINDOW_S = 30, 86_400
DEFAULT_WINDOW_S = 1800
# Pools on Ethereum, chain 1, with their tokens' decimals; quoted in USDC, which is NOT the dollar.
MAINNET: Mapping[str, str] = {
    "BTC": "0x99ac8cA7087fA4A2A1FB6357269965A2014ABc35?decimals=8,6&base=0",  # WBTC/USDC 0.3 %
    "ETH": "0x88e6A0c2dDD26FEEb64F039a2c41296FcB3f5640?decimals=6,18&base=1",  # USDC/WETH 0.05 %
}


class UniswapV3(OnChain):
    """The time-weighted average price (TWAP) of a Uniswap v3 pool through observe(), over any node with Multicall3.

    Source: https://docs.uniswap.org/concepts/protocol/oracle, https://docs.uniswap.org/contracts/v3/reference/core
    (IUniswapV3PoolDerivedState.observe).  Limits are the node's.  Pools of the same code elsewhere work too.
    A ticker is the pool's address with settings:

    - ``decimals=D0,D1`` of token0 and token1, needed: the pool does not know them.
    - ``base=0`` (default) prices token0 in token1, ``base=1`` token1 in token0. Tokens are ordered by address.
    - ``window=1800`` seconds to average over, 30 to 86,400. Shorter follows the market closer and is cheaper to push.
      A pool that does not remember so far back reverts, and misses; it can be paid to remember more.

    The price is of the pool's tokens: WETH is ETH, USDC is not the dollar, WBTC is a promise of BTC. A TWAP lags the
    market by half its window, so it belongs behind books, with a low weight; it is no bid or ask.

    Time: the block's own time; the last trade may be older.
    """

    slug = "uniswap_v3"
    name = "Uniswap v3 (TWAP)"
    settings = ("decimals", "base", "window")

    def ticker_for(self, pair: str) -> str:
        """Return mainnet's largest pool in USDC for ETH/USD and BTC/USD; elsewhere there is no default."""
        base, money = split_pair(pair)
        return coins.pinned(MAINNET, f"{base}/USD" if money == "USDC" else pair, only_usd=True)[0]

    def calls(self, contract: Contract) -> Sequence[abi.Call]:
        """Return one observe() of the window's beginning and end."""
        _decimals(contract)
        _base(contract)
        return (abi.Call(contract.address, abi.OBSERVE + abi.uint32_array([_window_s(contract), 0])),)

    def read(self, contract: Contract, returned: Returned) -> Cells:
        """Return the price of the mean tick, in the direction the ticker asks for."""
        cumulatives = abi.sint_array(returned.results[0], 0)
        if len(cumulatives) != 2:
            raise errors.UnexpectedShape(f"{len(cumulatives)} cumulative ticks for 2 moments")
        tick = ticks.mean_tick(*cumulatives, window_s=_window_s(contract))
        if not ticks.MIN_TICK <= tick <= ticks.MAX_TICK:
            raise errors.PriceOutOfRange(f"mean tick {tick:.0f} is outside {ticks.MIN_TICK} … {ticks.MAX_TICK}")
        if returned.block_time is None:
            raise errors.TimeMalformed("the node did not tell the block's time")
        price = _price(contract, tick)
        return Cells(price=price, clock=parsing.Clock(int(returned.block_time.timestamp()), unit="s"))


def _price(contract: Contract, tick: Decimal) -> Decimal:
    """Return token0 in token1, or with ``base=1`` token1 in token0: the same power of the opposite tick."""
    decimals0, decimals1 = _decimals(contract)
    if _base(contract) == 0:
        return ticks.price_at_tick(tick, decimals0=decimals0, decimals1=decimals1)
    with localcontext(prec=ticks.DIGITS):
        opposite = -tick
    return ticks.price_at_tick(opposite, decimals0=decimals1, decimals1=decimals0)


def _decimals(contract: Contract) -> tuple[int, int]:
    both = contract.settings.get("decimals", "").split(",")
    if len(both) != 2 or not all(text.isascii() and text.isdigit() and len(text) <= 2 for text in both):
        raise errors.SourceMisconfigured("decimals=D0,D1 of token0 and token1 is needed, e.g. decimals=6,18")
    decimals0, decimals1 = int(both[0]), int(both[1])
    if max(decimals0, decimals1) > MAX_DECIMALS:
        raise errors.SourceMisconfigured(f"decimals {decimals0},{decimals1} are more than {MAX_DECIMALS}")
    return decimals0, decimals1


def _base(contract: Contract) -> int:
    return whole_setting(contract, "base", lowest=0, highest=1) or 0


def _window_s(contract: Contract) -> int:
    given = whole_setting(contract, "window", lowest=SHORTEST_WINDOW_S, highest=LONGEST_WINDOW_S)
    return DEFAULT_WINDOW_S if given is None else given
