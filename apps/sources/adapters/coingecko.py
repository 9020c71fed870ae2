"""CoinGecko."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from apps.pricing.types import Ask
from apps.sources import errors
from apps.sources.adapters import coins, parsing
from apps.sources.adapters.aggregator import Aggregator, canonical, coins_of, moneys_of, ticker_of
from apps.sources.adapters.base import Cells, KeyPlace, PriceRequest, batches

WRONG_KEY = frozenset({401, 403, 1020, 10002, 10005, 10006, 10010, 10011})
RATE_LIMIT = 429


class CoinGecko(Aggregator):
    """Prices of CoinGecko's API v3: keyless, or with a demo key (header x-cg-demo-api-key).

    Source: https://docs.coingecko.com/reference/simple-price (GET /simple/price).  10-30 requests a minute without
    key, 30 with a demo key; 429 comes with a Retry-After of minutes, and was seen under status 200 too.
    ``precision=full`` matters: without it prices above 1,000 come as whole dollars.
    Unknown ids are silently left out.  Ids are pinned by hand: ``gram`` is another coin than GRAM.
    Option ``plan: pro`` asks pro-api.coingecko.com with the header x-cg-pro-api-key; a demo key does not work there.

    Time: last_updated_at (s) of the aggregate, once a minute or so; absent where it was not asked for.
    """

    slug = "coingecko"
    name = "CoinGecko"
    base_url = "https://api.coingecko.com/api/v3"
    rate_limit = "10/minute"
    default_plan = "demo"
    key_header: ClassVar[str] = "x-cg-demo-api-key"

    def key_place(self) -> KeyPlace:
        """Return the demo key's header; the API answers without a key too."""
        return KeyPlace(header=self.key_header, is_needed=False)

    def ticker_for(self, pair: str) -> str:
        """Return ``bitcoin`` for BTC/USD, ``bitcoin/EUR`` for BTC/EUR."""
        return ticker_of(*coins.pinned(coins.COINGECKO, pair))

    def build(self, asks: Sequence[Ask]) -> Sequence[PriceRequest]:
        """Return one request per hundred asks, for all their coins in all their currencies."""
        return [
            PriceRequest(
                path="/simple/price",
                query=(
                    ("ids", ",".join(coins_of(batch))),
                    ("vs_currencies", ",".join(moneys_of(batch)).lower()),
                    ("include_last_updated_at", "true"),
                    ("precision", "full"),
                ),
                asks=batch,
            )
            for batch in batches(asks)
        ]

    def names(self, ticker: str) -> Sequence[str]:
        """Return the ticker with its currency."""
        return (canonical(ticker),)

    def body_error(self, document: object, status: int) -> errors.SourceError | None:
        """Read ``{"status": {"error_code": 429, "error_message": …}}`` and ``{"error": …}``."""
        stated = document.get("status") if isinstance(document, dict) else None
        code = stated.get("error_code") if isinstance(stated, dict) else None
        message = parsing.words(stated, "error_message") or parsing.words(document, "error")
        if code == RATE_LIMIT:
            return errors.RateLimited(message)
        if code in WRONG_KEY:
            return errors.KeyRefused(f"{code}: {message}")
        return errors.ErrorInBody(message) if status == 200 and message else None

    def rows(self, request: PriceRequest, document: object) -> Mapping[str, object]:
        """Return coin by coin and currency by currency; prices and time of one coin lie side by side."""
        found: dict[str, object] = {}
        for coin, row in parsing.mapping(document, "the reply").items():
            fields = parsing.mapping(row, coin)
            wanted = {money.lower() for money in moneys_of(request.asks)}
            if any(isinstance(value, dict | list) for name, value in fields.items() if name not in wanted):
                raise errors.UnexpectedShape(f"{coin[:40]} holds more than prices: the reply to another call")
            for money in moneys_of(request.asks):
                found[f"{coin}/{money}"] = (fields.get(money.lower(), parsing.ABSENT), fields.get("last_updated_at"))
        return found

    def cells(self, ask: Ask, row: object, document: object) -> Cells:
        """Return the price and when it was made."""
        del ask, document
        price, updated = row if isinstance(row, tuple) else (parsing.ABSENT, None)
        return Cells(price=price, clock=parsing.Clock(updated, unit="s") if updated is not None else None)


class CoinGeckoPro(CoinGecko):
    """The same API for paid keys, on a host of its own; 500 requests a minute and more."""

    base_url = "https://pro-api.coingecko.com/api/v3"
    rate_limit = "500/minute"
    key_header = "x-cg-pro-api-key"

    def key_place(self) -> KeyPlace:
        """Return the paid key's header."""
        return KeyPlace(header=self.key_header)


CoinGecko.plans = {"pro": CoinGeckoPro}
