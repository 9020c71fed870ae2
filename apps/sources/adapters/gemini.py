"""Gemini spot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from apps.pricing.types import Ask
from apps.sources import errors
from apps.sources.adapters import parsing
from apps.sources.adapters.base import BaseAdapter, Cells, PriceRequest, path_part, split_pair, tickers_of
from apps.sources.adapters.decoding import Table

# volume.timestamp is the end of the volume window and moves in coarse steps; older than this, the reply is stale
WINDOW_TOLERANCE = timedelta(hours=2)


class Gemini(BaseAdapter):
    """Ticker of Gemini's public REST API; no key needed.

    Source: https://docs.gemini.com/rest/market-data (GET /v1/pubticker/{symbol} for one, /v1/pricefeed for many).
    120 requests a minute, one a second advised; then 429.  Many tickers therefore go through pricefeed, one call
    for all, which has prices only: no bid, ask or volume.  One ticker goes through pubticker, which has them.
    pubticker does not name its symbol, but its volumes carry the names of both currencies; they must be the ticker's.

    Time: none that says when the price was made. volume.timestamp (ms) is the end of the volume window, in steps of
    minutes; it is only used to unmask a reply that is hours old.
    """

    slug = "gemini"
    name = "Gemini"
    base_url = "https://api.gemini.com"
    table = Table((), symbol="pair")
    rate_limit = "120/minute"

    def ticker_for(self, pair: str) -> str:
        """Return ``btcusd``."""
        return "".join(split_pair(pair)).lower()

    def build(self, asks: Sequence[Ask]) -> Sequence[PriceRequest]:
        """Return one request: pubticker for one ticker, pricefeed for more."""
        tickers = tickers_of(asks)
        path = f"/v1/pubticker/{path_part(tickers[0].lower())}" if len(tickers) == 1 else "/v1/pricefeed"
        return [PriceRequest(path=path, asks=tuple(asks))]

    def names(self, ticker: str) -> Sequence[str]:
        """Return the ticker in upper case, as pricefeed writes it."""
        return (ticker.upper(),)

    def body_error(self, document: object, status: int) -> errors.SourceError | None:
        """Read ``{"result": "error", "reason": …, "message": …}``."""
        if parsing.words(document, "result") != "error":
            return None
        reason, message = parsing.words(document, "reason"), str(_field(document, "message"))[:100]
        told = f"{reason}: {message}"
        if "not a valid symbol" in message or "InvalidSymbol" in reason:
            return errors.UnknownTicker(told)
        if "RateLimit" in reason.replace(" ", ""):
            return errors.RateLimited(told)
        if reason in {"System", "Maintenance"}:
            return errors.ServerError(told)
        return errors.ErrorInBody(told) if status == 200 else None

    def rows(self, request: PriceRequest, document: object) -> Mapping[str, object]:
        """Return pricefeed's rows by ``pair``, or pubticker's one row under the name its volumes give it."""
        if isinstance(document, list):
            return parsing.index_rows(document, "pair")
        row = parsing.mapping(document, "the reply")
        if not row:
            raise errors.UnexpectedShape("the reply is an empty object")
        return {_pubticker_name(row, asked=request.asks[0].ticker.upper()): row}

    def cells(self, ask: Ask, row: object, document: object) -> Cells:
        """Return pricefeed's price, or pubticker's last, best bid and ask, and base volume."""
        del document
        fields = parsing.mapping(row, "the row")
        if "price" in fields and "last" not in fields:
            return Cells(price=fields["price"])
        volume = fields.get("volume")
        amounts: Mapping[str, object] = volume if isinstance(volume, dict) else {}
        clock = parsing.cell(amounts, "timestamp")
        return Cells(
            price=parsing.cell(fields, "last"),
            bid=parsing.cell(fields, "bid"),
            ask=parsing.cell(fields, "ask"),
            volume=_base_amount(amounts, ticker=ask.ticker.upper()),
            clock=parsing.Clock(clock, unit="ms", tolerance=WINDOW_TOLERANCE),
        )


def _pubticker_name(row: Mapping[str, object], *, asked: str) -> str:
    """Return ``asked`` when the volumes name its two currencies, or name none; else what they name."""
    volume = row.get("volume")
    currencies = [name.upper() for name in volume if name != "timestamp"] if isinstance(volume, dict) else []
    if len(currencies) != 2 or asked in {"".join(currencies), "".join(reversed(currencies))}:
        return asked
    return "".join(currencies)


def _base_amount(amounts: Mapping[str, object], *, ticker: str) -> object:
    """Return the volume under the currency the ticker begins with."""
    for name, amount in amounts.items():
        if name != "timestamp" and ticker.startswith(name.upper()):
            return amount
    return parsing.ABSENT


def _field(document: object, key: str) -> object:
    return document.get(key, "") if isinstance(document, dict) else ""
