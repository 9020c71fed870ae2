"""The spot API that Binance made and others copied: what Binance, Binance.US and MEXC share."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import ClassVar

from apps.pricing.types import Ask
from apps.sources import errors
from apps.sources.adapters import parsing
from apps.sources.adapters.base import BaseAdapter, Cells, PriceRequest, batches, tickers_of
from apps.sources.adapters.decoding import Table

OK = {"0", "200"}  # MEXC's older calls
LIGHT_TICKERS, LIGHT_WEIGHT, HEAVY_WEIGHT = 20, 2, 40
CODES: Mapping[str, type[errors.SourceError]] = {
    "-1121": errors.UnknownTicker,
    "-1100": errors.UnknownTicker,  # characters no symbol has
    "-1003": errors.RateLimited,
    "-1015": errors.RateLimited,
}


class BinanceApi(BaseAdapter):
    """24 h ticker, GET /api/v3/ticker/24hr; rows are matched by ``symbol``, never by position.

    takes_lists: whether ``symbols=["A","B"]`` works; else more than one ticker means all of them, in one call.

    Time: closeTime of the row, the end of its statistics. It follows the pair's activity (an idle pair lags by
    minutes), so it bounds the age of the price, though it is not the time of the trade itself.  Rows of the lighter
    /api/v3/ticker/price are read too; they have neither time nor book.
    """

    table = Table((), symbol="symbol")
    takes_lists: ClassVar[bool] = True
    codes = CODES

    def build(self, asks: Sequence[Ask]) -> Sequence[PriceRequest]:
        """Return one request per hundred tickers, or one for all where the exchange takes no lists."""
        return [self._request(batch) for batch in batches(asks)] if self.takes_lists else [self._request(tuple(asks))]

    def _request(self, asks: tuple[Ask, ...]) -> PriceRequest:
        tickers = tickers_of(asks)
        query: tuple[tuple[str, str], ...] = ()
        if len(tickers) == 1:
            query = (("symbol", tickers[0]),)
        elif self.takes_lists:
            query = (("symbols", json.dumps(tickers, separators=(",", ":"), ensure_ascii=False)),)
        return PriceRequest(path="/api/v3/ticker/24hr", query=query, asks=asks, weight=self.weight_of(tickers))

    def weight_of(self, tickers: Sequence[str]) -> int:
        """Return what a call for these tickers costs of the rate limit."""
        return LIGHT_WEIGHT if len(tickers) <= LIGHT_TICKERS else HEAVY_WEIGHT

    def body_error(self, document: object, status: int) -> errors.SourceError | None:
        """Read ``{"code": -1121, "msg": …}``; a ban (418) keeps its status whatever the code says."""
        if not isinstance(document, dict) or not {"code", "msg"} <= document.keys():
            return None
        code = parsing.words(document, "code")
        return None if code in OK else self.coded_error(code, parsing.words(document, "msg"), status)

    def rows(self, request: PriceRequest, document: object) -> Mapping[str, object]:
        """Return the rows of a list, or the one row of a single answer, by ``symbol``."""
        del request
        if isinstance(document, dict):
            if "symbol" not in document:
                raise errors.UnexpectedShape("the row names no symbol")
            document = [document]
        return parsing.index_rows(parsing.sequence(document, "the reply"), "symbol")

    def cells(self, ask: Ask, row: object, document: object) -> Cells:
        """Return last, best bid and ask, base volume and closeTime (ms); a light row's price alone."""
        del ask, document
        fields = parsing.mapping(row, "the row")
        if "price" in fields and "lastPrice" not in fields:
            return Cells(price=fields["price"])
        return Cells(
            price=parsing.cell(fields, "lastPrice"),
            bid=parsing.cell(fields, "bidPrice"),
            ask=parsing.cell(fields, "askPrice"),
            volume=parsing.cell(fields, "volume"),
            clock=parsing.Clock(parsing.cell(fields, "closeTime"), unit="ms"),
        )
