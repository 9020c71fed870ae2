"""MEXC spot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from apps.sources import errors
from apps.sources.adapters.base import split_pair_in_usdt
from apps.sources.adapters.binance_api import CODES, BinanceApi

ALL_WEIGHT = 40


class Mexc(BinanceApi):
    """24 h ticker of MEXC's public REST API, a copy of Binance's; no key needed.

    Source: https://www.mexc.com/api-docs/spot-v3/market-data-endpoints (GET /api/v3/ticker/24hr).  500 weight per 10 s
    and IP: one symbol costs 1, all cost 40; then 429, and 403 from its firewall for an IP that goes on.
    There is no list of symbols: more than one ticker means all spot tickers, about 1 MB.  quoteVolume may be null.
    Errors are Binance's codes (-1121) or its own above zero (10007 bad symbol, 429 and 510 too many, 503 busy).

    Time: closeTime of the row, see BinanceApi.
    """

    slug = "mexc"
    name = "MEXC"
    base_url = "https://api.mexc.com"
    rate_limit = "500/10 second"
    takes_lists = False
    codes: ClassVar[Mapping[str, type[errors.SourceError]]] = {
        **CODES,
        "10007": errors.UnknownTicker,
        "30014": errors.UnknownTicker,
        "429": errors.RateLimited,
        "510": errors.RateLimited,
        "500": errors.ServerError,
        "501": errors.ServerError,
        "503": errors.ServerError,
        "604": errors.ServerError,
        "801": errors.ServerError,
    }

    def ticker_for(self, pair: str) -> str:
        """Return ``BTCUSDT`` for BTC/USD: MEXC has no US dollar markets."""
        return "".join(split_pair_in_usdt(pair))

    def weight_of(self, tickers: Sequence[str]) -> int:
        """Return 1 for one ticker, 40 for all."""
        return 1 if len(tickers) == 1 else ALL_WEIGHT
