"""OKX spot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from apps.pricing.types import Ask
from apps.sources import errors
from apps.sources.adapters import parsing
from apps.sources.adapters.base import BaseAdapter, Cells, PriceRequest, split_pair_in_usdt, tickers_of
from apps.sources.adapters.decoding import Table

OK = "0"


class Okx(BaseAdapter):
    """Spot ticker of OKX's public REST API; no key needed.

    Source: https://www.okx.com/docs-v5/en/#order-book-trading-market-data-get-tickers (GET /api/v5/market/ticker for
    one, /tickers?instType=SPOT for many).  20 requests per 2 s and IP; the limit is code 50011 under 429 or 200.
    There is no list of symbols: more than one ticker means all spot tickers, some 300 kB.

    Time: ``ts`` of the row (ms), when OKX made the ticker. It moves with the pair's book and trades, so it bounds the
    age of the price, though it is not the time of the last trade.
    """

    slug = "okx"
    name = "OKX"
    base_url = "https://www.okx.com"
    table = Table(("data",), symbol="instId")
    rate_limit = "20/2 second"
    codes: ClassVar[Mapping[str, type[errors.SourceError]]] = {
        "51000": errors.UnknownTicker,
        "51001": errors.UnknownTicker,
        "50011": errors.RateLimited,
        "50061": errors.RateLimited,
        "50001": errors.ServerError,
        "50004": errors.ServerError,
        "50005": errors.ServerError,
        "50013": errors.ServerError,
        "50026": errors.ServerError,
    }

    def ticker_for(self, pair: str) -> str:
        """Return ``BTC-USDT`` for BTC/USD: OKX's dollar markets are thin."""
        return "-".join(split_pair_in_usdt(pair))

    def build(self, asks: Sequence[Ask]) -> Sequence[PriceRequest]:
        """Return one request, whatever the number of tickers."""
        tickers = tickers_of(asks)
        if len(tickers) == 1:
            query = (("instId", tickers[0]),)
            return [PriceRequest(path="/api/v5/market/ticker", query=query, asks=tuple(asks))]
        return [PriceRequest(path="/api/v5/market/tickers", query=(("instType", "SPOT"),), asks=tuple(asks))]

    def body_error(self, document: object, status: int) -> errors.SourceError | None:
        """Read ``{"code": "51001", "msg": …}``; code 0 is no error."""
        code = parsing.words(document, "code")
        if not code or code == OK:
            return None
        return self.coded_error(code, parsing.words(document, "msg"), status)

    def rows(self, request: PriceRequest, document: object) -> Mapping[str, object]:
        """Return ``data`` by ``instId``."""
        del request
        listed = parsing.sequence(parsing.cell(parsing.mapping(document, "the reply"), "data"), "data")
        return parsing.index_rows(listed, "instId")

    def cells(self, ask: Ask, row: object, document: object) -> Cells:
        """Return last, best bid and ask, base volume (SPOT only: vol24h counts contracts elsewhere) and ts."""
        del ask, document
        fields = parsing.mapping(row, "the row")
        return Cells(
            price=parsing.cell(fields, "last"),
            bid=parsing.cell(fields, "bidPx"),
            ask=parsing.cell(fields, "askPx"),
            volume=parsing.cell(fields, "vol24h"),
            clock=parsing.Clock(parsing.cell(fields, "ts"), unit="ms"),
        )
