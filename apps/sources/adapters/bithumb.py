"""Bithumb spot (Korea)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from apps.pricing.types import Ask
from apps.sources import errors
from apps.sources.adapters import parsing
from apps.sources.adapters.base import Cells, PriceRequest, path_part, split_pair
from apps.sources.adapters.upbit_api import UpbitApi

OK = "0000"
ALL = "/public/ticker/ALL_"


class Bithumb(UpbitApi):
    """Spot ticker of Bithumb's public REST APIs, the newer made like Upbit's; no key needed.

    Source: https://apidocs.bithumb.com/reference (GET /v1/ticker?markets=KRW-BTC) and, for tickers written ``BTC_KRW``,
    https://apidocs.bithumb.com/v1.2.0/reference (GET /public/ticker/ALL_KRW).  150 requests a second and IP.
    The newer call takes a list, names market and trade time; one unknown market fails the whole call.  The older one
    (about 130 kB) has its rows keyed by base, the quote stands in its URL alone, and its errors come under status 200
    or 400 in ``status``.  Quotes are in won (KRW), some in bitcoin; there is no book.

    Time: that of the last trade, see UpbitApi. The older call has only its own clock (``data.date``, ms), which says
    nothing about the trade: a quote stands for the time it arrived, unless that clock shows an old, cached reply.
    """

    slug = "bithumb"
    name = "Bithumb"
    base_url = "https://api.bithumb.com"
    rate_limit = "150/second"
    codes: ClassVar[Mapping[str, type[errors.SourceError]]] = {
        **UpbitApi.codes,
        "5500": errors.UnknownTicker,  # "Invalid Parameter"; the currency is the only one
        "5400": errors.ServerError,
        "5900": errors.ServerError,
    }

    def ticker_for(self, pair: str) -> str:
        """Return ``KRW-BTC`` for BTC/KRW."""
        base, quoted = split_pair(pair)
        return f"{quoted}-{base}"

    def build(self, asks: Sequence[Ask]) -> Sequence[PriceRequest]:
        """Return one request per hundred markets, and one per quote currency of those written the older way."""
        older = [ask for ask in asks if "_" in ask.ticker]
        newer = [ask for ask in asks if "_" not in ask.ticker]
        by_money = {money: [ask for ask in older if _money(ask) == money] for money in map(_money, older)}
        requests = [
            PriceRequest(path=f"{ALL}{path_part(money)}", asks=tuple(group)) for money, group in by_money.items()
        ]
        return [*(super().build(newer) if newer else ()), *requests]

    def body_error(self, document: object, status: int) -> errors.SourceError | None:
        """Read ``{"error": {"name", "message"}}``, and the older ``{"status": "5500", "message": …}``."""
        code = parsing.words(document, "status")
        if code and code != OK:
            return self.coded_error(code, parsing.words(document, "message"), status)
        return super().body_error(document, status)

    def rows(self, request: PriceRequest, document: object) -> Mapping[str, object]:
        """Return the rows by ``market``, the older ones by base and the quote asked for; ``date`` is no row."""
        if not request.path.startswith(ALL):
            return super().rows(request, document)
        money = request.path.removeprefix(ALL)
        return {f"{base}_{money}": row for base, row in _data(document).items() if isinstance(row, dict)}

    def cells(self, ask: Ask, row: object, document: object) -> Cells:
        """Return the last trade, 24 h base volume and the trade's time, or the older reply's clock."""
        if isinstance(document, list):
            return super().cells(ask, row, document)
        fields = parsing.mapping(row, "the row")
        clock = parsing.cell(_data(document), "date")
        return Cells(
            price=parsing.cell(fields, "closing_price"),
            volume=parsing.cell(fields, "units_traded_24H"),
            clock=parsing.Clock(clock, unit="ms", tolerance=parsing.REPLY_CLOCK_TOLERANCE),
        )


def _data(document: object) -> Mapping[str, object]:
    return parsing.mapping(parsing.cell(parsing.mapping(document, "the reply"), "data"), "data")


def _money(ask: Ask) -> str:
    return ask.ticker.rpartition("_")[2]
