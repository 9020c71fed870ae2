"""Bitget spot, https://www.bitget.com/api-doc/spot/market/Get-Tickers."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from simulator.assets import Pair
from simulator.exchanges.base import Call, Exchange, Handler, Reply, plain
from simulator.quotes import Desk, Quote


class Bitget(Exchange):
    """One symbol or all; the last price is lastPr, any code but 00000 an error."""

    slug = "bitget"
    name = "Bitget"
    money = ("USDT", "USDC", "EUR")
    crosses = ("ETH/BTC", "USDC/USDT")
    bias_bps = Decimal("0.3")
    spread_bps = Decimal("0.5")
    lag_ms = 200
    coarser = 1

    def ticker(self, pair: Pair) -> str:
        """Return e.g. BTCUSDT."""
        return pair.base + pair.quote

    def routes(self) -> Mapping[str, Handler]:
        """Return the tickers."""
        return {"/api/v2/spot/market/tickers": self._tickers}

    def rate_limited(self) -> Reply:
        """Return 429 with code 429."""
        return Reply({"code": "429", "msg": "Too Many Requests"}, status=429)

    def _tickers(self, desk: Desk, call: Call) -> Reply:
        name = call.query.get("symbol")
        if not name:
            return _good(desk, [self._row(quote) for quote in desk.quotes()])
        quote = desk.find(name)
        if quote is None:
            return Reply({"code": "40034", "msg": f"Parameter {name} does not exist", "data": []}, status=400)
        return _good(desk, [self._row(quote)])

    def _row(self, quote: Quote) -> dict[str, object]:
        return {
            "open": self.text(quote.open, quote),
            "symbol": quote.ticker,
            "high24h": self.text(quote.high, quote),
            "low24h": self.text(quote.low, quote),
            "lastPr": self.text(quote.last, quote),
            "quoteVolume": plain(quote.turnover),
            "baseVolume": plain(quote.volume),
            "usdtVolume": plain(quote.turnover),
            "ts": str(quote.time_ms),
            "bidPr": self.text(quote.bid, quote),
            "askPr": self.text(quote.ask, quote),
            "bidSz": "235.08",
            "askSz": "1958.05",
            "openUtc": self.text(quote.open, quote),
            "changeUtc24h": f"{quote.change_share:.5f}",
            "change24h": f"{quote.change_share:.5f}",
        }


def _good(desk: Desk, rows: list[dict[str, object]]) -> Reply:
    return Reply({"code": "00000", "msg": "success", "requestTime": desk.now_ms, "data": rows})
