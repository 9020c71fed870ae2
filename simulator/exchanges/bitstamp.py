"""Bitstamp, https://www.bitstamp.net/api/#tag/Tickers."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from simulator.assets import Pair
from simulator.exchanges.base import Call, Exchange, Handler, Reply, padded
from simulator.quotes import Desk, Quote


class Bitstamp(Exchange):
    """One market, or all of them with their names; times are in seconds."""

    slug = "bitstamp"
    name = "Bitstamp"
    money = ("USD", "EUR", "USDT", "USDC")
    crosses = ("ETH/BTC", "USDT/USD", "USDC/USD", "USDC/USDT", "USDT/EUR", "USDC/EUR", "EUR/USD")
    bias_bps = Decimal("-0.5")
    spread_bps = Decimal("1.5")
    lag_ms = 600
    coarser = 0

    def ticker(self, pair: Pair) -> str:
        """Return e.g. btcusd."""
        return (pair.base + pair.quote).lower()

    def routes(self) -> Mapping[str, Handler]:
        """Return the tickers of all and of one."""
        return {
            "/api/v2/ticker/": self._all,
            "/api/v2/ticker/{symbol}/": self._one,
            "/api/v2/ticker/{symbol}": self._one,
        }

    def text(self, price: Decimal, quote: Quote) -> str:
        """Return the price with the decimals of its market."""
        return padded(price, quote.places)

    def rate_limited(self) -> Reply:
        """Return 429."""
        return Reply({"status": "error", "reason": "Request rate limit exceeded", "code": "API0018"}, status=429)

    def not_found(self) -> Reply:
        """Return 404 as a page, which is also what an unknown market gets."""
        return Reply(text="<h1>Page not found (404)</h1>", status=404, content_type="text/html")

    def _all(self, desk: Desk, _call: Call) -> Reply:
        return Reply([{**self._row(quote), **_names(quote)} for quote in desk.quotes()])

    def _one(self, desk: Desk, call: Call) -> Reply:
        quote = desk.find(call.parts["symbol"])
        return Reply(self._row(quote)) if quote else self.not_found()

    def _row(self, quote: Quote) -> dict[str, object]:
        return {
            "timestamp": str(quote.time_ms // 1000),
            "open": self.text(quote.open, quote),
            "high": self.text(quote.high, quote),
            "low": self.text(quote.low, quote),
            "last": self.text(quote.last, quote),
            "volume": padded(quote.volume, 8),
            "vwap": self.text(quote.average, quote),
            "bid": self.text(quote.bid, quote),
            "ask": self.text(quote.ask, quote),
            "side": "0",
            "open_24": self.text(quote.open, quote),
            "percent_change_24": f"{quote.change_share * 100:.2f}",
        }


def _names(quote: Quote) -> dict[str, str]:
    return {"market_type": "SPOT", "pair": str(quote.pair), "market": str(quote.pair)}
