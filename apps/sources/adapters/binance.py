"""Binance spot."""

from __future__ import annotations

from apps.sources.adapters.base import split_pair_in_usdt
from apps.sources.adapters.binance_api import BinanceApi


class Binance(BinanceApi):
    """24 h ticker of Binance's public REST API; no key needed.

    Source: https://developers.binance.com/docs/binance-spot-api-docs/rest-api/market-data-endpoints (GET
    /api/v3/ticker/24hr).  6,000 weight a minute and IP: one symbol costs 2, up to 20 cost 2, up to 100 cost 40.
    429 means slow down, 418 an IP ban; 451 and some 403 come from places Binance does not serve.
    One unknown symbol fails the whole call (400, code -1121). Rows come sorted by Binance.
    Delisted pairs stay in the reply with price 0.

    Time: closeTime of the row, see BinanceApi.
    """

    slug = "binance"
    name = "Binance"
    base_url = "https://api.binance.com"
    rate_limit = "6000/minute"
    mirrors = ("https://data-api.binance.vision", "https://api1.binance.com")

    def ticker_for(self, pair: str) -> str:
        """Return ``BTCUSDT`` for BTC/USD: Binance has no US dollar markets."""
        return "".join(split_pair_in_usdt(pair))
