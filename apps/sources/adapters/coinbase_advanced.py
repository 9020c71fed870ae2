"""Coinbase Advanced Trade, which shows the books of Coinbase Exchange."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from apps.pricing.types import Ask
from apps.sources import errors
from apps.sources.adapters import parsing
from apps.sources.adapters.base import BaseAdapter, Cells, PriceRequest, batches, path_part, split_pair, tickers_of
from apps.sources.adapters.decoding import Table

PRODUCTS = "/api/v3/brokerage/market/products"
HALT_FLAGS = ("is_disabled", "trading_disabled", "cancel_only", "post_only", "auction_mode")


class CoinbaseAdvanced(BaseAdapter):
    """Public market data of Coinbase's Advanced Trade REST API; no key needed.

    Source: https://docs.cdp.coinbase.com/api-reference/advanced-trade-api/rest-api/public/get-public-market-trades
    (GET /market/products/{id}/ticker for one, /market/products?product_ids=… for many).  10 requests a second and IP.
    The call for many has the last price and the base volume, and as a rule neither book nor time; unknown products
    are left out silently.  A product that does not trade (disabled, cancel only, post only, auction) is refused.
    Same books as Coinbase Exchange, and BTC-USDC is an alias of BTC-USD: listing two of them counts one market twice.

    Time: for one ticker, that of its last trade; for many there is none, and a quote stands for the time it arrived.
    """

    slug = "coinbase_advanced"
    name = "Coinbase Advanced"
    base_url = "https://api.coinbase.com"
    table = Table(("products",), symbol="product_id")
    rate_limit = "10/second"
    codes: ClassVar[Mapping[str, type[errors.SourceError]]] = {
        "NOT_FOUND": errors.UnknownTicker,
        "INVALID_ARGUMENT": errors.UnknownTicker,  # "ProductID is invalid"; products are the only argument
        "RESOURCE_EXHAUSTED": errors.RateLimited,
        "rate_limit_exceeded": errors.RateLimited,
        "UNAVAILABLE": errors.ServerError,
        "INTERNAL": errors.ServerError,
    }

    def ticker_for(self, pair: str) -> str:
        """Return ``BTC-USD``."""
        return "-".join(split_pair(pair))

    def build(self, asks: Sequence[Ask]) -> Sequence[PriceRequest]:
        """Return the product's own request, or one per hundred products."""
        tickers = tickers_of(asks)
        if len(tickers) == 1:
            path = f"{PRODUCTS}/{path_part(tickers[0])}/ticker"
            return [PriceRequest(path=path, query=(("limit", "1"),), asks=tuple(asks))]
        return [
            PriceRequest(path=PRODUCTS, query=tuple(("product_ids", name) for name in tickers_of(batch)), asks=batch)
            for batch in batches(asks)
        ]

    def body_error(self, document: object, status: int) -> errors.SourceError | None:
        """Read ``{"error": "NOT_FOUND", "error_details": …, "message": …}``."""
        code = parsing.words(document, "error")
        return self.coded_error(code, parsing.words(document, "message"), status) if code else None

    def rows(self, request: PriceRequest, document: object) -> Mapping[str, object]:
        """Return ``products`` or the newest of ``trades`` by ``product_id``; a product alone is one row."""
        reply = parsing.mapping(document, "the reply")
        if "trades" not in reply:
            products = reply.get("products", [reply] if "product_id" in reply else None)
            return parsing.index_rows(parsing.sequence(products, "products"), "product_id")
        trades = parsing.sequence(reply["trades"], "trades")
        if not trades:
            raise errors.MarketHalted(f"{request.asks[0].ticker} has no trades")
        return parsing.index_rows(trades[:1], "product_id")

    def cells(self, ask: Ask, row: object, document: object) -> Cells:
        """Return the last trade with its time and the book, or a product's price, volume and book if it has one."""
        del ask
        fields, reply = parsing.mapping(row, "the row"), parsing.mapping(document, "the reply")
        if "trades" in reply:
            return Cells(
                price=parsing.cell(fields, "price"),
                bid=parsing.cell(reply, "best_bid"),
                ask=parsing.cell(reply, "best_ask"),
                clock=parsing.Clock(parsing.cell(fields, "time"), unit="iso"),
            )
        if flags := [flag for flag in HALT_FLAGS if fields.get(flag) is True]:
            raise errors.MarketHalted(f"the product is {', '.join(flags)}")
        return Cells(
            price=parsing.cell(fields, "price"),
            bid=parsing.cell(fields, "best_bid_price"),
            ask=parsing.cell(fields, "best_ask_price"),
            volume=parsing.cell(fields, "volume_24h"),
        )
