"""CoinCap v3, https://pro.coincap.io/api-docs."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from simulator.exchanges.base import Call, Handler, Reply, plain
from simulator.exchanges.coins import CoinSource
from simulator.quotes import Desk, Quote


class CoinCap(CoinSource):
    """One asset or a list; the only time is that of the reply."""

    slug = "coincap"
    name = "CoinCap"
    bias_bps = Decimal("1.8")
    lag_ms = 3000

    def routes(self) -> Mapping[str, Handler]:
        """Return one asset and a list."""
        return {"/assets": self._some, "/assets/{coin}": self._one}

    def text(self, price: Decimal, quote: Quote) -> str:  # noqa: ARG002
        """Return the price with sixteen decimals."""
        return f"{price:.16f}"

    def rate_limited(self) -> Reply:
        """Return 429."""
        return Reply({"error": "Too many requests"}, status=429)

    def _one(self, desk: Desk, call: Call) -> Reply:
        coin = call.parts["coin"]
        quote = desk.find(coin)
        if quote is None:
            return Reply({"error": f"{coin} not found", "timestamp": desk.now_ms}, status=404)
        return Reply({"data": self._row(quote), "timestamp": desk.now_ms})

    def _some(self, desk: Desk, call: Call) -> Reply:
        quotes = [desk.find(coin) for coin in call.query.get("ids", "").split(",")]
        return Reply({"data": [self._row(quote) for quote in quotes if quote], "timestamp": desk.now_ms})

    def _row(self, quote: Quote) -> dict[str, object]:
        symbol = quote.pair.base
        return {
            "id": quote.ticker,
            "rank": "1",
            "symbol": symbol,
            "name": symbol,
            "supply": "1.0000000000000000",
            "maxSupply": "1.0000000000000000",
            "marketCapUsd": "1.0000000000000000",
            "volumeUsd24Hr": plain(quote.turnover),
            "priceUsd": self.text(quote.last, quote),
            "changePercent24Hr": plain(quote.change_share * 100),
            "vwap24Hr": self.text(quote.average, quote),
            "explorer": "https://blockchain.info/",
            "tokens": {},
        }
