"""The spot API that Upbit made and Bithumb took over: a list of markets, named quote first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from apps.pricing.types import Ask
from apps.sources import errors
from apps.sources.adapters import parsing
from apps.sources.adapters.base import BaseAdapter, Cells, PriceRequest, batches, tickers_of
from apps.sources.adapters.decoding import Table


class UpbitApi(BaseAdapter):
    """Ticker of listed markets, GET /v1/ticker?markets=KRW-BTC,KRW-ETH; prices are JSON numbers, there is no book.

    One unknown market fails the whole call (404 "Code not found").

    Time: trade_timestamp of the row (ms), the time of the last trade. ``timestamp`` is when the ticker was made.
    """

    table = Table((), symbol="market")
    codes: ClassVar[Mapping[str, type[errors.SourceError]]] = {
        "404": errors.UnknownTicker,
        "too_many_requests": errors.RateLimited,
        "429": errors.RateLimited,
        "500": errors.ServerError,
    }

    def build(self, asks: Sequence[Ask]) -> Sequence[PriceRequest]:
        """Return one request per hundred markets."""
        return [
            PriceRequest(path="/v1/ticker", query=(("markets", ",".join(tickers_of(batch))),), asks=batch)
            for batch in batches(asks)
        ]

    def body_error(self, document: object, status: int) -> errors.SourceError | None:
        """Read ``{"error": {"name": 404, "message": "Code not found"}}``."""
        stated = document.get("error") if isinstance(document, dict) else None
        name = parsing.words(stated, "name")
        return self.coded_error(name, parsing.words(stated, "message"), status) if name else None

    def rows(self, request: PriceRequest, document: object) -> Mapping[str, object]:
        """Return the rows by ``market``."""
        del request
        return parsing.index_rows(parsing.sequence(document, "the reply"), "market")

    def cells(self, ask: Ask, row: object, document: object) -> Cells:
        """Return the last trade, 24 h base volume and the trade's time."""
        del ask, document
        fields = parsing.mapping(row, "the row")
        return Cells(
            price=parsing.cell(fields, "trade_price"),
            volume=parsing.cell(fields, "acc_trade_volume_24h"),
            clock=parsing.Clock(parsing.cell(fields, "trade_timestamp"), unit="ms"),
        )
