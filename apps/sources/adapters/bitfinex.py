"""Bitfinex spot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from apps.pricing.types import Ask
from apps.sources import errors
from apps.sources.adapters import parsing
from apps.sources.adapters.base import BaseAdapter, Cells, PriceRequest, batches, split_pair, tickers_of

# Cells of a trading row of /v2/tickers: SYMBOL, BID, BID_SIZE, ASK, ASK_SIZE, CHANGE, CHANGE_SHARE, LAST, VOLUME, …
BID, ASK, LAST, VOLUME = 1, 3, 7, 8
COMMON_NAMES: Mapping[str, str] = {"USDT": "UST", "USDC": "UDC", "DASH": "DSH", "IOTA": "IOT", "QTUM": "QTM"}
SHORT_NAME = 3  # longer names are joined by a colon: tDOGE:USD


class Bitfinex(BaseAdapter):
    """Trading tickers of Bitfinex's public v2 REST API; no key needed.

    Source: https://docs.bitfinex.com/reference/rest-public-tickers (GET /v2/tickers?symbols=…).  90 requests a minute
    and IP (30 in older documents), then shut out for 60 s: ``["error", 11010, "ratelimit: error"]`` under 429 or 500.
    Rows are arrays with the symbol first.  One ticker goes through the same call, because /v2/ticker/{symbol} names
    no symbol and has its columns one to the left.  Unknown symbols are left out silently.
    Names: tether is UST (tBTCUST), USD Coin is UDC; names beyond three letters take a colon (tDOGE:USD).
    Rows of funding (fUSD) have other columns and are never read.

    Time: none in the reply, so a quote stands for the time it arrived.
    """

    slug = "bitfinex"
    name = "Bitfinex"
    base_url = "https://api-pub.bitfinex.com"
    rate_limit = "90/minute"
    codes: ClassVar[Mapping[str, type[errors.SourceError]]] = {
        "10020": errors.UnknownTicker,  # "symbol: invalid"; the symbols being the only parameter
        "11010": errors.RateLimited,
        "20060": errors.ServerError,  # maintenance
    }

    def ticker_for(self, pair: str) -> str:
        """Return ``tBTCUSD``, ``tDOGE:USD``, ``tBTCUST`` for BTC/USDT."""
        base, quoted = (COMMON_NAMES.get(asset, asset) for asset in split_pair(pair))
        colon = ":" if max(len(base), len(quoted)) > SHORT_NAME else ""
        return f"t{base}{colon}{quoted}"

    def build(self, asks: Sequence[Ask]) -> Sequence[PriceRequest]:
        """Return one request per hundred tickers."""
        return [
            PriceRequest(path="/v2/tickers", query=(("symbols", ",".join(tickers_of(batch))),), asks=batch)
            for batch in batches(asks)
        ]

    def body_error(self, document: object, status: int) -> errors.SourceError | None:
        """Read ``["error", 10020, "symbol: invalid"]``, and ``{"error": …}`` of its gateway."""
        if isinstance(document, dict):
            told = parsing.words(document, "error") or parsing.words(document, "message")
            return errors.ErrorInBody(told) if told and status == 200 else None
        if not isinstance(document, list) or document[:1] != ["error"]:
            return None
        code, message = (str(part)[:60] for part in (*document[1:3], "", "")[:2])
        return self.coded_error(code, message, status)

    def rows(self, request: PriceRequest, document: object) -> Mapping[str, object]:
        """Return the trading rows by their first cell."""
        del request
        indexed = parsing.index_arrays(parsing.sequence(document, "the reply"))
        return {symbol: row for symbol, row in indexed.items() if symbol.startswith("t")}

    def cells(self, ask: Ask, row: object, document: object) -> Cells:
        """Return last, best bid and ask, and base volume."""
        del ask, document
        cells = parsing.sequence(row, "the row")
        return Cells(
            price=parsing.item(cells, LAST),
            bid=parsing.item(cells, BID),
            ask=parsing.item(cells, ASK),
            volume=parsing.item(cells, VOLUME),
        )
