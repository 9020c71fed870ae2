"""CoinPaprika."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from apps.pricing.types import Ask
from apps.sources import errors
from apps.sources.adapters import coins, parsing
from apps.sources.adapters.aggregator import Aggregator, canonical, coins_of, moneys_of, ticker_of
from apps.sources.adapters.base import Cells, KeyPlace, PriceRequest, path_part


class CoinPaprika(Aggregator):
    """Tickers of CoinPaprika's free API; no key needed.

    Source: https://api.coinpaprika.com/#tag/Tickers (GET /tickers/{id}, GET /tickers for all, about 2 MB).
    10 requests a second and 20,000 a month: one each two minutes, so give the source a cache time.
    Errors are ``{"error": "id not found"}`` with status 404; 402 when the month is used up.
    Ids hold symbol and name (btc-bitcoin); symbols are not unique.
    Option ``plan: pro`` asks api-pro.coinpaprika.com with the key in the Authorization header.

    Time: last_updated (ISO) of the aggregate.
    """

    slug = "coinpaprika"
    name = "CoinPaprika"
    base_url = "https://api.coinpaprika.com/v1"
    rate_limit = "10/second"
    default_plan = "free"

    def ticker_for(self, pair: str) -> str:
        """Return ``btc-bitcoin`` for BTC/USD, ``btc-bitcoin/EUR`` for BTC/EUR."""
        return ticker_of(*coins.pinned(coins.COINPAPRIKA, pair))

    def build(self, asks: Sequence[Ask]) -> Sequence[PriceRequest]:
        """Return one request: of the coin, or of all when several are asked for."""
        ids = coins_of(asks)
        path = f"/tickers/{path_part(ids[0])}" if len(ids) == 1 else "/tickers"
        return [PriceRequest(path=path, query=(("quotes", ",".join(moneys_of(asks))),), asks=tuple(asks))]

    def names(self, ticker: str) -> Sequence[str]:
        """Return the ticker with its currency."""
        return (canonical(ticker),)

    def body_error(self, document: object, status: int) -> errors.SourceError | None:
        """Read ``{"error": "id not found"}``."""
        message = parsing.words(document, "error")
        if "not found" in message:
            return errors.UnknownTicker(message)
        if status == 402:
            return errors.KeyRefused(f"the plan's requests are used up: {message}")
        return errors.ErrorInBody(message) if status == 200 and message else None

    def rows(self, request: PriceRequest, document: object) -> Mapping[str, object]:
        """Return the coins by the id that stands in them, once for each currency asked for."""
        listed = document if isinstance(document, list) else [parsing.mapping(document, "the reply")]
        if not isinstance(document, list) and "id" not in listed[0]:
            raise errors.UnexpectedShape("the reply names no coin")
        found: dict[str, object] = {}
        for coin in listed:
            for money in moneys_of(request.asks):
                if isinstance(coin, dict):
                    parsing.add_row(found, f"{parsing.words(coin, 'id')}/{money}", coin)
        return found

    def cells(self, ask: Ask, row: object, document: object) -> Cells:
        """Return the price in the ask's currency and when it was made."""
        del document
        fields = parsing.mapping(row, "the coin")
        quotes = parsing.mapping(parsing.cell(fields, "quotes"), "quotes")
        money = canonical(ask.ticker).rpartition("/")[2]
        quoted = parsing.mapping(quotes.get(money, {}), "the quote")
        return Cells(
            price=parsing.cell(quoted, "price"),
            clock=parsing.Clock(parsing.cell(fields, "last_updated"), unit="iso"),
        )


class CoinPaprikaPro(CoinPaprika):
    """The same API for paid keys, on a host of its own."""

    base_url = "https://api-pro.coinpaprika.com/v1"

    def key_place(self) -> KeyPlace:
        """Return the key's header; the key stands there alone."""
        return KeyPlace(header="Authorization")


CoinPaprika.plans = {"pro": CoinPaprikaPro}
