"""LBank spot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from apps.pricing.types import Ask
from apps.sources import errors
from apps.sources.adapters import parsing
from apps.sources.adapters.base import BaseAdapter, Cells, PriceRequest, one_or_all, split_pair_in_usdt
from apps.sources.adapters.decoding import Table

OK = "0"


class Lbank(BaseAdapter):
    """24 h ticker of LBank's public v2 REST API; no key needed.

    Source: https://www.lbank.com/en-US/docs/index.html#24hr-ticker (GET /v2/ticker/24hr.do).  200 requests per 10 s
    and IP.  All errors come under status 200: ``"result": "false"`` with an error_code.
    There is no list of symbols: more than one ticker means ``symbol=all``, about 200 kB.  The ticker has no book.

    Time: ``timestamp`` of the row (ms), when LBank made the ticker, seconds before the reply's own ``ts``. It bounds
    the age of the price, though it is not the time of the last trade.
    """

    slug = "lbank"
    name = "LBank"
    base_url = "https://api.lbank.info"
    table = Table(("data",), symbol="symbol")
    rate_limit = "200/10 second"
    codes: ClassVar[Mapping[str, type[errors.SourceError]]] = {
        "10008": errors.UnknownTicker,
        "10004": errors.RateLimited,
        "10000": errors.ServerError,
        "10017": errors.ServerError,
    }

    def ticker_for(self, pair: str) -> str:
        """Return ``btc_usdt`` for BTC/USD: LBank has no US dollar markets."""
        return "_".join(split_pair_in_usdt(pair)).lower()

    def build(self, asks: Sequence[Ask]) -> Sequence[PriceRequest]:
        """Return one request, whatever the number of tickers."""
        return one_or_all(asks, path="/v2/ticker/24hr.do", parameter="symbol", all_value="all")

    def body_error(self, document: object, status: int) -> errors.SourceError | None:
        """Read ``{"result": "false", "error_code": 10008, "msg": …}``; error_code 0 is no error."""
        code = parsing.words(document, "error_code")
        if not code or code == OK:
            return None
        return self.coded_error(code, parsing.words(document, "msg"), status)

    def rows(self, request: PriceRequest, document: object) -> Mapping[str, object]:
        """Return ``data`` by ``symbol``."""
        del request
        listed = parsing.sequence(parsing.cell(parsing.mapping(document, "the reply"), "data"), "data")
        return parsing.index_rows(listed, "symbol")

    def cells(self, ask: Ask, row: object, document: object) -> Cells:
        """Return the last trade, base volume and timestamp (ms)."""
        del ask, document
        fields = parsing.mapping(row, "the row")
        ticker = parsing.mapping(parsing.cell(fields, "ticker"), "the row's ticker")
        return Cells(
            price=parsing.cell(ticker, "latest"),
            volume=parsing.cell(ticker, "vol"),
            clock=parsing.Clock(parsing.cell(fields, "timestamp"), unit="ms"),
        )
