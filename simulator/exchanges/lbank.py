"""LBank spot, https://www.lbank.com/en-US/docs/index.html#24hr-ticker."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from simulator.assets import Pair
from simulator.exchanges.base import Call, Exchange, Handler, Reply, plain
from simulator.quotes import Desk, Quote


class Lbank(Exchange):
    """One symbol or ``all``; the figures stand one level down, errors come under status 200."""

    slug = "lbank"
    name = "LBank"
    money = ("USDT",)
    crosses = ("ETH/BTC", "USDC/USDT")
    bias_bps = Decimal("-1.8")
    spread_bps = Decimal(2)
    lag_ms = 700

    def ticker(self, pair: Pair) -> str:
        """Return e.g. btc_usdt."""
        return f"{pair.base}_{pair.quote}".lower()

    def routes(self) -> Mapping[str, Handler]:
        """Return the ticker."""
        return {"/v2/ticker/24hr.do": self._ticker}

    def rate_limited(self) -> Reply:
        """Return status 200 with code 10004."""
        return Reply({"result": "false", "error_code": 10004, "msg": "Request too frequent", "ts": 0})

    def _ticker(self, desk: Desk, call: Call) -> Reply:
        name = call.query.get("symbol", "")
        if name == "all":
            return _answer(desk, "true", 0, data=[self._row(quote) for quote in desk.quotes()])
        quote = desk.find(name)
        if quote is None:
            return _answer(desk, "false", 10008, msg="Invalid Trading Pair")
        return _answer(desk, "true", 0, data=[self._row(quote)])

    def _row(self, quote: Quote) -> dict[str, object]:
        ticker = {
            "high": self.text(quote.high, quote),
            "vol": plain(quote.volume),
            "low": self.text(quote.low, quote),
            "change": f"{quote.change_share * 100:.2f}",
            "turnover": plain(quote.turnover),
            "latest": self.text(quote.last, quote),
        }
        return {"symbol": quote.ticker, "ticker": ticker, "timestamp": quote.time_ms}


def _answer(desk: Desk, result: str, code: int, **more: object) -> Reply:
    return Reply({"result": result, **more, "error_code": code, "ts": desk.now_ms + 7_000})
