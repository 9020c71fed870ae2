"""Bitso spot (Mexico, Brazil, Argentina)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from apps.pricing.types import Ask
from apps.sources import errors
from apps.sources.adapters import parsing
from apps.sources.adapters.base import BaseAdapter, Cells, PriceRequest, one_or_all, split_pair
from apps.sources.adapters.decoding import Table


class Bitso(BaseAdapter):
    """Ticker of Bitso's public v3 REST API; no key needed.

    Source: https://docs.bitso.com/bitso-api/docs/ticker (GET /ticker).  60 requests a minute and IP; then 420 or 429,
    and a lock-out of a minute for those who go on.  There is no list of books: more than one ticker means all, about
    30 kB.  Errors are ``{"success": false, "error": {"code", "message"}}`` under 400; an unknown book is code 0301.
    Quotes in US dollars, and in Mexican, Brazilian and Argentine money.

    Time: ``created_at`` (ISO-8601) is when Bitso made the reply, to the second that of its HTTP Date, and says nothing
    about the trade. A quote therefore stands for the time it arrived, unless that clock shows an old, cached reply.
    """

    slug = "bitso"
    name = "Bitso"
    base_url = "https://api.bitso.com/v3"
    table = Table(("payload",), symbol="book")
    rate_limit = "60/minute"
    codes: ClassVar[Mapping[str, type[errors.SourceError]]] = {
        "0301": errors.UnknownTicker,
        "301": errors.UnknownTicker,
        "0200": errors.RateLimited,
        "200": errors.RateLimited,
        "0101": errors.ServerError,
    }

    def ticker_for(self, pair: str) -> str:
        """Return ``btc_usd``."""
        return "_".join(split_pair(pair)).lower()

    def build(self, asks: Sequence[Ask]) -> Sequence[PriceRequest]:
        """Return one request, whatever the number of tickers."""
        return one_or_all(asks, path="/ticker", parameter="book")

    def body_error(self, document: object, status: int) -> errors.SourceError | None:
        """Read ``{"success": false, "error": {"code": "0301", "message": …}}``."""
        stated = document.get("error") if isinstance(document, dict) else None
        if stated is None:
            return None
        return self.coded_error(parsing.words(stated, "code"), parsing.words(stated, "message"), status)

    def rows(self, request: PriceRequest, document: object) -> Mapping[str, object]:
        """Return ``payload``, one row or a list of them, by ``book``."""
        del request
        payload = parsing.cell(parsing.mapping(document, "the reply"), "payload")
        listed = [payload] if isinstance(payload, dict) and "book" in payload else payload
        return parsing.index_rows(parsing.sequence(listed, "payload"), "book")

    def cells(self, ask: Ask, row: object, document: object) -> Cells:
        """Return last, best bid and ask, and base volume."""
        del ask, document
        fields = parsing.mapping(row, "the row")
        clock = parsing.cell(fields, "created_at")
        return Cells(
            price=parsing.cell(fields, "last"),
            bid=parsing.cell(fields, "bid"),
            ask=parsing.cell(fields, "ask"),
            volume=parsing.cell(fields, "volume"),
            clock=parsing.Clock(clock, unit="iso", tolerance=parsing.REPLY_CLOCK_TOLERANCE),
        )
