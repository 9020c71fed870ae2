"""Binance.US spot."""

from __future__ import annotations

from apps.sources.adapters.base import split_pair
from apps.sources.adapters.binance_api import BinanceApi


class BinanceUs(BinanceApi):
    """24 h ticker of Binance.US's public REST API; no key needed.

    Source: https://docs.binance.us/#get-24h-price-change-statistics (GET /api/v3/ticker/24hr).  1,200 weight a minute
    and IP; 429 means slow down, 418 an IP ban.  Errors as Binance's, one unknown symbol fails the whole call.
    Its books are its own, thin, and quoted in US dollars, USDT and USDC.  Markets that stand still keep a last price
    with bid and ask 0; those are refused.

    Time: closeTime of the row, see BinanceApi.
    """

    slug = "binance_us"
    name = "Binance.US"
    base_url = "https://api.binance.us"
    rate_limit = "1200/minute"

    def ticker_for(self, pair: str) -> str:
        """Return ``BTCUSD``."""
        return "".join(split_pair(pair))
