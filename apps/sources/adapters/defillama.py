"""DefiLlama."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from urllib.parse import quote

from apps.pricing.types import Ask
from apps.sources import errors
from apps.sources.adapters import coins, parsing
from apps.sources.adapters.aggregator import Aggregator
from apps.sources.adapters.base import Cells, PriceRequest, batches, tickers_of

COINS_A_REQUEST = 40  # an address has 42 characters, and they stand in the path
LOWEST_CONFIDENCE = Decimal("0.9")


class DefiLlama(Aggregator):
    """Current prices of DefiLlama's public API, in US dollars; no key needed.

    Source: https://api-docs.defillama.com (GET /prices/current/{coins}).  About 500 requests a minute.
    A ticker is ``chain:address`` or ``coingecko:id``, and the reply echoes it.  Unknown coins are silently left out.
    A ``confidence`` below 0.9 marks a price from a thin market; such a price is refused.

    Time: ``timestamp`` (s) of the price; the API serves prices up to six hours old, the feed's max_age_s refuses them.
    """

    slug = "defillama"
    name = "DefiLlama"
    base_url = "https://coins.llama.fi"
    rate_limit = "500/minute"

    def ticker_for(self, pair: str) -> str:
        """Return ``coingecko:bitcoin`` for BTC/USD."""
        return f"coingecko:{coins.pinned(coins.COINGECKO, pair, only_usd=True)[0]}"

    def build(self, asks: Sequence[Ask]) -> Sequence[PriceRequest]:
        """Return one request per forty coins."""
        return [
            PriceRequest(
                path=f"/prices/current/{','.join(quote(ticker, safe=':') for ticker in tickers_of(batch))}", asks=batch
            )
            for batch in batches(asks, size=COINS_A_REQUEST)
        ]

    def names(self, ticker: str) -> Sequence[str]:
        """Return the ticker in lower case: addresses are echoed as asked, with checksum or without."""
        return (ticker.lower(),)

    def body_error(self, document: object, status: int) -> errors.SourceError | None:
        """Read ``{"message": …}`` and ``{"error": …}``."""
        message = parsing.words(document, "message") or parsing.words(document, "error")
        return errors.ErrorInBody(message) if status == 200 and message else None

    def rows(self, request: PriceRequest, document: object) -> Mapping[str, object]:
        """Return ``coins``, which is keyed by ticker."""
        del request
        listed = parsing.mapping(parsing.cell(parsing.mapping(document, "the reply"), "coins"), "coins")
        return {name.lower(): row for name, row in listed.items()}

    def cells(self, ask: Ask, row: object, document: object) -> Cells:
        """Return the price and when it was made. Raises ErrorInBody for a price the source itself doubts."""
        del ask, document
        fields = parsing.mapping(row, "the coin")
        confidence = parsing.optional_number(parsing.cell(fields, "confidence"), zero=True)
        if confidence is not None and confidence < LOWEST_CONFIDENCE:
            raise errors.ErrorInBody(f"confidence {confidence} is below {LOWEST_CONFIDENCE}: a thin market")
        return Cells(
            price=parsing.cell(fields, "price"), clock=parsing.Clock(parsing.cell(fields, "timestamp"), unit="s")
        )
