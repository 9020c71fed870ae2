"""Bybit spot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from apps.pricing.types import Ask
from apps.sources import errors
from apps.sources.adapters import parsing
from apps.sources.adapters.base import BaseAdapter, Cells, PriceRequest, one_or_all, split_pair_in_usdt
from apps.sources.adapters.decoding import Table

OK = "0"
PARAMETER_ERROR = "10001"  # also "Not supported symbols"; the message tells them apart


class Bybit(BaseAdapter):
    """Spot ticker of Bybit's public v5 REST API; no key needed.

    Source: https://bybit-exchange.github.io/docs/v5/market/tickers (GET /v5/market/tickers?category=spot).
    600 requests per 5 s and IP, then status 403 for ten minutes: a ban, never retried.  403 with a CloudFront page
    about the country is a geo-block.  There is no list of symbols: more than one ticker means all of spot.

    Time: only the reply's own clock (``time``, ms), which says nothing about the trade. A quote therefore stands for
    the time it arrived, unless that clock shows an old, cached reply.
    """

    slug = "bybit"
    name = "Bybit"
    base_url = "https://api.bybit.com"
    table = Table(("result", "list"), symbol="symbol")
    rate_limit = "600/5 second"
    mirrors = ("https://api.bytick.com",)
    codes: ClassVar[Mapping[str, type[errors.SourceError]]] = {
        "10006": errors.RateLimited,
        "10018": errors.RateLimited,
        "10000": errors.ServerError,
        "10016": errors.ServerError,
        "10009": errors.GeoBlocked,
        "10024": errors.GeoBlocked,
    }

    def ticker_for(self, pair: str) -> str:
        """Return ``BTCUSDT`` for BTC/USD: Bybit's spot markets have no US dollar."""
        return "".join(split_pair_in_usdt(pair))

    def build(self, asks: Sequence[Ask]) -> Sequence[PriceRequest]:
        """Return one request, whatever the number of tickers."""
        spot = (("category", "spot"),)
        return one_or_all(asks, path="/v5/market/tickers", parameter="symbol", fixed=spot)

    def body_error(self, document: object, status: int) -> errors.SourceError | None:
        """Read ``{"retCode": 10001, "retMsg": …}``; retCode 0 is no error."""
        code, message = parsing.words(document, "retCode"), parsing.words(document, "retMsg")
        if not code or code == OK:
            return None
        if code == PARAMETER_ERROR and "symbol" in message.lower():
            return errors.UnknownTicker(f"{code} {message}")
        return self.coded_error(code, message, status)

    def rows(self, request: PriceRequest, document: object) -> Mapping[str, object]:
        """Return ``result.list`` by ``symbol``. Raises UnexpectedShape for another market than spot."""
        del request
        result = parsing.mapping(parsing.cell(parsing.mapping(document, "the reply"), "result"), "result")
        if result.get("category", "spot") != "spot":
            raise errors.UnexpectedShape(f"category is {parsing.words(result, 'category')}, asked for spot")
        return parsing.index_rows(parsing.sequence(parsing.cell(result, "list"), "result.list"), "symbol")

    def cells(self, ask: Ask, row: object, document: object) -> Cells:
        """Return last, best bid and ask, and base volume."""
        del ask
        fields = parsing.mapping(row, "the row")
        clock = parsing.cell(parsing.mapping(document, "the reply"), "time")
        return Cells(
            price=parsing.cell(fields, "lastPrice"),
            bid=parsing.cell(fields, "bid1Price"),
            ask=parsing.cell(fields, "ask1Price"),
            volume=parsing.cell(fields, "volume24h"),
            clock=parsing.Clock(clock, unit="ms", tolerance=parsing.REPLY_CLOCK_TOLERANCE),
        )
