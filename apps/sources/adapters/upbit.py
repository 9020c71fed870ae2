"""Upbit spot (Korea)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from apps.pricing.types import Ask
from apps.sources import errors
from apps.sources.adapters import parsing
from apps.sources.adapters.base import BaseAdapter, Cells, PriceRequest, batches, split_pair_in_usdt, tickers_of
from apps.sources.adapters.decoding import Table


class Upbit(BaseAdapter):
    """Spot ticker of Upbit's public v1 REST API; no key needed.

    Source: https://global-docs.upbit.com/reference/list-tickers (GET /v1/ticker?markets=…).  10 requests a second and
    IP, counted in the header Remaining-Req; then 429, and 418 for those who go on.  Markets are named QUOTE-BASE:
    KRW-BTC is bitcoin in won.  One unknown market fails the whole call (404 "Code not found").  Prices are JSON
    numbers; the ticker has no book.  The won's books are deep, those in USDT are thin.

    Time: trade_timestamp of the row (ms), the time of the last trade. ``timestamp`` is when the ticker was made.
    """

    slug = "upbit"
    name = "Upbit"
    base_url = "https://api.upbit.com"
    table = Table((), symbol="market")
    rate_limit = "10/second"
    codes: ClassVar[Mapping[str, type[errors.SourceError]]] = {
        "404": errors.UnknownTicker,
        "too_many_requests": errors.RateLimited,
        "429": errors.RateLimited,
        "500": errors.ServerError,
    }

    def ticker_for(self, pair: str) -> str:
        """Return ``KRW-BTC`` for BTC/KRW, and ``USDT-BTC`` for BTC/USD: Upbit has no US dollar markets."""
        base, quoted = split_pair_in_usdt(pair)
        return f"{quoted}-{base}"

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
