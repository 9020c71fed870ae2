"""The long tail: any exchange of the ccxt library, by its id."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from apps.pricing.types import Ask, Miss, Quote
from apps.sources import ccxt_client, errors
from apps.sources.adapters import parsing
from apps.sources.adapters.base import BaseAdapter, Cells, PriceRequest, Send, split_pair

EXCHANGE = "exchange"
_EXCHANGE_ID = re.compile(r"[a-z][a-z0-9]{1,39}")


class Ccxt(BaseAdapter):
    """Spot tickers through ccxt, which is an optional extra (requirements/ccxt.txt), imported when it is used.

    Source: https://docs.ccxt.com (fetchTickers, fetchTicker), version as pinned there.  Limits are the exchange's own;
    give the source a ``rate_limit``.  Option ``exchange`` is the exchange's id at ccxt; a ticker is ccxt's unified
    symbol, ``BTC/USDT``.  ccxt builds the requests and reads the replies; the requests themselves go through the
    oracle's transport, so address guard, deadline, size cap and records hold. Its numbers arrive as text, not floats.
    The first call of a worker, and one an hour, also loads the exchange's list of markets.  No cache time.

    Time: ccxt's ``timestamp`` is the trade's at some exchanges and the reply's at others, so it only unmasks old
    prices: within ten seconds of now it says nothing.
    """

    slug = "ccxt"
    name = "ccxt"
    base_url = ""
    shares_replies = False  # its replies mean something to the conversation only

    def __init__(self, options: Mapping[str, object] | None = None) -> None:
        self._exchange = str((options or {}).get(EXCHANGE, ""))

    def with_options(self, options: Mapping[str, object]) -> Ccxt:
        """Return the adapter of the exchange in the options."""
        return Ccxt(options)

    def option_faults(self, options: Mapping[str, object]) -> list[str]:
        """Return what is wrong with the options: ``exchange`` is needed, and the only one."""
        faults = [f"{name}: unknown option; the only one is {EXCHANGE}" for name in sorted(options) if name != EXCHANGE]
        exchange = options.get(EXCHANGE)
        if not isinstance(exchange, str) or not _EXCHANGE_ID.fullmatch(exchange):
            faults.append(f"{EXCHANGE}: an exchange's id at ccxt is needed, e.g. bitvavo, got {str(exchange)[:40]!r}")
        elif ccxt_client.is_known(exchange) is False:
            faults.append(f"{EXCHANGE}: ccxt {ccxt_client.version()} has no exchange {exchange!r}")
        return faults

    def ticker_for(self, pair: str) -> str:
        """Return ``BTC/USD``: ccxt's unified symbol."""
        return "/".join(split_pair(pair))

    def build(self, asks: Sequence[Ask]) -> Sequence[PriceRequest]:
        """Return one request that stands for the whole conversation; what is sent, ccxt says."""
        return [PriceRequest(path="/", asks=tuple(asks))]

    def converse(self, request: PriceRequest, *, send: Send) -> Sequence[Quote | Miss]:
        """Return one outcome per ask, after as many exchanges as ccxt needs. Raises SourceError."""
        last, rows = ccxt_client.tickers(self._exchange, request.asks, send=send)
        return [self._outcome(ask, request, rows, None, last) for ask in request.asks]

    def rows(self, request: PriceRequest, document: object) -> Mapping[str, object]:
        """Return nothing: replies are read in the conversation."""
        del request, document
        raise errors.UnexpectedShape(f"{self.slug} reads no reply by itself")

    def cells(self, ask: Ask, row: object, document: object) -> Cells:
        """Return the fields of ccxt's unified ticker. Raises what asking for this one ticker raised."""
        del document
        if isinstance(row, errors.SourceError):
            raise row
        fields = parsing.mapping(row, "the ticker")
        if fields.get("symbol") != ask.ticker:
            raise errors.WrongPair(f"asked for {ask.ticker}, got {str(fields.get('symbol'))[:40]}")
        stamp = fields.get("timestamp")
        return Cells(
            price=fields.get("last"),
            bid=fields.get("bid"),
            ask=fields.get("ask"),
            volume=fields.get("baseVolume"),
            clock=parsing.Clock(
                parsing.ABSENT if stamp is None else stamp, unit="ms", tolerance=parsing.REPLY_CLOCK_TOLERANCE
            ),
        )
