"""Crypto.com Exchange spot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from apps.pricing.types import Ask
from apps.sources import errors
from apps.sources.adapters import parsing
from apps.sources.adapters.base import BaseAdapter, Cells, PriceRequest, one_or_all, split_pair
from apps.sources.adapters.decoding import Table

OK = "0"
INVALID_ARGUMENT = "40004"  # the message tells whether it is the instrument


class Cryptocom(BaseAdapter):
    """Ticker of the Crypto.com Exchange's public v1 REST API; no key needed.

    Source: https://exchange-docs.crypto.com/exchange/v1/rest-ws/index.html#public-get-tickers (GET
    /public/get-tickers).  100 requests a second, method and IP; the limit is code 42901.
    There is no list of instruments: more than one ticker means all, about 150 kB, perpetuals (BTCUSD-PERP) among them.
    ``a`` is the last trade (null where there was none), ``b`` best bid, ``k`` best ask, ``v`` base volume.

    Time: ``t`` of the row (ms), when the exchange made the ticker. It moves with the instrument's activity, so it
    bounds the age of the price, though it is not the time of the last trade.
    """

    slug = "cryptocom"
    name = "Crypto.com Exchange"
    base_url = "https://api.crypto.com/exchange/v1"
    table = Table(("result", "data"), symbol="i")
    rate_limit = "100/second"
    codes: ClassVar[Mapping[str, type[errors.SourceError]]] = {
        "30003": errors.UnknownTicker,
        "40003": errors.UnknownTicker,
        "10006": errors.RateLimited,
        "42901": errors.RateLimited,
        "10003": errors.Banned,  # IP_ILLEGAL
        "10001": errors.ServerError,  # SYS_ERROR
        "9010001": errors.ServerError,  # SYSTEM_MAINTENANCE
    }

    def ticker_for(self, pair: str) -> str:
        """Return ``BTC_USD``."""
        return "_".join(split_pair(pair))

    def build(self, asks: Sequence[Ask]) -> Sequence[PriceRequest]:
        """Return one request, whatever the number of tickers."""
        return one_or_all(asks, path="/public/get-tickers", parameter="instrument_name")

    def body_error(self, document: object, status: int) -> errors.SourceError | None:
        """Read ``{"code": 40004, "message": "Invalid instrument_name"}``; code 0 is no error."""
        code, message = parsing.words(document, "code"), parsing.words(document, "message")
        if not code or code == OK:
            return None
        if code == INVALID_ARGUMENT and "instrument" in message.lower():
            return errors.UnknownTicker(f"{code} {message}")
        return self.coded_error(code, message, status)

    def rows(self, request: PriceRequest, document: object) -> Mapping[str, object]:
        """Return ``result.data`` by ``i``."""
        del request
        result = parsing.mapping(parsing.cell(parsing.mapping(document, "the reply"), "result"), "result")
        return parsing.index_rows(parsing.sequence(parsing.cell(result, "data"), "result.data"), "i")

    def cells(self, ask: Ask, row: object, document: object) -> Cells:
        """Return last, best bid and ask, base volume and t (ms)."""
        del ask, document
        fields = parsing.mapping(row, "the row")
        return Cells(
            price=parsing.cell(fields, "a"),
            bid=parsing.cell(fields, "b"),
            ask=parsing.cell(fields, "k"),
            volume=parsing.cell(fields, "v"),
            clock=parsing.Clock(parsing.cell(fields, "t"), unit="ms"),
        )
