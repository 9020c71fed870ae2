"""Coinbase Exchange (formerly GDAX, Pro)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from apps.pricing.types import Ask
from apps.sources import errors
from apps.sources.adapters import parsing
from apps.sources.adapters.base import BaseAdapter, Cells, PriceRequest, by_ticker, path_part, split_pair

ALL = "/products/stats"
BURST = 15  # calls a second that are let through; more products than that go through the call for all


class CoinbaseExchange(BaseAdapter):
    """Product ticker of Coinbase Exchange's public REST API; no key, but a User-Agent is required.

    Source: https://docs.cdp.coinbase.com/exchange/reference/exchangerestapi_getproductticker (GET
    /products/{id}/ticker; /products/stats for all, undocumented).  10 requests a second and IP, bursts of 15; then 429.
    Up to 15 products are asked one by one, because that reply has the trade's time and the book. The call for all has
    neither, and is the only way to ask for more.
    The ticker does not name its product, so the URL is the only proof of the pair.
    BTC-USDC is an alias of BTC-USD's book: listing both counts one market twice.

    Time: ``time`` of the last trade, ISO-8601 with up to nanoseconds (kept to microseconds); none in the call for all,
    where a quote stands for the time it arrived.
    """

    slug = "coinbase_exchange"
    name = "Coinbase Exchange"
    base_url = "https://api.exchange.coinbase.com"
    rate_limit = "15/second; 100/10 second"

    def ticker_for(self, pair: str) -> str:
        """Return ``BTC-USD``."""
        return "-".join(split_pair(pair))

    def build(self, asks: Sequence[Ask]) -> Sequence[PriceRequest]:
        """Return one request per product, or the one for all where that would exceed the limit."""
        groups = by_ticker(asks)
        if len(groups) > BURST:
            return [PriceRequest(path=ALL, asks=tuple(asks))]
        return [PriceRequest(path=f"/products/{path_part(group[0].ticker)}/ticker", asks=group) for group in groups]

    def body_error(self, document: object, status: int) -> errors.SourceError | None:
        """Read ``{"message": …}``: 404 NotFound is an unknown product."""
        message = parsing.words(document, "message")
        if status == 404 and message:
            return errors.UnknownTicker(message)
        return errors.ErrorInBody(message) if status == 200 and message else None

    def rows(self, request: PriceRequest, document: object) -> Mapping[str, object]:
        """Return the rows by product, or the one row under the ticker asked for, which its reply does not repeat."""
        row = parsing.mapping(document, "the reply")
        if any(isinstance(value, dict) and "stats_24hour" in value for value in row.values()):
            return row
        if not row:
            raise errors.UnexpectedShape("the reply is an empty object")
        echoed = row.get("product_id", request.asks[0].ticker)
        return {str(echoed): row}

    def cells(self, ask: Ask, row: object, document: object) -> Cells:
        """Return last trade, best bid and ask, base volume and the trade's time; the first and third from stats."""
        del ask, document
        fields = parsing.mapping(row, "the row")
        if "stats_24hour" in fields:
            stats = parsing.mapping(fields["stats_24hour"], "stats_24hour")
            return Cells(price=parsing.cell(stats, "last"), volume=parsing.cell(stats, "volume"))
        return Cells(
            price=parsing.cell(fields, "price"),
            bid=parsing.cell(fields, "bid"),
            ask=parsing.cell(fields, "ask"),
            volume=parsing.cell(fields, "volume"),
            clock=parsing.Clock(parsing.cell(fields, "time"), unit="iso"),
        )
