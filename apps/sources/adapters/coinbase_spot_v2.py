"""Coinbase's retail prices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Context, Decimal
from typing import ClassVar

from apps.pricing.types import Ask
from apps.sources import errors
from apps.sources.adapters import parsing
from apps.sources.adapters.base import BaseAdapter, Cells, PriceRequest, by_ticker, path_part, split_pair

RATE_DIGITS = Context(prec=18)  # no rate has more, so neither has its inverse


class CoinbaseSpotV2(BaseAdapter):
    """Spot price of Coinbase's retail API v2: a mid price for customers, not a trade; no key needed.

    Source: https://docs.cdp.coinbase.com/coinbase-app/track-apis/prices (GET /v2/prices/{pair}/spot for one,
    /v2/exchange-rates?currency=USD for several in one currency).  10,000 requests an hour and IP.
    exchange-rates says how much of everything one dollar buys; the price is the inverse.  Neither has book or volume.
    Made from the books of Coinbase Exchange, some basis points apart: not a source besides them, but a check on them.

    Time: none in the reply, so a quote stands for the time it arrived.
    """

    slug = "coinbase_spot_v2"
    name = "Coinbase spot price"
    base_url = "https://api.coinbase.com"
    rate_limit = "10000/hour"
    codes: ClassVar[Mapping[str, type[errors.SourceError]]] = {
        "not_found": errors.UnknownTicker,
        "invalid": errors.UnknownTicker,  # "Invalid base currency"; currencies are the only parameter
        "invalid_request": errors.UnknownTicker,
        "rate_limit_exceeded": errors.RateLimited,
        "internal_server_error": errors.ServerError,
    }

    def ticker_for(self, pair: str) -> str:
        """Return ``BTC-USD``."""
        return "-".join(split_pair(pair))

    def build(self, asks: Sequence[Ask]) -> Sequence[PriceRequest]:
        """Return one request per quote currency: the pair's own, or the rates where there are several pairs."""
        requests: list[PriceRequest] = []
        for money in dict.fromkeys(_money(ask.ticker) for ask in asks):
            group = tuple(ask for ask in asks if _money(ask.ticker) == money)
            pairs = by_ticker(group)
            if money and len(pairs) > 1:
                requests.append(PriceRequest(path="/v2/exchange-rates", query=(("currency", money),), asks=group))
                continue
            requests += [PriceRequest(path=f"/v2/prices/{path_part(one[0].ticker)}/spot", asks=one) for one in pairs]
        return requests

    def body_error(self, document: object, status: int) -> errors.SourceError | None:
        """Read ``{"errors": [{"id": "not_found", "message": …}]}``."""
        listed = document.get("errors") if isinstance(document, dict) else None
        first = listed[0] if isinstance(listed, list) and listed else None
        code = parsing.words(first, "id")
        return self.coded_error(code, parsing.words(first, "message"), status) if code else None

    def rows(self, request: PriceRequest, document: object) -> Mapping[str, object]:
        """Return the one row under ``base-currency``, or a row for each of the rates."""
        del request
        row = parsing.mapping(parsing.cell(parsing.mapping(document, "the reply"), "data"), "data")
        money = parsing.words(row, "currency")
        if "rates" in row:
            rates = parsing.mapping(row["rates"], "rates")
            return {f"{base}-{money}": {"rate": rate} for base, rate in rates.items()}
        if not (money and parsing.words(row, "base")):
            raise errors.UnexpectedShape("the row names no pair")
        return {f"{parsing.words(row, 'base')}-{money}": row}

    def cells(self, ask: Ask, row: object, document: object) -> Cells:
        """Return the amount, or the inverse of the rate."""
        del ask, document
        fields = parsing.mapping(row, "the row")
        if "rate" in fields:
            inverse = parsing.inverted(fields["rate"])
            return Cells(price=RATE_DIGITS.plus(inverse) if isinstance(inverse, Decimal) else inverse)
        return Cells(price=parsing.cell(fields, "amount"))


def _money(ticker: str) -> str:
    return ticker.rpartition("-")[2] if "-" in ticker else ""
