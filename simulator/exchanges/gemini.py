"""Gemini, https://docs.gemini.com/rest/market-data."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from simulator.assets import Pair
from simulator.exchanges.base import Call, Exchange, Handler, Reply, plain
from simulator.quotes import Desk, Quote

VOLUME_TIME_STEP_MS = 300_000


class Gemini(Exchange):
    """One symbol in two forms, or all with nothing but the price; an unknown symbol is a 400 listing the known ones."""

    slug = "gemini"
    name = "Gemini"
    money = ("USD", "EUR", "USDT", "USDC")
    crosses = ("ETH/BTC", "USDT/USD", "USDC/USD")
    bias_bps = Decimal("0.8")
    spread_bps = Decimal(2)
    lag_ms = 800

    def ticker(self, pair: Pair) -> str:
        """Return e.g. btcusd."""
        return (pair.base + pair.quote).lower()

    def routes(self) -> Mapping[str, Handler]:
        """Return both tickers and the price feed."""
        return {"/v1/pubticker/{symbol}": self._v1, "/v2/ticker/{symbol}": self._v2, "/v1/pricefeed": self._feed}

    def rate_limited(self) -> Reply:
        """Return 429."""
        message = "Requests were made too frequently"
        return Reply({"result": "error", "reason": "RateLimitExceeded", "message": message}, status=429)

    def not_found(self) -> Reply:
        """Return 404."""
        return Reply(
            {"result": "error", "reason": "EndpointNotFound", "message": "API entry point not found"}, status=404
        )

    def _v1(self, desk: Desk, call: Call) -> Reply:
        quote = desk.find(call.parts["symbol"].lower())
        if quote is None:
            return _unknown(desk, call)
        volume = {
            quote.pair.base: plain(quote.volume),
            quote.pair.quote: plain(quote.turnover),
            "timestamp": quote.time_ms // VOLUME_TIME_STEP_MS * VOLUME_TIME_STEP_MS,
        }
        return Reply(
            {
                "bid": self.text(quote.bid, quote),
                "ask": self.text(quote.ask, quote),
                "volume": volume,
                "last": self.text(quote.last, quote),
            }
        )

    def _v2(self, desk: Desk, call: Call) -> Reply:
        quote = desk.find(call.parts["symbol"].lower())
        if quote is None:
            return _unknown(desk, call)
        return Reply(
            {
                "symbol": quote.ticker.upper(),
                "open": self.text(quote.open, quote),
                "high": self.text(quote.high, quote),
                "low": self.text(quote.low, quote),
                "close": self.text(quote.last, quote),
                "changes": [self.text(quote.last, quote)] * 24,
                "bid": self.text(quote.bid, quote),
                "ask": self.text(quote.ask, quote),
            }
        )

    def _feed(self, desk: Desk, _call: Call) -> Reply:
        return Reply([self._feed_row(quote) for quote in desk.quotes()])

    def _feed_row(self, quote: Quote) -> dict[str, object]:
        return {
            "pair": quote.ticker.upper(),
            "price": self.text(quote.last, quote),
            "percentChange24h": f"{quote.change_share:.4f}",
        }


def _unknown(desk: Desk, call: Call) -> Reply:
    known = ", ".join(desk.tickers())
    message = (
        f"Supplied value '{call.parts['symbol']}' is not a valid symbol.  "
        f"Please correct your API request to use one of the supported symbols: [{known}]"
    )
    return Reply({"result": "error", "reason": "Bad Request", "message": message}, status=400)
