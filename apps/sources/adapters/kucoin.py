"""KuCoin spot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from apps.pricing.types import Ask
from apps.sources import errors
from apps.sources.adapters import parsing
from apps.sources.adapters.base import BaseAdapter, Cells, PriceRequest, split_pair_in_usdt

OK = "200000"
UNKNOWN_SYMBOL = {"100001", "900001"}
TOO_MANY_REQUESTS = {"429000", "1015"}
ALL_TICKERS_WEIGHT = 15
BUSY = {"500000", "230005"}


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
    rate_limit = "2000/30 second"

    def ticker_for(self, pair: str) -> str:
        """Return ``BTC-USDT`` for BTC/USD: KuCoin has no US dollar markets."""
        return "-".join(split_pair_in_usdt(pair))

    def build(self, asks: Sequence[Ask]) -> Sequence[PriceRequest]:
        """Return one request, whatever the number of tickers."""
        return [PriceRequest(path="/api/v1/market/allTickers", asks=tuple(asks), weight=ALL_TICKERS_WEIGHT)]

    def body_error(self, document: object, status: int) -> errors.SourceError | None:
        """Read ``{"code": "100001", "msg": …}``; code 200000 is no error."""
        code = parsing.words(document, "code")
        if not code or code == OK:
            return None
        told = f"{code} {parsing.words(document, 'msg')}"
        if code in UNKNOWN_SYMBOL:
            return errors.UnknownTicker(told)
        if code in TOO_MANY_REQUESTS:
            return errors.RateLimited(told)
        if code in BUSY:
            return errors.ServerError(told)
        return errors.ErrorInBody(told) if status == 200 else None

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
