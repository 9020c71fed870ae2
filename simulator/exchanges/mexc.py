"""MEXC spot, https://www.mexc.com/api-docs/spot-v3/market-data-endpoints."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from simulator.exchanges.base import Reply, plain
from simulator.exchanges.binance import DAY_MS, Binance
from simulator.quotes import Desk, Quote


class Mexc(Binance):
    """Binance's wire format, without lists of symbols and with some cells empty."""

    slug = "mexc"
    name = "MEXC"
    money = ("USDT", "USDC")
    crosses = ("ETH/BTC", "USDC/USDT")
    bias_bps = Decimal("1.2")
    spread_bps = Decimal("0.8")
    lag_ms = 500

    def text(self, price: Decimal, quote: Quote) -> str:  # noqa: ARG002
        """Return the price without trailing zeros."""
        return plain(price)

    def rate_limited(self) -> Reply:
        """Return 429 with code 429."""
        return Reply({"code": 429, "msg": "Too Many Requests"}, status=429)

    def banned(self) -> Reply:
        """Return its firewall's 403."""
        return Reply(text="<HTML><TITLE>Access Denied</TITLE></HTML>", status=403, content_type="text/html")

    def _several(self, desk: Desk, text: str, row: Callable[[Quote], dict[str, object]]) -> Reply:
        """Return all: MEXC does not know the parameter."""
        del text
        return Reply([row(quote) for quote in desk.quotes()])

    def _day(self, quote: Quote) -> dict[str, object]:
        return {
            "symbol": quote.ticker,
            "priceChange": self.text(quote.change, quote),
            "priceChangePercent": f"{quote.change_share:.8f}",
            "prevClosePrice": self.text(quote.open, quote),
            "lastPrice": self.text(quote.last, quote),
            "bidPrice": self.text(quote.bid, quote),
            "bidQty": "",
            "askPrice": self.text(quote.ask, quote),
            "askQty": "",
            "openPrice": self.text(quote.open, quote),
            "highPrice": self.text(quote.high, quote),
            "lowPrice": self.text(quote.low, quote),
            "volume": plain(quote.volume),
            "quoteVolume": None,
            "openTime": quote.time_ms - DAY_MS,
            "closeTime": quote.time_ms,
            "count": None,
        }
