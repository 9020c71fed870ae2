"""CryptoCompare (CoinDesk Data)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from apps.pricing.types import Ask
from apps.sources import errors
from apps.sources.adapters import parsing
from apps.sources.adapters.aggregator import Aggregator, canonical, coins_of, moneys_of
from apps.sources.adapters.base import Cells, KeyPlace, PriceRequest, batches, split_pair

COINS_A_REQUEST = 50  # fsyms may have 1,000 characters


class CryptoCompare(Aggregator):
    """The CCCAGG index of CryptoCompare's min-api; a key (Authorization: Apikey …) raises the limit.

    Source: https://min-api.cryptocompare.com/documentation?key=Price&cat=multipleSymbolsFullPriceEndpoint
    (GET /data/pricemultifull).  Limits belong to the key's plan.  Errors come under status 200 as
    ``{"Response": "Error", "Message": …}``; one unknown coin of several is silently left out.
    /data/pricemulti has the same nesting with bare numbers and no time; it is read too.
    The newer hosts data-api.cryptocompare.com and data-api.coindesk.com speak another format
    (/index/cc/v1/latest/tick): reach them with the generic adapter.

    Time: LASTUPDATE (s), of the last trade that moved the index.
    """

    slug = "cryptocompare"
    name = "CryptoCompare"
    base_url = "https://min-api.cryptocompare.com"

    def key_place(self) -> KeyPlace:
        """Return the key's header; a little is answered without a key."""
        return KeyPlace(header="Authorization", prefix="Apikey ", is_needed=False)

    def ticker_for(self, pair: str) -> str:
        """Return ``BTC/USD``: tickers are symbols."""
        return "/".join(split_pair(pair))

    def build(self, asks: Sequence[Ask]) -> Sequence[PriceRequest]:
        """Return one request per fifty asks, for all their coins in all their currencies."""
        return [
            PriceRequest(
                path="/data/pricemultifull",
                query=(("fsyms", ",".join(coins_of(batch))), ("tsyms", ",".join(moneys_of(batch)))),
                asks=batch,
            )
            for batch in batches(asks, size=COINS_A_REQUEST)
        ]

    def names(self, ticker: str) -> Sequence[str]:
        """Return the ticker in upper case, with its currency."""
        return (canonical(ticker).upper(),)

    def body_error(self, document: object, status: int) -> errors.SourceError | None:
        """Read ``{"Response": "Error", "Message": …}`` and the newer API's ``{"Err": {"message": …}}``."""
        stated = document.get("Err") if isinstance(document, dict) else None
        if isinstance(stated, dict) and stated:
            return errors.ErrorInBody(str(stated.get("message", ""))[:200])
        if parsing.words(document, "Response") != "Error":
            return None
        told = str(document.get("Message", ""))[:200] if isinstance(document, dict) else ""
        lower = told.lower()
        if "rate limit" in lower:
            return errors.RateLimited(told)
        if "does not exist" in lower or "no data for" in lower:
            return errors.UnknownTicker(told)
        if "api key" in lower or "auth key" in lower:
            return errors.KeyRefused(told)
        return errors.ErrorInBody(told) if status == 200 else None

    def rows(self, request: PriceRequest, document: object) -> Mapping[str, object]:
        """Return coin by coin and currency by currency, of ``RAW`` where the reply has it."""
        del request
        whole = parsing.mapping(document, "the reply")
        nested = parsing.mapping(whole.get("RAW", document), "RAW")
        if not nested:
            raise errors.UnexpectedShape("the reply is an empty object")
        return {
            f"{coin}/{money}".upper(): row
            for coin, rows in nested.items()
            for money, row in (rows.items() if isinstance(rows, dict) else ())
        }

    def cells(self, ask: Ask, row: object, document: object) -> Cells:
        """Return price, base volume and the last trade's time; a bare number is a price alone."""
        del ask, document
        if not isinstance(row, dict):
            return Cells(price=row)
        return Cells(
            price=parsing.cell(row, "PRICE"),
            volume=parsing.cell(row, "VOLUME24HOUR"),
            clock=parsing.Clock(parsing.cell(row, "LASTUPDATE"), unit="s"),
        )
