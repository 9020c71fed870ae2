"""Binance spot, https://developers.binance.com/docs/binance-spot-api-docs/rest-api."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import ClassVar

from simulator.assets import Pair
from simulator.exchanges.base import Call, Exchange, Handler, Reply, padded
from simulator.quotes import Desk, Quote

DAY_MS = 86_400_000
SIZE = "0.50000000"


class Binance(Exchange):
    """One ticker, a list of them or all; an unknown name fails the whole call."""

    slug = "binance"
    name = "Binance"
    money: ClassVar[tuple[str, ...]] = ("USDT", "USDC", "EUR")
    crosses: ClassVar[tuple[str, ...]] = ("ETH/BTC", "BNB/BTC", "SOL/BTC", "USDC/USDT", "EUR/USDT")
    bias_bps = Decimal("0.2")
    spread_bps = Decimal("0.2")
    lag_ms = 100

    def ticker(self, pair: Pair) -> str:
        """Return e.g. BTCUSDT."""
        return pair.base + pair.quote

    def routes(self) -> Mapping[str, Handler]:
        """Return day, price and book tickers."""
        return {
            "/api/v3/ticker/24hr": self._answer(self._day),
            "/api/v3/ticker/price": self._answer(self._price),
            "/api/v3/ticker/bookTicker": self._answer(self._book),
            "/api/v3/ping": lambda _desk, _call: Reply({}),
            "/api/v3/time": lambda desk, _call: Reply({"serverTime": desk.now_ms}),
        }

    def text(self, price: Decimal, quote: Quote) -> str:  # noqa: ARG002
        """Return the price with eight decimals."""
        return padded(price, 8)

    def rate_limited(self) -> Reply:
        """Return 429 with code -1003."""
        return Reply({"code": -1003, "msg": "Too much request weight used; please use WebSocket Streams."}, status=429)

    def banned(self) -> Reply:
        """Return 418, an address ban."""
        return Reply({"code": -1003, "msg": "Way too much request weight used; IP banned until 4102444800000."}, 418)

    def _answer(self, row: Callable[[Quote], dict[str, object]]) -> Handler:
        def handle(desk: Desk, call: Call) -> Reply:
            if "symbol" in call.query:
                quote = desk.find(call.query["symbol"])
                return Reply(row(quote)) if quote else _bad(-1121, "Invalid symbol.")
            if "symbols" not in call.query:
                return Reply([row(quote) for quote in desk.quotes()])
            return self._several(desk, call.query["symbols"], row)

        return handle

    def _several(self, desk: Desk, text: str, row: Callable[[Quote], dict[str, object]]) -> Reply:
        try:
            symbols = json.loads(text)
        except ValueError:
            symbols = None
        if not isinstance(symbols, list) or not symbols:
            return _bad(-1100, "Illegal characters found in parameter 'symbols'.")
        quotes = desk.find_all(sorted(set(map(str, symbols))))
        return _bad(-1121, "Invalid symbol.") if quotes is None else Reply([row(quote) for quote in quotes])

    def _day(self, quote: Quote) -> dict[str, object]:
        def text(price: Decimal) -> str:
            return self.text(price, quote)

        return {
            "symbol": quote.ticker,
            "priceChange": text(quote.change),
            "priceChangePercent": f"{quote.change_share * 100:.3f}",
            "weightedAvgPrice": text(quote.average),
            "prevClosePrice": text(quote.open),
            "lastPrice": text(quote.last),
            "lastQty": SIZE,
            "bidPrice": text(quote.bid),
            "bidQty": SIZE,
            "askPrice": text(quote.ask),
            "askQty": SIZE,
            "openPrice": text(quote.open),
            "highPrice": text(quote.high),
            "lowPrice": text(quote.low),
            "volume": padded(quote.volume, 8),
            "quoteVolume": padded(quote.turnover, 8),
            "openTime": quote.time_ms - DAY_MS,
            "closeTime": quote.time_ms,
            "firstId": quote.serial,
            "lastId": quote.serial + 100_000,
            "count": 100_001,
        }

    def _price(self, quote: Quote) -> dict[str, object]:
        return {"symbol": quote.ticker, "price": self.text(quote.last, quote)}

    def _book(self, quote: Quote) -> dict[str, object]:
        return {
            "symbol": quote.ticker,
            "bidPrice": self.text(quote.bid, quote),
            "bidQty": SIZE,
            "askPrice": self.text(quote.ask, quote),
            "askQty": SIZE,
        }


class BinanceUs(Binance):
    """The same wire format, with USD."""

    slug = "binance_us"
    name = "Binance.US"
    money = ("USD", "USDT", "USDC")
    crosses = ("ETH/BTC", "USDT/USD", "USDC/USD")
    bias_bps = Decimal("2.5")
    spread_bps = Decimal(6)
    lag_ms = 900


def _bad(code: int, message: str) -> Reply:
    return Reply({"code": code, "msg": message}, status=400)
