"""Messari's API v1, https://messari.io/api/docs."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from simulator.exchanges.base import Call, Handler, Reply, iso, plain
from simulator.exchanges.coins import CoinSource
from simulator.quotes import Desk

STAMP = "%Y-%m-%dT%H:%M:%SZ"


class Messari(CoinSource):
    """Market data of one asset."""

    slug = "messari"
    name = "Messari"
    bias_bps = Decimal("-1.1")
    lag_ms = 5000

    def routes(self) -> Mapping[str, Handler]:
        """Return one asset's market data."""
        return {"/assets/{coin}/metrics/market-data": self._one}

    def rate_limited(self) -> Reply:
        """Return 429 with the status object."""
        return _bad(429, "Too many requests")

    def _one(self, desk: Desk, call: Call) -> Reply:
        quote = desk.find(call.parts["coin"])
        if quote is None:
            return _bad(404, "Asset not found")
        market = {
            "price_usd": Decimal(plain(quote.last)),
            "real_volume_last_24_hours": quote.turnover,
            "last_trade_at": iso(quote.time_ms, form=STAMP),
        }
        asset = {"id": f"id-{quote.ticker}", "symbol": quote.pair.base, "slug": quote.ticker}
        data = {"Asset": asset, "market_data": market}
        return Reply({"status": {"elapsed": 1, "timestamp": iso(desk.now_ms, form=STAMP)}, "data": data})


def _bad(code: int, message: str) -> Reply:
    return Reply({"status": {"elapsed": 1, "error_code": code, "error_message": message}}, status=code)
