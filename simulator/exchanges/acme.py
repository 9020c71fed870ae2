"""A made-up exchange, for trying the generic adapter: JSON numbers, ISO times, nested rows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal

from simulator.assets import Pair
from simulator.exchanges.base import Call, Exchange, Handler, Reply
from simulator.quotes import Desk, Quote


class Acme(Exchange):
    """One market or all of them; prices are JSON numbers."""

    slug = "acme"
    name = "Acme"
    money = ("USD", "USDT", "USDC", "EUR")
    crosses = ("ETH/BTC", "USDT/USD", "USDC/USD", "EUR/USD")
    bias_bps = Decimal(1)
    spread_bps = Decimal(3)
    lag_ms = 500

    def ticker(self, pair: Pair) -> str:
        """Return e.g. BTC_USD."""
        return f"{pair.base}_{pair.quote}"

    def routes(self) -> Mapping[str, Handler]:
        """Return one market and all markets."""
        return {"/markets": self._all, "/markets/{symbol}": self._one}

    def _one(self, desk: Desk, call: Call) -> Reply:
        quote = desk.find(call.parts["symbol"])
        if quote is None:
            return Reply({"error": {"code": "no_such_market", "message": call.parts["symbol"]}}, status=404)
        return Reply({"market": self._row(quote)})

    def _all(self, desk: Desk, _call: Call) -> Reply:
        return Reply({"markets": [self._row(quote) for quote in desk.quotes()]})

    def _row(self, quote: Quote) -> dict[str, object]:
        moment = datetime.fromtimestamp(quote.time_ms / 1000, UTC)
        return {
            "id": quote.ticker,
            "price": Decimal(self.text(quote.last, quote)),
            "book": {"bid": quote.bid, "ask": quote.ask},
            "volume_24h": quote.volume,
            "at": moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "unix": quote.time_ms // 1000,
        }
