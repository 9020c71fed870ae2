"""Messari."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from apps.pricing.types import Ask
from apps.sources import errors
from apps.sources.adapters import coins, parsing
from apps.sources.adapters.aggregator import Aggregator
from apps.sources.adapters.base import Cells, KeyPlace, PriceRequest, by_ticker, path_part


class Messari(Aggregator):
    """Market data of Messari's API v1, in US dollars; needs a key (header x-messari-api-key).

    Source: https://messari.io/api/docs (GET /api/v1/assets/{slug}/metrics/market-data).  Written from public code that
    uses it, not from a recorded reply.  Limits belong to the key's plan; 429.  One asset a call.
    Errors are ``{"status": {"error_code": 404, "error_message": …}}``.

    Time: market_data.last_trade_at (ISO) where it is given; else status.timestamp, the reply's clock, which only
    unmasks old replies.
    """

    slug = "messari"
    name = "Messari"
    base_url = "https://data.messari.io/api/v1"
    rate_limit = "20/minute"

    def key_place(self) -> KeyPlace:
        """Return the key's header."""
        return KeyPlace(header="x-messari-api-key")

    def ticker_for(self, pair: str) -> str:
        """Return ``bitcoin`` for BTC/USD."""
        return coins.pinned(coins.MESSARI, pair, only_usd=True)[0]

    def build(self, asks: Sequence[Ask]) -> Sequence[PriceRequest]:
        """Return one request per asset."""
        return [
            PriceRequest(path=f"/assets/{path_part(group[0].ticker)}/metrics/market-data", asks=group)
            for group in by_ticker(asks)
        ]

    def body_error(self, document: object, status: int) -> errors.SourceError | None:
        """Read ``{"status": {"error_code": 404, "error_message": …}}``."""
        stated = document.get("status") if isinstance(document, dict) else None
        code, message = parsing.words(stated, "error_code"), parsing.words(stated, "error_message")
        if code == "404" or (status == 404 and message):
            return errors.UnknownTicker(message or code)
        if code in {"401", "403"}:
            return errors.KeyRefused(f"{code} {message}")
        if code == "429":
            return errors.RateLimited(message)
        return errors.ErrorInBody(f"{code} {message}") if status == 200 and (message or code not in {"", "0"}) else None

    def rows(self, request: PriceRequest, document: object) -> Mapping[str, object]:
        """Return ``data.market_data`` under the asset's slug; under the ticker where the reply names none."""
        data = parsing.mapping(parsing.cell(parsing.mapping(document, "the reply"), "data"), "data")
        row = parsing.mapping(parsing.cell(data, "market_data"), "market_data")
        asset = data.get("Asset", data)
        ticker = request.asks[0].ticker
        named = {parsing.words(asset, name).lower() for name in ("slug", "symbol", "id")} - {""}
        return {ticker if not named or ticker.lower() in named else min(named): row}

    def cells(self, ask: Ask, row: object, document: object) -> Cells:
        """Return the price, and the last trade's time or the reply's clock."""
        del ask
        fields = parsing.mapping(row, "market_data")
        traded = parsing.cell(fields, "last_trade_at")
        if isinstance(traded, str) and traded:
            return Cells(price=parsing.cell(fields, "price_usd"), clock=parsing.Clock(traded, unit="iso"))
        status = parsing.cell(parsing.mapping(document, "the reply"), "status")
        answered = status.get("timestamp", parsing.ABSENT) if isinstance(status, dict) else parsing.ABSENT
        clock = parsing.Clock(answered, unit="iso", tolerance=parsing.REPLY_CLOCK_TOLERANCE)
        return Cells(price=parsing.cell(fields, "price_usd"), clock=clock)
