"""DIA."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from apps.pricing.types import Ask
from apps.sources import errors
from apps.sources.adapters import coins, parsing
from apps.sources.adapters.aggregator import Aggregator
from apps.sources.adapters.base import Cells, PriceRequest, by_ticker, path_part

_ASSET = re.compile(r"[A-Za-z0-9_-]{1,40}/[A-Za-z0-9_:.-]{1,80}")


class Dia(Aggregator):
    """Asset quotations of DIA's public REST API, in US dollars; no key needed.

    Source: https://www.diadata.org/docs/reference/apis/token-prices/api-endpoints (GET
    /v1/assetQuotation/{blockchain}/{address}).  No limit is stated.  One asset a call; a ticker is
    ``Blockchain/address``, a chain's own coin has the zero address.  Unknown assets get status 404 with
    ``{"errorcode": 404, "errormessage": …}``.  Replies carry a signature of DIA's, which is not checked.

    Time: ``Time`` (ISO) of the quotation, every two minutes.
    """

    slug = "dia"
    name = "DIA"
    base_url = "https://api.diadata.org/v1"

    def ticker_for(self, pair: str) -> str:
        """Return ``Bitcoin/0x0000000000000000000000000000000000000000`` for BTC/USD."""
        return coins.pinned(coins.DIA, pair, only_usd=True)[0]

    def build(self, asks: Sequence[Ask]) -> Sequence[PriceRequest]:
        """Return one request per asset."""
        return [
            PriceRequest(path=f"/assetQuotation/{_place(group[0].ticker)}", asks=group) for group in by_ticker(asks)
        ]

    def names(self, ticker: str) -> Sequence[str]:
        """Return the ticker in lower case: the same address is written with and without checksum."""
        return (ticker.lower(),)

    def body_error(self, document: object, status: int) -> errors.SourceError | None:
        """Read ``{"errorcode": 404, "errormessage": …}``."""
        message = parsing.words(document, "errormessage") or parsing.words(document, "error")
        if status == 404:
            return errors.UnknownTicker(message or "HTTP 404")
        return errors.ErrorInBody(message) if status == 200 and message else None

    def rows(self, request: PriceRequest, document: object) -> Mapping[str, object]:
        """Return the one quotation under the blockchain and address that stand in it."""
        del request
        row = parsing.mapping(document, "the reply")
        chain, address = parsing.words(row, "Blockchain"), parsing.words(row, "Address")
        if not (chain and address):
            raise errors.UnexpectedShape("the reply names no asset")
        return {f"{chain}/{address}".lower(): row}

    def cells(self, ask: Ask, row: object, document: object) -> Cells:
        """Return the price and when it was made."""
        del ask, document
        fields = parsing.mapping(row, "the row")
        return Cells(price=parsing.cell(fields, "Price"), clock=parsing.Clock(parsing.cell(fields, "Time"), unit="iso"))


def _place(ticker: str) -> str:
    """Return the ticker as two segments of a path, or as one when it is no asset."""
    if not _ASSET.fullmatch(ticker):
        return path_part(ticker)
    return "/".join(path_part(part) for part in ticker.split("/"))
