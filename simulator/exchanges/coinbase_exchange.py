"""Coinbase Exchange, https://docs.cdp.coinbase.com/exchange/reference."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal

from simulator.assets import Pair
from simulator.exchanges.base import Call, Exchange, Handler, Reply, plain
from simulator.quotes import Desk, Quote


class CoinbaseExchange(Exchange):
    """One ticker with book and time, or the day's figures of all products; an unknown product is a 404."""

    slug = "coinbase_exchange"
    name = "Coinbase Exchange"
    money = ("USD", "USDT", "USDC", "EUR")
    crosses = ("ETH/BTC", "USDT/USD", "USDT/USDC", "USDC/USD", "USDC/EUR", "USDT/EUR")
    bias_bps = Decimal("-0.3")
    spread_bps = Decimal("0.4")
    lag_ms = 0

    def ticker(self, pair: Pair) -> str:
        """Return e.g. BTC-USD."""
        return f"{pair.base}-{pair.quote}"

    def routes(self) -> Mapping[str, Handler]:
        """Return the ticker of one product and the statistics of all."""
        return {"/products/stats": self._all_stats, "/products/{symbol}/ticker": self._ticker}

    def rate_limited(self) -> Reply:
        """Return 429."""
        return Reply({"message": "Public rate limit exceeded"}, status=429)

    def not_found(self) -> Reply:
        """Return 404 with the message that unknown products get as well."""
        return Reply({"message": "NotFound"}, status=404)

    def _ticker(self, desk: Desk, call: Call) -> Reply:
        quote = desk.find(call.parts["symbol"])
        if quote is None:
            return self.not_found()
        return Reply(
            {
                "ask": self.text(quote.ask, quote),
                "bid": self.text(quote.bid, quote),
                "volume": plain(quote.volume),
                "trade_id": quote.serial,
                "price": self.text(quote.last, quote),
                "size": "0.01312",
                "time": _time(quote.time_ms),
                "rfq_volume": "12.5",
            }
        )

    def _all_stats(self, desk: Desk, _call: Call) -> Reply:
        return Reply({quote.ticker: self._stats(quote) for quote in desk.quotes()})

    def _stats(self, quote: Quote) -> dict[str, object]:
        return {
            "stats_30day": {"volume": plain(quote.volume * 30), "rfq_volume": "375"},
            "stats_24hour": {
                "open": self.text(quote.open, quote),
                "high": self.text(quote.high, quote),
                "low": self.text(quote.low, quote),
                "last": self.text(quote.last, quote),
                "volume": plain(quote.volume),
                "rfq_volume": "12.5",
            },
        }


def _time(time_ms: int) -> str:
    """Return ISO time with nine decimals, of which Coinbase fills all."""
    moment = datetime.fromtimestamp(time_ms // 1000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{time_ms % 1000:03d}922664Z"
