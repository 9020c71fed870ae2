"""Kaiko."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from apps.pricing.types import Ask
from apps.sources import errors
from apps.sources.adapters import parsing
from apps.sources.adapters.aggregator import Aggregator
from apps.sources.adapters.base import Cells, KeyPlace, PriceRequest, by_ticker, path_part, split_pair

INTERVAL = "1m"
NEWEST_ROWS = "5"  # the newest minutes may still be null


class Kaiko(Aggregator):
    """Spot exchange rates of Kaiko's market data API; needs a key of a contract (header X-Api-Key).

    Source: https://docs.kaiko.com/rest-api/data-feeds/level-1-and-level-2-data (GET
    /v2/data/trades.v2/spot_exchange_rate/{base}/{quote}).  Limits belong to the contract; 429.
    One pair a call.  The rate is the volume-weighted price of all trades of a minute, newest first; the newest minute
    may be null, then the one before it counts.  Errors are ``{"result": "error", "message": …}``.

    Time: ``timestamp`` (ms), the beginning of the minute the price is made from.
    """

    slug = "kaiko"
    name = "Kaiko"
    base_url = "https://us.market-api.kaiko.io/v2/data"

    def key_place(self) -> KeyPlace:
        """Return the key's header."""
        return KeyPlace(header="X-Api-Key")

    def ticker_for(self, pair: str) -> str:
        """Return ``btc/usd``."""
        return "/".join(split_pair(pair)).lower()

    def build(self, asks: Sequence[Ask]) -> Sequence[PriceRequest]:
        """Return one request per pair."""
        return [
            PriceRequest(
                path=f"/trades.v2/spot_exchange_rate/{_place(group[0].ticker)}",
                query=(("interval", INTERVAL), ("sort", "desc"), ("page_size", NEWEST_ROWS)),
                asks=group,
            )
            for group in by_ticker(asks)
        ]

    def names(self, ticker: str) -> Sequence[str]:
        """Return the ticker in lower case."""
        return (ticker.lower(),)

    def body_error(self, document: object, status: int) -> errors.SourceError | None:
        """Read ``{"result": "error", "message": …}``; a reply of another result is sound."""
        if parsing.words(document, "result") != "error" and status == 200:
            return None
        message = parsing.words(document, "message")
        if "not found" in message.lower() or status == 404:
            return errors.UnknownTicker(message or f"HTTP {status}")
        if status == 403 and message:
            return errors.KeyRefused(message)
        return errors.ErrorInBody(message or "result: error") if status == 200 else None

    def rows(self, request: PriceRequest, document: object) -> Mapping[str, object]:
        """Return the minutes under the pair the reply names."""
        del request
        whole = parsing.mapping(document, "the reply")
        query = parsing.mapping(parsing.cell(whole, "query"), "query")
        pair = f"{parsing.words(query, 'base_asset')}/{parsing.words(query, 'quote_asset')}"
        return {pair.lower(): parsing.sequence(parsing.cell(whole, "data"), "data")}

    def cells(self, ask: Ask, row: object, document: object) -> Cells:
        """Return the newest minute that has a price."""
        del document
        minutes = [minute for minute in parsing.sequence(row, "data") if isinstance(minute, dict)]
        if not minutes:
            raise errors.TickerMissing(f"no minute of {ask.ticker} in the reply")
        newest = next((minute for minute in minutes if minute.get("price", "") is not None), minutes[0])
        return Cells(
            price=parsing.cell(newest, "price"),
            clock=parsing.Clock(parsing.cell(newest, "timestamp"), unit="ms"),
        )


def _place(ticker: str) -> str:
    """Return ``base/quote`` as two segments of a path; whatever else as one."""
    parts = ticker.lower().split("/")
    if len(parts) != 2 or not all(part.isalnum() for part in parts):
        return path_part(ticker)
    return "/".join(path_part(part) for part in parts)
