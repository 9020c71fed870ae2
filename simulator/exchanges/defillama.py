"""DefiLlama, https://api-docs.defillama.com."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from simulator.exchanges.base import Call, Handler, Reply, plain
from simulator.exchanges.coins import SLUGS, CoinSource
from simulator.quotes import Desk


class DefiLlama(CoinSource):
    """Prices of a list of coins; unknown ones are left out."""

    slug = "defillama"
    name = "DefiLlama"
    ids = {symbol: f"coingecko:{slug}" for symbol, slug in SLUGS.items()}
    bias_bps = Decimal("2.1")
    lag_ms = 5000

    def routes(self) -> Mapping[str, Handler]:
        """Return current prices."""
        return {"/prices/current/{coins}": self._current}

    def _current(self, desk: Desk, call: Call) -> Reply:
        found = {}
        for coin in call.parts["coins"].split(","):
            if quote := desk.find(coin):
                price = Decimal(plain(quote.last))
                named = {"decimals": 18, "symbol": quote.pair.base}
                found[coin] = {**named, "price": price, "timestamp": quote.time_ms // 1000, "confidence": 0.99}
        return Reply({"coins": found})
