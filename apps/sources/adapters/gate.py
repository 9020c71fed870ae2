"""Gate spot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from apps.pricing.types import Ask
from apps.sources import errors
from apps.sources.adapters import parsing
from apps.sources.adapters.base import BaseAdapter, Cells, PriceRequest, one_or_all, split_pair_in_usdt
from apps.sources.adapters.decoding import Table


class Gate(BaseAdapter):
    """Spot ticker of Gate's public v4 REST API; no key needed.

    Source: https://www.gate.com/docs/developers/apiv4/#get-currency-pair-ticker-information (GET
    /api/v4/spot/tickers).  200 requests per 10 s, endpoint and IP; then 429, label TOO_MANY_REQUESTS.
    There is no list of pairs: more than one ticker means all spot tickers, about 800 kB.
    Errors are ``{"label", "message"}`` under 400; a delisted currency is INVALID_CURRENCY.

    Time: none in the reply, so a quote stands for the time it arrived.
    """

    slug = "gate"
    name = "Gate"
    base_url = "https://api.gateio.ws"
    table = Table((), symbol="currency_pair")
    rate_limit = "200/10 second"
    codes: ClassVar[Mapping[str, type[errors.SourceError]]] = {
        "INVALID_CURRENCY": errors.UnknownTicker,
        "INVALID_CURRENCY_PAIR": errors.UnknownTicker,
        "TOO_MANY_REQUESTS": errors.RateLimited,
        "TOO_FAST": errors.RateLimited,
        "INTERNAL": errors.ServerError,
        "SERVER_ERROR": errors.ServerError,
        "TOO_BUSY": errors.ServerError,
    }

    def ticker_for(self, pair: str) -> str:
        """Return ``BTC_USDT`` for BTC/USD: Gate's dollar markets are few."""
        return "_".join(split_pair_in_usdt(pair))

    def build(self, asks: Sequence[Ask]) -> Sequence[PriceRequest]:
        """Return one request, whatever the number of tickers."""
        return one_or_all(asks, path="/api/v4/spot/tickers", parameter="currency_pair")

    def body_error(self, document: object, status: int) -> errors.SourceError | None:
        """Read ``{"label": "INVALID_CURRENCY_PAIR", "message": …}``."""
        label = parsing.words(document, "label")
        return self.coded_error(label, parsing.words(document, "message"), status) if label else None

    def rows(self, request: PriceRequest, document: object) -> Mapping[str, object]:
        """Return the rows by ``currency_pair``."""
        del request
        return parsing.index_rows(parsing.sequence(document, "the reply"), "currency_pair")

    def cells(self, ask: Ask, row: object, document: object) -> Cells:
        """Return last, best bid and ask, and base volume."""
        del ask, document
        fields = parsing.mapping(row, "the row")
        return Cells(
            price=parsing.cell(fields, "last"),
            bid=parsing.cell(fields, "highest_bid"),
            ask=parsing.cell(fields, "lowest_ask"),
            volume=parsing.cell(fields, "base_volume"),
        )
