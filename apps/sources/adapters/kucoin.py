"""KuCoin spot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from apps.pricing.types import Ask
from apps.sources import errors
from apps.sources.adapters import parsing
from apps.sources.adapters.base import BaseAdapter, Cells, PriceRequest, split_pair_in_usdt
from apps.sources.adapters.decoding import Table

OK = "200000"
ALL_TICKERS_WEIGHT = 15


class Kucoin(BaseAdapter):
    """All spot tickers of KuCoin's public REST API; no key needed.

    Source: https://www.kucoin.com/docs-new/rest/spot-trading/market-data/get-all-tickers (GET
    /api/v1/market/allTickers).  Weight 15 of 2,000 per 30 s and IP; the limit is code 429000.
    Asked for one ticker too: the lighter orderbook/level1 does not name its symbol and has no volume, so nothing in
    it would show another pair's price, and /market/stats weighs the same as all tickers.

    Time: only the reply's own clock (``data.time``, ms), which says nothing about the trade. A quote therefore
    stands for the time it arrived, unless that clock shows an old, cached reply.
    """

    slug = "kucoin"
    name = "KuCoin"
    base_url = "https://api.kucoin.com"
    table = Table(("data", "ticker"), symbol="symbol")
    rate_limit = "2000/30 second"
    codes: ClassVar[Mapping[str, type[errors.SourceError]]] = {
        "100001": errors.UnknownTicker,
        "900001": errors.UnknownTicker,
        "429000": errors.RateLimited,
        "1015": errors.RateLimited,
        "400302": errors.GeoBlocked,
        "500000": errors.ServerError,
        "230005": errors.ServerError,
    }

    def ticker_for(self, pair: str) -> str:
        """Return ``BTC-USDT`` for BTC/USD: KuCoin has no US dollar markets."""
        return "-".join(split_pair_in_usdt(pair))

    def build(self, asks: Sequence[Ask]) -> Sequence[PriceRequest]:
        """Return one request, whatever the number of tickers."""
        return [PriceRequest(path="/api/v1/market/allTickers", asks=tuple(asks), weight=ALL_TICKERS_WEIGHT)]

    def body_error(self, document: object, status: int) -> errors.SourceError | None:
        """Read ``{"code": "100001", "msg": …}``; code 200000 is no error."""
        code = parsing.words(document, "code")
        if not code.isdigit() or code == OK:  # until 2018 success was "OK", with another shape
            return None
        return self.coded_error(code, parsing.words(document, "msg"), status)

    def rows(self, request: PriceRequest, document: object) -> Mapping[str, object]:
        """Return ``data.ticker`` by ``symbol``."""
        del request
        listed = parsing.cell(_data(document), "ticker")
        return parsing.index_rows(parsing.sequence(listed, "data.ticker"), "symbol")

    def cells(self, ask: Ask, row: object, document: object) -> Cells:
        """Return last, best bid (buy) and ask (sell), and base volume."""
        del ask
        fields = parsing.mapping(row, "the row")
        clock = parsing.cell(_data(document), "time")
        return Cells(
            price=parsing.cell(fields, "last"),
            bid=parsing.cell(fields, "buy"),
            ask=parsing.cell(fields, "sell"),
            volume=parsing.cell(fields, "vol"),
            clock=parsing.Clock(clock, unit="ms", tolerance=parsing.REPLY_CLOCK_TOLERANCE),
        )


def _data(document: object) -> Mapping[str, object]:
    return parsing.mapping(parsing.cell(parsing.mapping(document, "the reply"), "data"), "data")
