"""OKX spot, https://www.okx.com/docs-v5/en/#order-book-trading-market-data-get-tickers."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from simulator.assets import Pair
from simulator.exchanges.base import Call, Exchange, Handler, Reply, plain
from simulator.quotes import Desk, Quote


class Okx(Exchange):
    """One instrument or all of a type; errors have a code other than "0"."""

    slug = "okx"
    name = "OKX"
    money = ("USDT", "USDC", "USD", "EUR")
    crosses = ("ETH/BTC", "SOL/BTC", "USDC/USDT", "USDT/USD", "USDC/USD")
    bias_bps = Decimal("-0.2")
    spread_bps = Decimal("0.3")
    lag_ms = 200
    coarser = 1

    def ticker(self, pair: Pair) -> str:
        """Return e.g. BTC-USDT."""
        return f"{pair.base}-{pair.quote}"

    def routes(self) -> Mapping[str, Handler]:
        """Return the tickers of one and of all, and the clock."""
        return {
            "/api/v5/market/ticker": self._one,
            "/api/v5/market/tickers": self._all,
            "/api/v5/public/time": lambda desk, _call: _good([{"ts": str(desk.now_ms)}]),
        }

    def rate_limited(self) -> Reply:
        """Return 429 with code 50011."""
        return Reply({"msg": "Too Many Requests", "code": "50011"}, status=429)

    def _one(self, desk: Desk, call: Call) -> Reply:
        name = call.query.get("instId")
        if not name:
            return _bad("50014", "Parameter instId can not be empty.", status=400)
        quote = desk.find(name)
        return _good([self._row(quote)]) if quote else _bad("51001", "Instrument ID does not exist")

    def _all(self, desk: Desk, call: Call) -> Reply:
        kind = call.query.get("instType")
        if kind not in {"SPOT", "SWAP", "FUTURES", "OPTION"}:
            return _bad("51000", "Parameter instType error", status=400)
        return _good([self._row(quote) for quote in desk.quotes()] if kind == "SPOT" else [])

    def _row(self, quote: Quote) -> dict[str, object]:
        return {
            "instType": "SPOT",
            "instId": quote.ticker,
            "last": self.text(quote.last, quote),
            "lastSz": "0.31226082",
            "askPx": self.text(quote.ask, quote),
            "askSz": "5.93754444",
            "bidPx": self.text(quote.bid, quote),
            "bidSz": "0.16038",
            "open24h": self.text(quote.open, quote),
            "high24h": self.text(quote.high, quote),
            "low24h": self.text(quote.low, quote),
            "volCcy24h": plain(quote.turnover),
            "vol24h": plain(quote.volume),
            "ts": str(quote.time_ms),
            "sodUtc0": self.text(quote.open, quote),
            "sodUtc8": self.text(quote.open, quote),
        }


def _good(rows: list[dict[str, object]] | list[dict[str, str]]) -> Reply:
    return Reply({"code": "0", "msg": "", "data": rows})


def _bad(code: str, message: str, status: int = 200) -> Reply:
    return Reply({"code": code, "msg": message, "data": []}, status=status)
