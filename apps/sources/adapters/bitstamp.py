"""Bitstamp spot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from apps.pricing.types import Ask
from apps.sources import errors
from apps.sources.adapters import parsing
from apps.sources.adapters.base import BaseAdapter, Cells, PriceRequest, Reply, path_part, split_pair, tickers_of


class Bitstamp(BaseAdapter):
    """Ticker of Bitstamp's public REST API; no key needed.

    Source: https://www.bitstamp.net/api/#tag/Tickers (GET /api/v2/ticker/{symbol}/ for one, /api/v2/ticker/ for all).
    400 requests a second, 10,000 per 10 minutes.  The reply for all names pairs as ``BTC/USD``, the ticker is
    ``btcusd``; they are compared without slash and case.  An unknown symbol is status 404.

    Time: ``timestamp`` of the row (s), when Bitstamp made the ticker; it bounds the age of the price to a second or
    two and is not the time of the last trade.
    """

    slug = "bitstamp"
    name = "Bitstamp"
    base_url = "https://www.bitstamp.net"
    rate_limit = "400/second; 10000/10 minute"

    def ticker_for(self, pair: str) -> str:
        """Return ``btcusd``."""
        return "".join(split_pair(pair)).lower()

    def build(self, asks: Sequence[Ask]) -> Sequence[PriceRequest]:
        """Return one request: the symbol's own, or the one for all."""
        tickers = tickers_of(asks)
        symbol = f"{path_part(_plain(tickers[0]))}/" if len(tickers) == 1 else ""
        return [PriceRequest(path=f"/api/v2/ticker/{symbol}", asks=tuple(asks))]

    def names(self, ticker: str) -> Sequence[str]:
        """Return the ticker without slash, in lower case."""
        return (_plain(ticker),)

    def body_error(self, document: object, status: int) -> errors.SourceError | None:
        """Read ``{"error": …}``, ``{"reason": …}`` and ``{"status": "error"}``; 404 is an unknown symbol."""
        if status == 404:
            return errors.UnknownTicker(f"HTTP 404 {parsing.words(document, 'error')}".strip())
        if status != 200 or not isinstance(document, dict):
            return None
        if "error" in document or document.get("status") == "error":
            told = parsing.words(document, "error") or parsing.words(document, "reason") or "no words given"
            return errors.ErrorInBody(told)
        return None

    def status_error(self, reply: Reply) -> errors.SourceError:
        """Return the error of a status; Bitstamp's page for an unknown symbol (404) is HTML."""
        if reply.status == 404:
            return errors.UnknownTicker("HTTP 404")
        return super().status_error(reply)

    def rows(self, request: PriceRequest, document: object) -> Mapping[str, object]:
        """Return rows by ``pair``; older single replies do not name theirs and stand under the ticker asked for."""
        if isinstance(document, dict):
            if not document:
                raise errors.UnexpectedShape("the reply is an empty object")
            echoed = document.get("pair", request.asks[0].ticker)
            return {_plain(str(echoed)): document}
        indexed: dict[str, object] = {}
        for row in parsing.sequence(document, "the reply"):
            if isinstance(row, dict) and isinstance(pair := row.get("pair"), str):
                parsing.add_row(indexed, _plain(pair), row)
        return indexed

    def cells(self, ask: Ask, row: object, document: object) -> Cells:
        """Return last, best bid and ask, base volume and timestamp (s)."""
        del ask, document
        fields = parsing.mapping(row, "the row")
        return Cells(
            price=parsing.cell(fields, "last"),
            bid=parsing.cell(fields, "bid"),
            ask=parsing.cell(fields, "ask"),
            volume=parsing.cell(fields, "volume"),
            clock=parsing.Clock(parsing.cell(fields, "timestamp"), unit="s"),
        )


def _plain(ticker: str) -> str:
    return ticker.replace("/", "").lower()
