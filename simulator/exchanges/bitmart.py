"""BitMart spot, https://developer-pro.bitmart.com/en/spot/#get-ticker-of-a-trading-pair-v3."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from simulator.assets import Pair
from simulator.exchanges.base import Call, Exchange, Handler, Reply, padded, plain
from simulator.quotes import Desk, Quote

TRACE = "886fb6ae-456b-4654-b4e0-1231"


class Bitmart(Exchange):
    """One symbol as an object, or all as arrays; any code but 1000 is an error."""

    slug = "bitmart"
    name = "BitMart"
    money = ("USDT", "USDC")
    crosses = ("ETH/BTC", "USDC/USDT")
    bias_bps = Decimal("1.7")
    spread_bps = Decimal(2)
    lag_ms = 600

    def ticker(self, pair: Pair) -> str:
        """Return e.g. BTC_USDT."""
        return f"{pair.base}_{pair.quote}"

    def routes(self) -> Mapping[str, Handler]:
        """Return the tickers of one and of all."""
        return {"/spot/quotation/v3/ticker": self._one, "/spot/quotation/v3/tickers": self._all}

    def text(self, price: Decimal, quote: Quote) -> str:
        """Return the price with the decimals of its market."""
        return padded(price, quote.places)

    def rate_limited(self) -> Reply:
        """Return 429 with code 30013."""
        return _bad(30013, "Request too many requests", status=429)

    def banned(self) -> Reply:
        """Return 403 with code 30010."""
        return _bad(30010, "Your IP is forbidden", status=403)

    def _one(self, desk: Desk, call: Call) -> Reply:
        quote = desk.find(call.query.get("symbol", ""))
        return _good(self._row(quote)) if quote else _bad(70002, "symbol is invalid", status=400)

    def _all(self, desk: Desk, _call: Call) -> Reply:
        return _good([list(self._row(quote).values()) for quote in desk.quotes()])

    def _row(self, quote: Quote) -> dict[str, object]:
        """Return the cells in the order of the arrays."""
        return {
            "symbol": quote.ticker,
            "last": self.text(quote.last, quote),
            "v_24h": plain(quote.volume),
            "qv_24h": plain(quote.turnover),
            "open_24h": self.text(quote.open, quote),
            "high_24h": self.text(quote.high, quote),
            "low_24h": self.text(quote.low, quote),
            "fluctuation": f"{quote.change_share:.5f}",
            "bid_px": self.text(quote.bid, quote),
            "bid_sz": "1",
            "ask_px": self.text(quote.ask, quote),
            "ask_sz": "69994.75267",
            "ts": str(quote.time_ms),
        }


def _good(rows: object) -> Reply:
    return Reply({"code": 1000, "trace": TRACE, "message": "success", "data": rows})


def _bad(code: int, message: str, *, status: int) -> Reply:
    return Reply({"message": message, "code": code, "trace": TRACE, "data": {}}, status=status)
