"""Bithumb spot (Korea)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from apps.pricing.types import Ask
from apps.sources import errors
from apps.sources.adapters import parsing
from apps.sources.adapters.base import BaseAdapter, Cells, PriceRequest, path_part, split_pair

OK = "0000"
ALL = "/public/ticker/ALL_"


class Bithumb(BaseAdapter):
    """All tickers in one currency of Bithumb's public REST API; no key needed.

    Source: https://apidocs.bithumb.com/v1.2.0/reference (GET /public/ticker/ALL_KRW).  150 requests a second and IP.
    Asked for one ticker too (about 130 kB): the single reply does not name its pair.  Rows are keyed by the base, the
    quote stands in the URL alone.  All errors come under status 200 or 400 in ``status``.
    Quotes are in won (KRW), some in bitcoin. The ticker has no book.

    Time: only the reply's own clock (``data.date``, ms, among the rows), which says nothing about the trade. A quote
    therefore stands for the time it arrived, unless that clock shows an old, cached reply.
    """

    slug = "bithumb"
    name = "Bithumb"
    base_url = "https://api.bithumb.com"
    rate_limit = "150/second"
    codes: ClassVar[Mapping[str, type[errors.SourceError]]] = {
        "5500": errors.UnknownTicker,  # "Invalid Parameter"; the currency is the only one
        "5400": errors.ServerError,
        "5900": errors.ServerError,
        "too_many_requests": errors.RateLimited,
    }

    def ticker_for(self, pair: str) -> str:
        """Return ``BTC_KRW`` for BTC/KRW."""
        return "_".join(split_pair(pair))

    def build(self, asks: Sequence[Ask]) -> Sequence[PriceRequest]:
        """Return one request per quote currency."""
        return [
            PriceRequest(
                path=f"{ALL}{path_part(money)}", asks=tuple(ask for ask in asks if _money(ask.ticker) == money)
            )
            for money in dict.fromkeys(_money(ask.ticker) for ask in asks)
        ]

    def body_error(self, document: object, status: int) -> errors.SourceError | None:
        """Read ``{"status": "5500", "message": …}``, and the ``{"error": {"name", "message"}}`` of newer calls."""
        stated = document.get("error") if isinstance(document, dict) else None
        if isinstance(stated, dict):
            return self.coded_error(parsing.words(stated, "name"), parsing.words(stated, "message"), status)
        code = parsing.words(document, "status")
        if not code or code == OK:
            return None
        return self.coded_error(code, parsing.words(document, "message"), status)

    def rows(self, request: PriceRequest, document: object) -> Mapping[str, object]:
        """Return the rows of ``data`` by base and the quote that was asked for; ``date`` is none of them."""
        money = request.path.removeprefix(ALL)
        return {f"{base}_{money}": row for base, row in _data(document).items() if isinstance(row, dict)}

    def cells(self, ask: Ask, row: object, document: object) -> Cells:
        """Return the last trade and 24 h base volume."""
        del ask
        fields = parsing.mapping(row, "the row")
        clock = parsing.cell(_data(document), "date")
        return Cells(
            price=parsing.cell(fields, "closing_price"),
            volume=parsing.cell(fields, "units_traded_24H"),
            clock=parsing.Clock(clock, unit="ms", tolerance=parsing.REPLY_CLOCK_TOLERANCE),
        )


def _data(document: object) -> Mapping[str, object]:
    return parsing.mapping(parsing.cell(parsing.mapping(document, "the reply"), "data"), "data")


def _money(ticker: str) -> str:
    return ticker.rpartition("_")[2]
