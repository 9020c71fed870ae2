"""KuCoin spot, https://www.kucoin.com/docs-new/rest/spot-trading/market-data/get-ticker."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from simulator.assets import Pair
from simulator.exchanges.base import Call, Exchange, Handler, Reply, plain
from simulator.quotes import Desk, Quote


class Kucoin(Exchange):
    """One symbol without or with volume, or all; errors have a code other than "200000"."""

    slug = "kucoin"
    name = "KuCoin"
    money = ("USDT", "USDC", "EUR")
    crosses = ("ETH/BTC", "USDC/USDT")
    bias_bps = Decimal("-0.6")
    spread_bps = Decimal("0.6")
    lag_ms = 400
    coarser = 1

    def ticker(self, pair: Pair) -> str:
        """Return e.g. BTC-USDT."""
        return f"{pair.base}-{pair.quote}"

    def routes(self) -> Mapping[str, Handler]:
        """Return the three tickers and the clock."""
        return {
            "/api/v1/market/orderbook/level1": self._level1,
            "/api/v1/market/stats": self._stats,
            "/api/v1/market/allTickers": self._all,
            "/api/v1/timestamp": lambda desk, _call: _good(desk.now_ms),
        }

    def rate_limited(self) -> Reply:
        """Return 429 with code 429000."""
        return Reply({"code": "429000", "msg": "Too Many Requests"}, status=429)

    def _level1(self, desk: Desk, call: Call) -> Reply:
        quote = desk.find(call.query.get("symbol", ""))
        if quote is None:
            return Reply({"code": "100001", "msg": "symbol not exists"})
        return _good(
            {
                "time": quote.time_ms,
                "sequence": str(quote.serial),
                "price": self.text(quote.last, quote),
                "size": "0.00001554",
                "bestBid": self.text(quote.bid, quote),
                "bestBidSize": "1.96581687",
                "bestAsk": self.text(quote.ask, quote),
                "bestAskSize": "3.32688824",
            }
        )

    def _stats(self, desk: Desk, call: Call) -> Reply:
        quote = desk.find(call.query.get("symbol", ""))
        if quote is None:
            return Reply({"code": "100001", "msg": "symbol not exists"})
        row = self._day(quote)
        return _good({"time": quote.time_ms, **row})

    def _all(self, desk: Desk, _call: Call) -> Reply:
        rows = [self._row(quote) for quote in desk.quotes()]
        return _good({"time": desk.now_ms, "ticker": rows})

    def _row(self, quote: Quote) -> dict[str, object]:
        sizes = {"bestBidSize": "1.96581687", "bestAskSize": "3.32688824"}
        return {**self._day(quote), "symbolName": quote.ticker, **sizes}

    def _day(self, quote: Quote) -> dict[str, object]:
        return {
            "symbol": quote.ticker,
            "buy": self.text(quote.bid, quote),
            "sell": self.text(quote.ask, quote),
            "changeRate": f"{quote.change_share:.4f}",
            "changePrice": self.text(quote.change, quote),
            "high": self.text(quote.high, quote),
            "low": self.text(quote.low, quote),
            "vol": plain(quote.volume),
            "volValue": plain(quote.turnover),
            "last": self.text(quote.last, quote),
            "averagePrice": self.text(quote.average, quote),
            "takerFeeRate": "0.001",
            "makerFeeRate": "0.001",
            "takerCoefficient": "1",
            "makerCoefficient": "1",
        }


def _good(payload: object) -> Reply:
    return Reply({"code": "200000", "data": payload})
