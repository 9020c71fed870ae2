"""Bybit v5 spot, https://bybit-exchange.github.io/docs/v5/market/tickers."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from simulator.assets import Pair
from simulator.exchanges.base import Call, Exchange, Handler, Reply, plain
from simulator.quotes import Desk, Quote


class Bybit(Exchange):
    """One symbol or all, never a list; the only time is that of the reply, at its top level."""

    slug = "bybit"
    name = "Bybit"
    money = ("USDT", "USDC", "EUR")
    crosses = ("ETH/BTC", "USDC/USDT")
    bias_bps = Decimal("0.5")
    spread_bps = Decimal("0.4")
    lag_ms = 150

    def ticker(self, pair: Pair) -> str:
        """Return e.g. BTCUSDT."""
        return pair.base + pair.quote

    def routes(self) -> Mapping[str, Handler]:
        """Return the tickers and the clock."""
        return {
            "/v5/market/tickers": self._tickers,
            "/v5/market/time": lambda desk, _call: _answer(desk, 0, "OK", {"timeSecond": str(desk.now_ms // 1000)}),
        }

    def rate_limited(self) -> Reply:
        """Return status 200 with code 10006."""
        return Reply({"retCode": 10006, "retMsg": "Too many visits!", "result": {}, "retExtInfo": {}, "time": 0})

    def banned(self) -> Reply:
        """Return 403 as text, which Bybit keeps up for ten minutes."""
        return Reply(text="access too frequent", status=403, content_type="text/plain")

    def _tickers(self, desk: Desk, call: Call) -> Reply:
        if call.query.get("category") != "spot":
            return _answer(desk, 10001, "params error: Category is invalid", {})
        if "symbol" not in call.query:
            return self._rows(desk, desk.quotes())
        quote = desk.find(call.query["symbol"])
        return self._rows(desk, [quote]) if quote else _answer(desk, 10001, "Not supported symbols", {})

    def _rows(self, desk: Desk, quotes: list[Quote]) -> Reply:
        return _answer(desk, 0, "OK", {"category": "spot", "list": [self._row(quote) for quote in quotes]})

    def _row(self, quote: Quote) -> dict[str, object]:
        return {
            "symbol": quote.ticker,
            "bid1Price": self.text(quote.bid, quote),
            "bid1Size": "2",
            "ask1Price": self.text(quote.ask, quote),
            "ask1Size": "1.862172",
            "lastPrice": self.text(quote.last, quote),
            "prevPrice24h": self.text(quote.open, quote),
            "price24hPcnt": f"{quote.change_share:.4f}",
            "highPrice24h": self.text(quote.high, quote),
            "lowPrice24h": self.text(quote.low, quote),
            "turnover24h": plain(quote.turnover),
            "volume24h": plain(quote.volume),
            "usdIndexPrice": self.text(quote.average, quote),
        }


def _answer(desk: Desk, code: int, message: str, result: object) -> Reply:
    return Reply({"retCode": code, "retMsg": message, "result": result, "retExtInfo": {}, "time": desk.now_ms})
