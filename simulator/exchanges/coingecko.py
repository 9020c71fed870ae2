"""CoinGecko, https://docs.coingecko.com/reference/simple-price."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from simulator.exchanges.base import Call, Handler, Reply, plain
from simulator.exchanges.coins import CoinSource
from simulator.quotes import Desk


class CoinGecko(CoinSource):
    """Prices of any coins in any currencies; unknown ids are left out."""

    slug = "coingecko"
    name = "CoinGecko"
    money = ("USD", "EUR")
    bias_bps = Decimal("2.0")
    lag_ms = 4000

    def routes(self) -> Mapping[str, Handler]:
        """Return the one call for all."""
        return {"/simple/price": self._price}

    def rate_limited(self) -> Reply:
        """Return 429 with the status object."""
        message = "You've exceeded the Rate Limit"
        return Reply({"status": {"error_code": 429, "error_message": message}}, status=429)

    def _price(self, desk: Desk, call: Call) -> Reply:
        timed = call.query.get("include_last_updated_at") == "true"
        found: dict[str, dict[str, object]] = {}
        for coin in call.query.get("ids", "").split(","):
            for money in call.query.get("vs_currencies", "").split(","):
                if quote := desk.find(f"{coin}/{money.upper()}"):
                    row = found.setdefault(coin, {})
                    row[money] = Decimal(plain(quote.last))
                    row |= {"last_updated_at": quote.time_ms // 1000} if timed else {}
        return Reply(found)
