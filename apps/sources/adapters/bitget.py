"""Bitget spot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from apps.pricing.types import Ask
from apps.sources import errors
from apps.sources.adapters import parsing
from apps.sources.adapters.base import BaseAdapter, Cells, PriceRequest, one_or_all, split_pair_in_usdt
from apps.sources.adapters.decoding import Table

OK = "00000"


class Bitget(BaseAdapter):
    """Spot ticker of Bitget's public v2 REST API; no key needed.

    Source: https://www.bitget.com/api-doc/spot/market/Get-Tickers (GET /api/v2/spot/market/tickers).  20 requests a
    second and IP; then 429.  There is no list of symbols: more than one ticker means all spot tickers, about 350 kB.
    The last trade is ``lastPr``; an unknown symbol is code 40034 under 400.

    Time: ``ts`` of the row (ms), when Bitget made the ticker. It moves with the pair's activity, so it bounds the age
    of the price, though it is not the time of the last trade. ``requestTime``, the reply's own clock, is not read.
    """

    slug = "bitget"
    name = "Bitget"
    base_url = "https://api.bitget.com"
    table = Table(("data",), symbol="symbol")
    rate_limit = "20/second"
    codes: ClassVar[Mapping[str, type[errors.SourceError]]] = {
        "40034": errors.UnknownTicker,  # "Parameter … does not exist", the symbol being the only one
        "40309": errors.UnknownTicker,
        "50004": errors.UnknownTicker,
        "429": errors.RateLimited,
        "1001": errors.RateLimited,
        "30014": errors.RateLimited,
        "30026": errors.RateLimited,
        "40018": errors.Banned,  # invalid IP
        "500": errors.ServerError,
        "40200": errors.ServerError,
        "40604": errors.ServerError,
        "40725": errors.ServerError,
    }

    def ticker_for(self, pair: str) -> str:
        """Return ``BTCUSDT`` for BTC/USD: Bitget has no US dollar markets."""
        return "".join(split_pair_in_usdt(pair))

    def build(self, asks: Sequence[Ask]) -> Sequence[PriceRequest]:
        """Return one request, whatever the number of tickers."""
        return one_or_all(asks, path="/api/v2/spot/market/tickers", parameter="symbol")

    def body_error(self, document: object, status: int) -> errors.SourceError | None:
        """Read ``{"code": "40034", "msg": …}``; code 00000 is no error."""
        code = parsing.words(document, "code")
        if not code or code == OK:
            return None
        return self.coded_error(code, parsing.words(document, "msg"), status)

    def rows(self, request: PriceRequest, document: object) -> Mapping[str, object]:
        """Return ``data`` by ``symbol``."""
        del request
        listed = parsing.sequence(parsing.cell(parsing.mapping(document, "the reply"), "data"), "data")
        return parsing.index_rows(listed, "symbol")

    def cells(self, ask: Ask, row: object, document: object) -> Cells:
        """Return last, best bid and ask, base volume and ts (ms)."""
        del ask, document
        fields = parsing.mapping(row, "the row")
        return Cells(
            price=parsing.cell(fields, "lastPr"),
            bid=parsing.cell(fields, "bidPr"),
            ask=parsing.cell(fields, "askPr"),
            volume=parsing.cell(fields, "baseVolume"),
            clock=parsing.Clock(parsing.cell(fields, "ts"), unit="ms"),
        )
