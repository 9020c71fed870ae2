"""Crypto.com Exchange, https://exchange-docs.crypto.com/exchange/v1/rest-ws/index.html#public-get-tickers."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from simulator.assets import Pair
from simulator.exchanges.base import Call, Exchange, Handler, Reply, padded, plain
from simulator.quotes import Desk, Quote


class Cryptocom(Exchange):
    """One instrument or all; the cells have names of one letter."""

    slug = "cryptocom"
    name = "Crypto.com Exchange"
    money = ("USD", "USDT")
    crosses = ("ETH/BTC", "USDC/USD", "USDT/USD", "USDC/USDT")
    bias_bps = Decimal("1.4")
    spread_bps = Decimal("1.2")
    lag_ms = 300

    def ticker(self, pair: Pair) -> str:
        """Return e.g. BTC_USD."""
        return f"{pair.base}_{pair.quote}"

    def routes(self) -> Mapping[str, Handler]:
        """Return the tickers, below the version that belongs to the base URL."""
        return {"/public/get-tickers": self._tickers}

    def text(self, price: Decimal, quote: Quote) -> str:
        """Return the price with the decimals of its market."""
        return padded(price, quote.places)

    def rate_limited(self) -> Reply:
        """Return 429 with code 42901."""
        return Reply({"id": -1, "method": "public/get-tickers", "code": 42901, "message": "RATE_LIMIT"}, status=429)

    def _tickers(self, desk: Desk, call: Call) -> Reply:
        name = call.query.get("instrument_name")
        if not name:
            return _good([self._row(quote) for quote in desk.quotes()])
        quote = desk.find(name)
        if quote is None:
            told = {"code": 40004, "message": "Invalid instrument_name"}
            return Reply({"id": -1, "method": "public/get-tickers", **told}, status=400)
        return _good([self._row(quote)])

    def _row(self, quote: Quote) -> dict[str, object]:
        return {
            "i": quote.ticker,
            "h": self.text(quote.high, quote),
            "l": self.text(quote.low, quote),
            "a": self.text(quote.last, quote),
            "v": plain(quote.volume),
            "vv": plain(quote.turnover),
            "c": f"{quote.change_share:.4f}",
            "b": self.text(quote.bid, quote),
            "k": self.text(quote.ask, quote),
            "oi": "0",
            "t": quote.time_ms,
        }


def _good(rows: list[dict[str, object]]) -> Reply:
    return Reply({"id": -1, "method": "public/get-tickers", "code": 0, "result": {"data": rows}})
