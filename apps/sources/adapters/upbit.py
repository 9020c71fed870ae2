"""Upbit spot (Korea)."""

from __future__ import annotations

from apps.sources.adapters.base import split_pair_in_usdt
from apps.sources.adapters.upbit_api import UpbitApi


class Upbit(UpbitApi):
    """Spot ticker of Upbit's public v1 REST API; no key needed.

    Source: https://global-docs.upbit.com/reference/list-tickers (GET /v1/ticker?markets=…).  10 requests a second and
    IP, counted in the header Remaining-Req; then 429, and 418 for those who go on.  Markets are named QUOTE-BASE:
    KRW-BTC is bitcoin in won.  One unknown market fails the whole call.  The won's books are deep, those in USDT thin.

    Time: that of the last trade, see UpbitApi.
    """

    slug = "upbit"
    name = "Upbit"
    base_url = "https://api.upbit.com"
    rate_limit = "10/second"

    def ticker_for(self, pair: str) -> str:
        """Return ``KRW-BTC`` for BTC/KRW, and ``USDT-BTC`` for BTC/USD: Upbit has no US dollar markets."""
        base, quoted = split_pair_in_usdt(pair)
        return f"{quoted}-{base}"
