"""The simulated world of one process: the market, the sources' moods, and what was served. All of it bounded."""

from __future__ import annotations

import re
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from simulator.assets import Pair
from simulator.exchanges import all_exchanges
from simulator.exchanges.base import Call, Exchange, Reply
from simulator.faults import BadControl, Fault, Mode, read_decimal, read_fault, read_integer
from simulator.market import MAX_LAG_MS, Market
from simulator.quotes import Desk, View

SERVED_KEPT = 5_000


class Served(NamedTuple):
    """A price that went out: ``t`` is Unix time, ``price`` the text on the wire."""

    t: float
    source: str
    ticker: str
    pair: str
    price: str
    mode: str


@dataclass(frozen=True, slots=True)
class Habits:
    """How a source differs from the walk when it behaves."""

    bias_bps: Decimal
    spread_bps: Decimal
    lag_ms: int


class Source:
    """One exchange with its present mood."""

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange
        self.calls = 0
        self._routes = [(_compiled(pattern), handler) for pattern, handler in exchange.routes().items()]
        self._listing: dict[str, Pair] = {}
        self.reset()

    def reset(self) -> None:
        """Behave again."""
        self.fault = Fault()
        self.stuck: View | None = None
        self._listed_assets = -1
        exchange = self.exchange
        self.habits = Habits(exchange.bias_bps, exchange.spread_bps, exchange.lag_ms)

    def control(self, request: Mapping[str, object], market: Market, now: float) -> None:
        """Take the fault and the habits of a control request; habits not named stay as they are.

        Raises:
            BadControl: the request is malformed; nothing was changed.
        """
        fault = read_fault(request)
        lag_ms = read_integer(request, "lag_ms", 0, MAX_LAG_MS)
        habits = Habits(
            bias_bps=read_decimal(request, "bias_bps", self.habits.bias_bps),
            spread_bps=abs(read_decimal(request, "spread_bps", self.habits.spread_bps)),
            lag_ms=self.habits.lag_ms if lag_ms is None else lag_ms,
        )
        self.habits = habits
        self.fault = fault
        self.stuck = self.view(market, now) if fault.mode is Mode.FROZEN else None

    def view(self, market: Market, now: float) -> View:
        """Return what the source sees at Unix time ``now``."""
        market.advance()
        return View(
            prices=market.prices(lag_ms=self.habits.lag_ms),
            time_ms=int(now * 1000) - self.habits.lag_ms,
            serial=market.steps_walked,
            bias_bps=self.habits.bias_bps,
            spread_bps=self.habits.spread_bps,
            coarser=self.exchange.coarser,
        )

    def listing(self, market: Market) -> Mapping[str, Pair]:
        """Return all tickers and their pairs; made anew when a currency was added."""
        if self._listed_assets != len(market.assets):
            self._listing = self.exchange.listing(market.assets.values())
            self._listed_assets = len(market.assets)
        return self._listing

    def desk(self, market: Market, now: float) -> Desk:
        """Return a desk for one call."""
        listing = self.listing(market)
        view = self.view(market, now)
        return Desk(listing, view, market.assets, fault=self.fault, stuck=self.stuck)

    def answer(self, desk: Desk, path: str, query: Mapping[str, str], *, body: str = "") -> Reply:
        """Return the exchange's reply to a call, before any fault of the transport. body: the text of a POST."""
        for pattern, handler in self._routes:
            match = pattern.fullmatch(path)
            if match:
                return handler(desk, Call(query, match.groupdict(), body))
        return self.exchange.not_found()


class Simulation:
    """Market, sources and the log of served prices."""

    def __init__(
        self,
        *,
        seed: int | None = None,
        volatility_bps: float = 1.0,
        frozen: bool = False,
        served_kept: int = SERVED_KEPT,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """frozen: start with the walk stopped, at the start prices."""
        self.clock = clock
        self.seed = seed
        self.volatility_bps = volatility_bps
        self.market = Market(seed=seed, volatility_bps=volatility_bps, clock=clock)
        self.sources = {slug: Source(exchange) for slug, exchange in all_exchanges().items()}
        self.served: deque[Served] = deque(maxlen=served_kept)
        self._starts_frozen = frozen
        self.market.freeze(frozen)

    def reset(self) -> None:
        """Go back to the start; the log of served prices stays."""
        self.market.reset()
        self.market.freeze(self._starts_frozen)
        for source in self.sources.values():
            source.reset()

    def log(self, source: Source, desk: Desk) -> None:
        """Remember the prices that a call gave out."""
        now = self.clock()
        exchange, fault = source.exchange, source.fault
        for quote in desk.given:
            mode = fault.mode if fault.concerns(quote.pair) else Mode.OK
            price = exchange.text(quote.last, quote)
            self.served.append(Served(now, exchange.slug, quote.ticker, str(quote.pair), price, mode.value))

    def source(self, slug: str) -> Source:
        """Return a source.

        Raises:
            BadControl: there is no such source.
        """
        if slug not in self.sources:
            raise BadControl(f"source {slug!r} is none of {', '.join(self.sources)}")
        return self.sources[slug]


def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(pattern)))
