"""Bitso, https://docs.bitso.com/bitso-api/docs/ticker."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from simulator.assets import Pair
from simulator.exchanges.base import Call, Exchange, Handler, Reply, iso, padded, plain
from simulator.quotes import Desk, Quote


class Bitso(Exchange):
    """One book or all; the time is that of the reply."""

    slug = "bitso"
    name = "Bitso"
    money = ("USD", "MXN", "USDT")
    crosses = ("ETH/BTC", "USDT/MXN")
    bias_bps = Decimal("-1.3")
    spread_bps = Decimal(5)
    lag_ms = 900

    def ticker(self, pair: Pair) -> str:
        """Return e.g. btc_mxn."""
        return f"{pair.base}_{pair.quote}".lower()

    def routes(self) -> Mapping[str, Handler]:
        """Return the ticker, below the version that belongs to the base URL."""
        return {"/ticker": self._ticker}

    def text(self, price: Decimal, quote: Quote) -> str:
        """Return the price with the decimals of its market."""
        return padded(price, quote.places)

    def rate_limited(self) -> Reply:
        """Return 429 with code 0200."""
        return _bad("0200", "Too many requests", status=429)

    def _ticker(self, desk: Desk, call: Call) -> Reply:
        name = call.query.get("book")
        if not name:
            return _good([self._row(quote, desk) for quote in desk.quotes()])
        quote = desk.find(name)
        return _good(self._row(quote, desk)) if quote else _bad("0301", f"Unknown OrderBook {name}", status=400)

    def _row(self, quote: Quote, desk: Desk) -> dict[str, object]:
        return {
            "high": self.text(quote.high, quote),
            "last": self.text(quote.last, quote),
            "created_at": iso(desk.now_ms, form="%Y-%m-%dT%H:%M:%S+00:00"),
            "book": quote.ticker,
            "volume": plain(quote.volume),
            "vwap": self.text(quote.average, quote),
            "low": self.text(quote.low, quote),
            "ask": self.text(quote.ask, quote),
            "bid": self.text(quote.bid, quote),
        }


def _good(payload: object) -> Reply:
    return Reply({"success": True, "payload": payload})


def _bad(code: str, message: str, *, status: int) -> Reply:
    return Reply({"success": False, "error": {"code": code, "message": message}}, status=status)
