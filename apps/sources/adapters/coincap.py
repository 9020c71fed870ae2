"""CoinCap."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from apps.pricing.types import Ask
from apps.sources import errors
from apps.sources.adapters import coins, parsing
from apps.sources.adapters.aggregator import Aggregator
from apps.sources.adapters.base import Cells, KeyPlace, PriceRequest, batches, path_part, tickers_of


class CoinCap(Aggregator):
    """Assets of CoinCap's API v3, in US dollars; needs a key (Authorization: Bearer …).

    Source: https://pro.coincap.io/api-docs (GET /v3/assets/{slug} for one, GET /v3/assets?ids= for several).
    Limits are credits of the key's plan; v2 of the API is shut.  Errors are ``{"error": …}``; an unknown slug gets
    404 alone and is silently left out among several.  Prices are volume-weighted over the markets CoinCap follows.

    Time: none that says when the price was made. ``timestamp`` (ms) is the reply's clock; it only unmasks old replies.
    """

    slug = "coincap"
    name = "CoinCap"
    base_url = "https://rest.coincap.io/v3"

    def key_place(self) -> KeyPlace:
        """Return the key's header; as ``?apiKey=`` it would stand in URLs."""
        return KeyPlace(header="Authorization", prefix="Bearer ")

    def ticker_for(self, pair: str) -> str:
        """Return ``bitcoin`` for BTC/USD."""
        return coins.pinned(coins.COINCAP, pair, only_usd=True)[0]

    def build(self, asks: Sequence[Ask]) -> Sequence[PriceRequest]:
        """Return one request: of the asset, or of a list per hundred."""
        tickers = tickers_of(asks)
        if len(tickers) == 1:
            return [PriceRequest(path=f"/assets/{path_part(tickers[0])}", asks=tuple(asks))]
        return [
            PriceRequest(path="/assets", query=(("ids", ",".join(tickers_of(batch))),), asks=batch)
            for batch in batches(asks)
        ]

    def body_error(self, document: object, status: int) -> errors.SourceError | None:
        """Read ``{"error": "bitcoinx not found"}``."""
        message = parsing.words(document, "error")
        if "not found" in message:
            return errors.UnknownTicker(message)
        return errors.ErrorInBody(message) if status == 200 and message else None

    def rows(self, request: PriceRequest, document: object) -> Mapping[str, object]:
        """Return ``data``, one asset or a list, by slug."""
        del request
        data = parsing.cell(parsing.mapping(document, "the reply"), "data")
        if isinstance(data, list):
            return parsing.index_rows(data, "id")
        asset = parsing.mapping(data, "data")
        return {parsing.words(asset, "id"): asset}

    def cells(self, ask: Ask, row: object, document: object) -> Cells:
        """Return the price, and the reply's clock."""
        del ask
        reply = parsing.mapping(document, "the reply")
        return Cells(
            price=parsing.cell(parsing.mapping(row, "the asset"), "priceUsd"),
            clock=parsing.Clock(parsing.cell(reply, "timestamp"), unit="ms", tolerance=parsing.REPLY_CLOCK_TOLERANCE),
        )
