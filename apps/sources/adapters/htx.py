"""HTX (formerly Huobi) spot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from apps.pricing.types import Ask
from apps.sources import errors
from apps.sources.adapters import parsing
from apps.sources.adapters.base import BaseAdapter, Cells, PriceRequest, split_pair_in_usdt, tickers_of
from apps.sources.adapters.decoding import Table

UNKNOWN_SYMBOL_WORDS = {"invalid symbol", "symbol trade not open now"}


class Htx(BaseAdapter):
    """Spot ticker of HTX's public REST API; no key needed.

    Source: https://www.htx.com/en-us/opend/newApiPages/ (GET /market/detail/merged for one, /market/tickers for
    many).  10 requests a second, endpoint and IP.  All errors come under status 200: ``"status": "error"``.
    There is no list of symbols: more than one ticker means all spot tickers, about 150 kB.
    The single reply names its symbol in ``ch`` (market.btcusdt.detail.merged).  ``amount`` is base volume, ``vol``
    quote volume; numbers are JSON numbers, large ones with exponents (4.34E8).

    Time: only the reply's own clock (``ts``, ms), which says nothing about the trade. A quote therefore stands for
    the time it arrived, unless that clock shows an old, cached reply.
    """

    slug = "htx"
    name = "HTX"
    base_url = "https://api.huobi.pro"
    table = Table(("data",), symbol="symbol")
    rate_limit = "10/second"
    codes: ClassVar[Mapping[str, type[errors.SourceError]]] = {
        "base-symbol-error": errors.UnknownTicker,
        "base-symbol-trade-disabled": errors.UnknownTicker,
        "base-request-exceed-frequency-limit": errors.RateLimited,
        "rate-too-many-requests": errors.RateLimited,
        "gateway-internal-error": errors.ServerError,
        "system-maintenance": errors.ServerError,
        "timeout": errors.ServerError,
    }

    def ticker_for(self, pair: str) -> str:
        """Return ``btcusdt`` for BTC/USD: HTX has no US dollar markets."""
        return "".join(split_pair_in_usdt(pair)).lower()

    def build(self, asks: Sequence[Ask]) -> Sequence[PriceRequest]:
        """Return one request: the symbol's own, or the one for all."""
        tickers = tickers_of(asks)
        if len(tickers) == 1:
            query = (("symbol", tickers[0]),)
            return [PriceRequest(path="/market/detail/merged", query=query, asks=tuple(asks))]
        return [PriceRequest(path="/market/tickers", asks=tuple(asks))]

    def body_error(self, document: object, status: int) -> errors.SourceError | None:
        """Read ``{"status": "error", "err-code": …, "err-msg": "invalid symbol"}``."""
        if parsing.words(document, "status") != "error":
            return None
        code, message = parsing.words(document, "err-code"), parsing.words(document, "err-msg")
        if message in UNKNOWN_SYMBOL_WORDS:
            return errors.UnknownTicker(f"{code} {message}")
        if "request limit" in message:
            return errors.RateLimited(f"{code} {message}")
        return self.coded_error(code, message, status)

    def rows(self, request: PriceRequest, document: object) -> Mapping[str, object]:
        """Return ``data`` by ``symbol``, or ``tick`` under the symbol that stands in ``ch``."""
        del request
        reply = parsing.mapping(document, "the reply")
        if "tick" not in reply:
            return parsing.index_rows(parsing.sequence(parsing.cell(reply, "data"), "data"), "symbol")
        channel = parsing.words(reply, "ch").split(".")
        if len(channel) != 4 or channel[0] != "market":
            raise errors.UnexpectedShape(f"no symbol in the channel {parsing.words(reply, 'ch')!r}")
        return {channel[1]: reply["tick"]}

    def cells(self, ask: Ask, row: object, document: object) -> Cells:
        """Return last (close), best bid and ask (first of an array in the single reply), and base volume."""
        del ask
        fields = parsing.mapping(row, "the row")
        clock = parsing.cell(parsing.mapping(document, "the reply"), "ts")
        return Cells(
            price=parsing.cell(fields, "close"),
            bid=_best(parsing.cell(fields, "bid")),
            ask=_best(parsing.cell(fields, "ask")),
            volume=parsing.cell(fields, "amount"),
            clock=parsing.Clock(clock, unit="ms", tolerance=parsing.REPLY_CLOCK_TOLERANCE),
        )


def _best(side: object) -> object:
    return parsing.item(side, 0) if isinstance(side, list) else side
