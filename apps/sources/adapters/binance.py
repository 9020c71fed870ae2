"""Binance spot, and exchanges that speak its API (Binance.US) through another base URL."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from apps.pricing.types import Ask
from apps.sources import errors
from apps.sources.adapters import parsing
from apps.sources.adapters.base import BaseAdapter, Cells, PriceRequest, batches, split_pair_in_usdt, tickers_of

INVALID_SYMBOL = {"-1121", "-1100"}  # -1100: characters no symbol has
LIGHT_TICKERS, LIGHT_WEIGHT, HEAVY_WEIGHT = 20, 2, 40
TOO_MANY_REQUESTS = {"-1003", "-1015"}


class Binance(BaseAdapter):
    """24 h ticker of Binance's public REST API; no key needed.

    Source: https://developers.binance.com/docs/binance-spot-api-docs/rest-api/market-data-endpoints (GET
    /api/v3/ticker/24hr).  6,000 weight a minute and IP: one symbol costs 2, up to 20 cost 2, up to 100 cost 40.
    429 means slow down, 418 an IP ban; 451 and some 403 come from places Binance does not serve.
    One unknown symbol fails the whole call (400, code -1121). Rows come sorted by Binance, matched by symbol.
    Delisted pairs stay in the reply with price 0.

    Time: closeTime of the row, the end of its statistics. It follows the pair's activity (an idle pair lags by
    minutes), so it bounds the age of the price, though it is not the time of the trade itself.
    """

    slug = "binance"
    name = "Binance"
    base_url = "https://api.binance.com"
    rate_limit = "6000/minute"
    mirrors = ("https://data-api.binance.vision", "https://api1.binance.com")

    def ticker_for(self, pair: str) -> str:
        """Return ``BTCUSDT`` for BTC/USD: Binance has no US dollar markets."""
        return "".join(split_pair_in_usdt(pair))

    def build(self, asks: Sequence[Ask]) -> Sequence[PriceRequest]:
        """Return one request per hundred tickers."""
        return [self._request(batch) for batch in batches(asks)]

    def _request(self, asks: tuple[Ask, ...]) -> PriceRequest:
        tickers = tickers_of(asks)
        query = (
            ("symbol", tickers[0])
            if len(tickers) == 1
            else ("symbols", json.dumps(tickers, separators=(",", ":"), ensure_ascii=False))
        )
        weight = LIGHT_WEIGHT if len(tickers) <= LIGHT_TICKERS else HEAVY_WEIGHT
        return PriceRequest(path="/api/v3/ticker/24hr", query=(query,), asks=asks, weight=weight)

    def body_error(self, document: object, status: int) -> errors.SourceError | None:
        """Read ``{"code": -1121, "msg": …}``; a ban (418) keeps its status whatever the code says."""
        code, message = parsing.words(document, "code"), parsing.words(document, "msg")
        if not code or status == 418:
            return None
        if code in INVALID_SYMBOL:
            return errors.UnknownTicker(f"{code} {message}")
        if code in TOO_MANY_REQUESTS:
            return errors.RateLimited(f"{code} {message}")
        return errors.ErrorInBody(f"{code} {message}") if status == 200 else None

    def rows(self, request: PriceRequest, document: object) -> Mapping[str, object]:
        """Return the rows of a list, or the one row of a single answer, by ``symbol``."""
        del request
        if isinstance(document, dict):
            if "symbol" not in document:
                raise errors.UnexpectedShape("the row names no symbol")
            document = [document]
        return parsing.index_rows(parsing.sequence(document, "the reply"), "symbol")

    def cells(self, ask: Ask, row: object, document: object) -> Cells:
        """Return last, best bid and ask, base volume and closeTime (ms)."""
        del ask, document
        fields = parsing.mapping(row, "the row")
        return Cells(
            price=parsing.cell(fields, "lastPrice"),
            bid=parsing.cell(fields, "bidPrice"),
            ask=parsing.cell(fields, "askPrice"),
            volume=parsing.cell(fields, "volume"),
            clock=parsing.Clock(parsing.cell(fields, "closeTime"), unit="ms"),
        )
