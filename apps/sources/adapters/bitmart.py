"""BitMart spot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from apps.pricing.types import Ask
from apps.sources import errors
from apps.sources.adapters import parsing
from apps.sources.adapters.base import BaseAdapter, Cells, PriceRequest, split_pair_in_usdt, tickers_of

OK = "1000"
# Cells of a row of /tickers: symbol, last, v_24h, qv_24h, open, high, low, fluctuation, bid_px, bid_sz, ask_px, …, ts
LAST, VOLUME, BID, ASK, TS = 1, 2, 8, 10, 12


class Bitmart(BaseAdapter):
    """Spot ticker of BitMart's public v3 REST API; no key needed.

    Source: https://developer-pro.bitmart.com/en/spot/#get-ticker-of-a-trading-pair-v3 (GET /spot/quotation/v3/ticker
    for one, /tickers for many).  15 requests per 2 s and IP for one, 10 for all; then 429 or code 30013.
    There is no list of symbols: more than one ticker means all spot tickers, about 250 kB, whose rows are arrays of
    13 cells with the symbol first.  Any code but 1000 is an error.

    Time: ``ts`` of the row (ms), when BitMart made the ticker. It moves with the pair's activity, so it bounds the
    age of the price, though it is not the time of the last trade.
    """

    slug = "bitmart"
    name = "BitMart"
    base_url = "https://api-cloud.bitmart.com"
    rate_limit = "10/2 second"
    codes: ClassVar[Mapping[str, type[errors.SourceError]]] = {
        "70002": errors.UnknownTicker,
        "30013": errors.RateLimited,
        "30010": errors.Banned,  # IP forbidden
        "30014": errors.ServerError,
        "30016": errors.ServerError,
        "59002": errors.ServerError,
    }

    def ticker_for(self, pair: str) -> str:
        """Return ``BTC_USDT`` for BTC/USD: BitMart has no US dollar markets."""
        return "_".join(split_pair_in_usdt(pair))

    def build(self, asks: Sequence[Ask]) -> Sequence[PriceRequest]:
        """Return one request: the symbol's own, or the one for all."""
        tickers = tickers_of(asks)
        if len(tickers) == 1:
            query = (("symbol", tickers[0]),)
            return [PriceRequest(path="/spot/quotation/v3/ticker", query=query, asks=tuple(asks))]
        return [PriceRequest(path="/spot/quotation/v3/tickers", asks=tuple(asks))]

    def body_error(self, document: object, status: int) -> errors.SourceError | None:
        """Read ``{"code": 50000, "message": …}``; code 1000 is no error."""
        code, message = parsing.words(document, "code"), parsing.words(document, "message")
        if not code or code == OK:
            return None
        if "symbol" in message.lower():
            return errors.UnknownTicker(f"{code} {message}")
        return self.coded_error(code, message, status)

    def rows(self, request: PriceRequest, document: object) -> Mapping[str, object]:
        """Return the one row of ``data`` by ``symbol``, or its arrays by their first cell."""
        del request
        listed = parsing.cell(parsing.mapping(document, "the reply"), "data")
        if isinstance(listed, dict):
            if "symbol" not in listed:
                raise errors.UnexpectedShape("the row names no symbol")
            return parsing.index_rows([listed], "symbol")
        return parsing.index_arrays(parsing.sequence(listed, "data"))

    def cells(self, ask: Ask, row: object, document: object) -> Cells:
        """Return last, best bid and ask, base volume and ts (ms)."""
        del ask, document
        if isinstance(row, list):
            price, bid, best_ask, volume, moment = (parsing.item(row, cell) for cell in (LAST, BID, ASK, VOLUME, TS))
        else:
            fields = parsing.mapping(row, "the row")
            names = ("last", "bid_px", "ask_px", "v_24h", "ts")
            price, bid, best_ask, volume, moment = (parsing.cell(fields, name) for name in names)
        return Cells(price=price, bid=bid, ask=best_ask, volume=volume, clock=parsing.Clock(moment, unit="ms"))
