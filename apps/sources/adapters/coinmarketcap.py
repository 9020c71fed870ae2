"""CoinMarketCap."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from apps.pricing.types import Ask
from apps.sources import errors
from apps.sources.adapters import coins, parsing
from apps.sources.adapters.aggregator import Aggregator, batches_by_money, canonical, coins_of, moneys_of, ticker_of
from apps.sources.adapters.base import MAX_TICKERS_A_REQUEST, Cells, KeyPlace, PriceRequest

WRONG_KEY = frozenset(
    {1001, 1002, 1003, 1004, 1005, 1006, 1007}
)  # wrong, missing, unpaid, lapsed, or not for this call
MINUTE_LIMIT = frozenset({1008, 1011})
SPENT = frozenset({1009, 1010})  # the day's or the month's credits: waiting seconds does not help
UNKNOWN_ID = 'Invalid value for "id"'


class CoinMarketCap(Aggregator):
    """Latest quotes of CoinMarketCap's pro API; needs a key (header X-CMC_PRO_API_KEY).

    Source: https://coinmarketcap.com/api/documentation/v1/#operation/getV2CryptocurrencyQuotesLatest
    (GET /v2/cryptocurrency/quotes/latest).  30 requests a minute on the free plan; each hundred coins in one currency
    cost a credit, and credits end with the month.  Errors stand in ``status.error_code``, also under 200.
    Tickers are numeric ids (1 is Bitcoin): asked by symbol, the API answers with a list of every coin of that name.
    One unknown id fails the whole call with status 400.

    Time: quote.<currency>.last_updated (ISO) of the aggregate, about once a minute.
    """

    slug = "coinmarketcap"
    name = "CoinMarketCap"
    base_url = "https://pro-api.coinmarketcap.com"
    rate_limit = "30/minute"

    def key_place(self) -> KeyPlace:
        """Return the key's header."""
        return KeyPlace(header="X-CMC_PRO_API_KEY")

    def ticker_for(self, pair: str) -> str:
        """Return ``1`` for BTC/USD, ``1/EUR`` for BTC/EUR."""
        return ticker_of(*coins.pinned(coins.COINMARKETCAP, pair))

    def build(self, asks: Sequence[Ask]) -> Sequence[PriceRequest]:
        """Return one request per currency and hundred coins: several currencies a call need a paid plan."""
        return [
            PriceRequest(
                path="/v2/cryptocurrency/quotes/latest",
                query=(("id", ",".join(coins_of(batch))), ("convert", money)),
                asks=batch,
            )
            for money, batch in batches_by_money(asks, size=MAX_TICKERS_A_REQUEST)
        ]

    def names(self, ticker: str) -> Sequence[str]:
        """Return the ticker with its currency."""
        return (canonical(ticker),)

    def body_error(self, document: object, status: int) -> errors.SourceError | None:
        """Read ``{"status": {"error_code": 1001, "error_message": …}}``; code 0 is no error."""
        stated = document.get("status") if isinstance(document, dict) else None
        code = stated.get("error_code") if isinstance(stated, dict) else None
        if code in {None, 0}:
            return None
        told = f"{code}: {str(stated.get('error_message') if isinstance(stated, dict) else '')[:150]}"
        if code in WRONG_KEY:
            return errors.KeyRefused(told)
        if code in MINUTE_LIMIT:
            return errors.RateLimited(told)
        if code in SPENT:
            return errors.Banned(told)
        if UNKNOWN_ID in told:
            return errors.UnknownTicker(told)
        return errors.ErrorInBody(told) if status == 200 else None

    def rows(self, request: PriceRequest, document: object) -> Mapping[str, object]:
        """Return ``data`` by the id that stands in each coin, with the currency asked for."""
        listed = parsing.mapping(parsing.cell(parsing.mapping(document, "the reply"), "data"), "data")
        (money,) = moneys_of(request.asks)
        found: dict[str, object] = {}
        for coin in listed.values():
            fields = parsing.mapping(coin, "a coin")
            quotes = parsing.mapping(parsing.cell(fields, "quote"), "quote")
            if money in quotes:
                parsing.add_row(found, f"{parsing.words(fields, 'id')}/{money}", quotes[money])
        return found

    def cells(self, ask: Ask, row: object, document: object) -> Cells:
        """Return the price and when it was made."""
        del ask, document
        fields = parsing.mapping(row, "the quote")
        return Cells(
            price=parsing.cell(fields, "price"),
            clock=parsing.Clock(parsing.cell(fields, "last_updated"), unit="iso"),
        )
