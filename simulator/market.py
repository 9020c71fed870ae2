"""The one walk every simulated exchange looks at: USD prices that move together, step by step.

Each currency follows an Ornstein-Uhlenbeck process in log price around its anchor (exact discretisation,
https://en.wikipedia.org/wiki/Ornstein-Uhlenbeck_process), so that prices stay plausible over weeks. One common
normal draw per step moves all currencies by their beta, a second one is their own.

Floats make the noise only; what leaves this module is ``Decimal``.
The walk is advanced when somebody looks, at most HISTORY_STEPS steps at a time, so an idle market costs nothing.
"""

from __future__ import annotations

import math
import random
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from decimal import Context, Decimal

from simulator.assets import ASSETS, UNIT, Asset, Pair

STEP_S = 0.1
HISTORY_STEPS = 100
MAX_LAG_MS = int(HISTORY_STEPS * STEP_S * 1000)
MAX_ASSETS = 2_000
REVERSION_PER_S = math.log(2) / 86_400
MID_DIGITS = Context(prec=14)
ONE = Decimal(1)
LOWEST = Decimal("1e-10")
HIGHEST = Decimal("1e12")

Prices = Mapping[str, Decimal]


class UnknownAsset(LookupError):
    """A pair names a currency that the market does not know."""


class Market:
    """USD prices of all currencies, now and up to MAX_LAG_MS ago."""

    def __init__(
        self,
        *,
        seed: int | None = None,
        volatility_bps: float = 1.0,
        clock: Callable[[], float] = time.time,
        assets: Iterable[Asset] = ASSETS,
    ) -> None:
        """volatility_bps: standard deviation of BTC's return over one second, in basis points, >= 0."""
        self._seed = seed
        self._volatility = volatility_bps / 10_000
        self._clock = clock
        self._initial = tuple(assets)
        self.frozen = False
        self.reset()

    def reset(self) -> None:
        """Go back to the start prices, the first currencies and the seed; ``frozen`` stays as it is."""
        self._random = random.Random(self._seed)
        self.assets: dict[str, Asset] = {asset.symbol: asset for asset in self._initial}
        self._anchors: dict[str, Decimal] = {asset.symbol: asset.start for asset in self._initial}
        self._offsets: dict[str, float] = dict.fromkeys(self.assets, 0.0)
        self._step = self._step_now()
        self.steps_walked = 0
        self._history: deque[Prices] = deque([{**self._anchors, UNIT: ONE}], maxlen=HISTORY_STEPS)

    def freeze(self, frozen: bool) -> None:
        """Stop the walk where it is, or let it go on from there."""
        self.advance()
        self.frozen = frozen
        self._step = self._step_now()

    def advance(self) -> None:
        """Walk up to now; a pause longer than the history is taken in one leap."""
        if self.frozen:
            return
        now = self._step_now()
        gap = now - self._step
        self._step = max(now, self._step)
        leap = gap - HISTORY_STEPS
        if leap > 0:
            self._move(leap * STEP_S)
        for _ in range(min(gap, HISTORY_STEPS)):
            self._move(STEP_S)
            self._history.append(self._prices())
        self.steps_walked += max(gap, 0)

    def prices(self, *, lag_ms: int = 0) -> Prices:
        """Return USD prices as they were ``lag_ms`` ago; a frozen market has no past, so that all sources agree."""
        steps = 0 if self.frozen else int(lag_ms / 1000 / STEP_S)
        return self._history[max(0, len(self._history) - 1 - steps)]

    def set_price(self, pair: Pair, price: Decimal) -> None:
        """Let ``pair`` trade at ``price`` from now on, by moving its base; an unknown base is added to the market.

        Raises:
            UnknownAsset: the quote currency is not known.
            ValueError: the price is out of range, the base is USD, or the market is full.
        """
        if pair.base == UNIT or not LOWEST <= price <= HIGHEST:
            raise ValueError(f"cannot set {pair} to {price}")
        self.advance()
        now = self._history[-1]
        if pair.quote not in now:
            raise UnknownAsset(pair.quote)
        if pair.base not in self.assets:
            self._add(pair.base)
        self._pin({pair.base: price * now[pair.quote]})

    def multiply(self, factor: Decimal, *, symbol: str | None = None) -> None:
        """Let one currency, or all that are not money, trade at ``factor`` times the price from now on.

        Raises:
            UnknownAsset: there is no such currency.
            ValueError: the factor is out of range.
        """
        if not LOWEST <= factor <= HIGHEST:
            raise ValueError(f"cannot multiply by {factor}")
        if symbol is not None and symbol not in self.assets:
            raise UnknownAsset(symbol)
        self.advance()
        chosen = [symbol] if symbol else [name for name, asset in self.assets.items() if not asset.money]
        now = self._history[-1]
        self._pin({name: min(max(now[name] * factor, LOWEST), HIGHEST) for name in chosen})

    def _add(self, symbol: str) -> None:
        if len(self.assets) >= MAX_ASSETS:
            raise ValueError(f"the market is full at {MAX_ASSETS} currencies")
        self.assets[symbol] = Asset(symbol, ONE)
        self._offsets[symbol] = 0.0

    def _pin(self, prices: Prices) -> None:
        """Replace the newest prices; lagging sources still see the older ones until their lag is over."""
        for symbol, price in prices.items():
            self._anchors[symbol] = price
            self._offsets[symbol] = 0.0
        self._history[-1] = {**self._history[-1], **prices}

    def _step_now(self) -> int:
        return int(self._clock() / STEP_S)

    def _move(self, elapsed_s: float) -> None:
        decay = math.exp(-REVERSION_PER_S * elapsed_s)
        spread = self._volatility * math.sqrt((1 - decay * decay) / (2 * REVERSION_PER_S))
        gauss = self._random.gauss
        common = gauss(0, 1)
        for symbol, asset in self.assets.items():
            own = math.sqrt(1 - asset.beta**2) * gauss(0, 1)
            self._offsets[symbol] = self._offsets[symbol] * decay + spread * asset.swing * (asset.beta * common + own)

    def _prices(self) -> Prices:
        prices = {
            symbol: MID_DIGITS.multiply(self._anchors[symbol], Decimal(repr(math.exp(offset))))
            for symbol, offset in self._offsets.items()
        }
        prices[UNIT] = ONE
        return prices


def mid_price(prices: Prices, pair: Pair) -> Decimal:
    """Return what one base costs in quote: the USD price of the one over the USD price of the other.

    Raises:
        UnknownAsset: one of the two is not in ``prices``.
    """
    try:
        return MID_DIGITS.divide(prices[pair.base], prices[pair.quote])
    except KeyError as error:
        raise UnknownAsset(str(error)) from error
