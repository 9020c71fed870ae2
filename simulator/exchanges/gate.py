"""Gate spot, https://www.gate.com/docs/developers/apiv4/#get-currency-pair-ticker-information."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from simulator.assets import Pair
from simulator.exchanges.base import Call, Exchange, Handler, Reply, plain
from simulator.quotes import Desk, Quote


class Gate(Exchange):
    """One pair or all; a bare list without any time, errors with a label."""

    slug = "gate"
    name = "Gate"
    money = ("USDT", "USDC")
    crosses = ("ETH/BTC", "USDC/USDT", "BTC/USD", "ETH/USD")
    bias_bps = Decimal("-0.9")
    spread_bps = Decimal("0.7")
    lag_ms = 350
    coarser = 1

    def ticker(self, pair: Pair) -> str:
        """Return e.g. BTC_USDT."""
        return f"{pair.base}_{pair.quote}"

    def routes(self) -> Mapping[str, Handler]:
        """Return the tickers."""
        return {"/api/v4/spot/tickers": self._tickers}

    def rate_limited(self) -> Reply:
        """Return 429 with the label TOO_MANY_REQUESTS."""
        return _bad("TOO_MANY_REQUESTS", "Request Rate Limit Exceeded (1)", status=429)

    def _tickers(self, desk: Desk, call: Call) -> Reply:
        name = call.query.get("currency_pair")
        if not name:
            return Reply([self._row(quote) for quote in desk.quotes()])
        quote = desk.find(name)
        return Reply([self._row(quote)]) if quote else _bad("INVALID_CURRENCY_PAIR", f"Invalid currency pair {name}")

    def _row(self, quote: Quote) -> dict[str, object]:
        return {
            "currency_pair": quote.ticker,
            "last": self.text(quote.last, quote),
            "lowest_ask": self.text(quote.ask, quote),
            "lowest_size": "2.192231",
            "highest_bid": self.text(quote.bid, quote),
            "highest_size": "2.306681",
            "change_percentage": f"{quote.change_share * 100:.2f}",
            "base_volume": plain(quote.volume),
            "quote_volume": plain(quote.turnover),
            "high_24h": self.text(quote.high, quote),
            "low_24h": self.text(quote.low, quote),
        }


def _bad(label: str, message: str, status: int = 400) -> Reply:
    return Reply({"label": label, "message": message}, status=status)
