"""HTX spot, https://www.htx.com/en-us/opend/newApiPages/."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from simulator.assets import Pair
from simulator.exchanges.base import Call, Exchange, Handler, Reply
from simulator.quotes import Desk, Quote


class Htx(Exchange):
    """One symbol, named in a channel, or all; prices are JSON numbers, errors come under status 200."""

    slug = "htx"
    name = "HTX"
    money = ("USDT", "USDC")
    crosses = ("ETH/BTC", "USDC/USDT")
    bias_bps = Decimal("0.7")
    spread_bps = Decimal("0.9")
    lag_ms = 250
    coarser = 1

    def ticker(self, pair: Pair) -> str:
        """Return e.g. btcusdt."""
        return (pair.base + pair.quote).lower()

    def routes(self) -> Mapping[str, Handler]:
        """Return the tickers of one and of all."""
        return {"/market/detail/merged": self._one, "/market/tickers": self._all}

    def rate_limited(self) -> Reply:
        """Return 429 with its own code."""
        return Reply(
            {"status": "error", "err-code": "rate-too-many-requests", "err-msg": "exceeded rate limit", "data": None},
            status=429,
        )

    def _one(self, desk: Desk, call: Call) -> Reply:
        quote = desk.find(call.query.get("symbol", ""))
        if quote is None:
            told = {"status": "error", "err-code": "invalid-parameter", "err-msg": "invalid symbol"}
            return Reply({"ts": desk.now_ms, **told})
        tick = {
            "id": quote.serial,
            "version": quote.serial,
            **self._day(quote),
            "bid": [self._price(quote.bid, quote), Decimal("171.8656355387391")],
            "ask": [self._price(quote.ask, quote), Decimal("755.6893")],
        }
        channel = f"market.{quote.ticker}.detail.merged"
        return Reply({"ch": channel, "status": "ok", "ts": desk.now_ms, "tick": tick})

    def _all(self, desk: Desk, _call: Call) -> Reply:
        return Reply({"status": "ok", "ts": desk.now_ms, "data": [self._row(quote) for quote in desk.quotes()]})

    def _row(self, quote: Quote) -> dict[str, object]:
        return {
            "symbol": quote.ticker,
            **self._day(quote),
            "bid": self._price(quote.bid, quote),
            "bidSize": Decimal("54300.341"),
            "ask": self._price(quote.ask, quote),
            "askSize": Decimal("1923.4879"),
        }

    def _day(self, quote: Quote) -> dict[str, object]:
        return {
            "open": self._price(quote.open, quote),
            "close": self._price(quote.last, quote),
            "low": self._price(quote.low, quote),
            "high": self._price(quote.high, quote),
            "amount": quote.volume,
            "vol": quote.turnover,
            "count": 98_168,
        }

    def _price(self, price: Decimal, quote: Quote) -> Decimal:
        return Decimal(self.text(price, quote))
