"""What a source says about a pair, computed from the walk, and the desk that answers one call."""

from __future__ import annotations

from collections.abc import ItemsView, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal

from simulator.assets import Asset, Pair
from simulator.faults import Fault, Mode
from simulator.market import Prices, mid_price

BPS = Decimal(10_000)
DAILY_TURNOVER_USD = Decimal(50_000_000)
VOLUME_PLACES = Decimal("0.00000001")
MONEY_PLACES = 5


@dataclass(frozen=True, slots=True)
class Quote:
    """One ticker as a source sees it; prices are quantised to ``places`` decimals.

    time_ms: the exchange's time of the print, Unix milliseconds.  volume / turnover: 24 h, in base / in quote.
    serial: grows with the walk, for trade ids.
    """

    pair: Pair
    ticker: str
    places: int
    last: Decimal
    bid: Decimal
    ask: Decimal
    open: Decimal
    high: Decimal
    low: Decimal
    average: Decimal
    volume: Decimal
    turnover: Decimal
    time_ms: int
    serial: int

    @property
    def change(self) -> Decimal:
        """Return the change over 24 h in quote currency."""
        return self.last - self.open

    @property
    def change_share(self) -> Decimal:
        """Return the change over 24 h as a share of the opening price."""
        return self.change / self.open


@dataclass(frozen=True, slots=True)
class View:
    """What a source looks at: the prices of a moment, and how it bends them."""

    prices: Prices
    time_ms: int
    serial: int
    bias_bps: Decimal
    spread_bps: Decimal
    coarser: int = 0


def tick_places(price: Decimal, *, money: bool, coarser: int) -> int:
    """Return how many decimals a price of this size is quoted with: about six significant digits, less ``coarser``."""
    return MONEY_PLACES if money else max(2, 5 - price.adjusted()) - coarser


def make_quote(pair: Pair, ticker: str, view: View, assets: Mapping[str, Asset], *, factor: Decimal) -> Quote:
    """Return the quote of ``pair`` in a view, its price times ``factor``.

    The 24 h figures are made up around the start price, so that they are plausible and cheap.
    """
    mid = mid_price(view.prices, pair)
    money = all(symbol not in assets or assets[symbol].money for symbol in (pair.base, pair.quote))
    places = tick_places(mid, money=money, coarser=view.coarser)
    tick = Decimal(1).scaleb(-places)
    exact = mid * (1 + view.bias_bps / BPS) * factor
    half = abs(exact) * view.spread_bps / BPS / 2
    last = exact.quantize(tick, ROUND_HALF_EVEN)
    opening = (mid * Decimal("0.995")).quantize(tick, ROUND_CEILING)
    volume = (DAILY_TURNOVER_USD / view.prices[pair.base] * (1 + Decimal(view.serial % 1_000_000).scaleb(-7))).quantize(
        VOLUME_PLACES
    )
    average = ((opening + last) / 2).quantize(tick, ROUND_HALF_EVEN)
    return Quote(
        pair=pair,
        ticker=ticker,
        places=places,
        last=last,
        bid=(last - half).quantize(tick, ROUND_FLOOR),
        ask=(last + half).quantize(tick, ROUND_CEILING),
        open=opening,
        high=(max(last, opening) * Decimal("1.01")).quantize(tick, ROUND_CEILING),
        low=(min(last, opening) * Decimal("0.99")).quantize(tick, ROUND_FLOOR),
        average=average,
        volume=volume,
        turnover=(volume * average).quantize(VOLUME_PLACES),
        time_ms=view.time_ms,
        serial=view.serial,
    )


class Desk:
    """Answers one call: finds quotes by ticker and remembers which were given out."""

    def __init__(
        self,
        listing: Mapping[str, Pair],
        view: View,
        assets: Mapping[str, Asset],
        *,
        fault: Fault,
        stuck: View | None,
    ) -> None:
        """listing: ticker to pair.  stuck: the view at the time the fault FROZEN was set."""
        self._listing = listing
        self._view = view
        self._assets = assets
        self._fault = fault
        self._stuck = stuck
        self.given: list[Quote] = []
        self.now_ms = stuck.time_ms if stuck is not None and not fault.pairs else view.time_ms

    def find(self, ticker: str) -> Quote | None:
        """Return the quote of a ticker, None when the source does not know it."""
        pair = self._listing.get(ticker)
        if pair is None or self._is_gone(pair):
            return None
        return self._give(pair, ticker)

    def find_all(self, tickers: Sequence[str]) -> list[Quote] | None:
        """Return the quotes of these tickers; None, and nothing given out, when one of them is unknown."""
        pairs = [self._listing.get(ticker) for ticker in tickers]
        if any(pair is None or self._is_gone(pair) for pair in pairs):
            return None
        return [self._give(self._listing[ticker], ticker) for ticker in tickers]

    def quotes(self) -> list[Quote]:
        """Return the quotes of all tickers, in the order of the listing."""
        return [self._give(pair, ticker) for ticker, pair in self._listing.items() if not self._is_gone(pair)]

    def pairs(self) -> ItemsView[str, Pair]:
        """Return all tickers with their pairs, delisted ones included."""
        return self._listing.items()

    def tickers(self) -> list[str]:
        """Return all tickers."""
        return list(self._listing)

    def touched(self) -> frozenset[str]:
        """Return the pairs given out so far."""
        return frozenset(str(quote.pair) for quote in self.given)

    def _is_gone(self, pair: Pair) -> bool:
        view = self._view_of(pair)
        missing = pair.base not in view.prices or pair.quote not in view.prices
        return missing or (self._fault.mode is Mode.DELISTED and self._fault.concerns(pair))

    def _view_of(self, pair: Pair) -> View:
        return self._stuck if self._stuck is not None and self._fault.concerns(pair) else self._view

    def _give(self, pair: Pair, ticker: str) -> Quote:
        wrong = self._fault.mode is Mode.WRONG and self._fault.concerns(pair)
        factor = self._fault.factor if wrong else Decimal(1)
        quote = make_quote(pair, ticker, self._view_of(pair), self._assets, factor=factor)
        self.given.append(quote)
        return quote
