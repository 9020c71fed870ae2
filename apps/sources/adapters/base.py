"""What an adapter is: it builds requests for tickers and reads replies, and does nothing else.

Adapters are pure: no socket, clock, environment or logger. ``BaseAdapter`` holds the order of checks every exchange
shares (status, JSON, error in the body, row, price), so that one file per exchange says only what differs.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Protocol
from urllib.parse import quote

from apps.pricing.types import Ask, Miss, Quote
from apps.sources import errors
from apps.sources.adapters import decoding, parsing

MAX_TICKERS_A_REQUEST = 100  # keeps URLs below 2 kB; also Binance's limit for its cheap weight


@dataclass(frozen=True, slots=True)
class PriceRequest:
    """One HTTP request for one or more asks.

    path: below the source's base URL, already percent-encoded; an absolute URL where a source has no base URL.
    query: in order, not encoded.  asks: answered by this request, at least one.
    body: JSON text of a POST (JSON-RPC), empty for none.
    weight: what it costs of the source's rate limit; most APIs count requests, so 1.
    """

    path: str
    asks: tuple[Ask, ...]
    query: tuple[tuple[str, str], ...] = ()
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    weight: int = 1


@dataclass(frozen=True, slots=True)
class Reply:
    """A complete HTTP reply: ``headers`` in lower case, ``body`` decompressed, ``received_at`` aware UTC."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    received_at: datetime


@dataclass(frozen=True, slots=True)
class KeyPlace:
    """Where an API wants its key: in a header, after ``prefix``, or as a query parameter.

    is_needed: False where the API also answers without a key.
    """

    header: str = ""
    prefix: str = ""
    query: str = ""
    is_needed: bool = True


@dataclass(frozen=True, slots=True)
class Cells:
    """The fields of a row as the JSON has them, unchecked; ``parsing.ABSENT`` where the key is not there.

    clock: where to read the price's time, None where the API gives none.
    """

    price: object
    bid: object = parsing.ABSENT
    ask: object = parsing.ABSENT
    volume: object = parsing.ABSENT
    clock: parsing.Clock | None = None


Send = Callable[[PriceRequest], Reply]  # one request over the transport. Raises SourceError


class Adapter(Protocol):
    """One API's format: pure, stateless, shared between threads."""

    @property
    def slug(self) -> str:
        """Return the stable name, as in oracle.yaml."""

    @property
    def name(self) -> str:
        """Return the name people use."""

    @property
    def base_url(self) -> str:
        """Return the public API's base URL, without a trailing slash."""

    def key_place(self) -> KeyPlace | None:
        """Return where the API wants its key, None for an API without keys."""

    def with_options(self, options: Mapping[str, object]) -> Adapter:
        """Return the adapter that obeys a source's options; they must be without faults."""

    def option_faults(self, options: Mapping[str, object]) -> list[str]:
        """Return what is wrong with a source's options, one message a fault; empty when they can work."""

    @property
    def rate_limit(self) -> str:
        """Return the public API's limit for one address as ``sources.budget`` reads it, empty when it states none."""

    @property
    def mirrors(self) -> Sequence[str]:
        """Return further base URLs of the same exchange, for when the first does not answer."""

    @property
    def shares_replies(self) -> bool:
        """Return whether one reply says everything, so that another round may read it too."""

    def ticker_for(self, pair: str) -> str:
        """Return the symbol this source most likely uses for ``BASE/QUOTE``; a default, never looked up."""

    def build(self, asks: Sequence[Ask]) -> Sequence[PriceRequest]:
        """Return requests that together cover every ask once. Raises SourceMisconfigured."""

    def parse(self, request: PriceRequest, reply: Reply) -> Sequence[Quote | Miss]:
        """Return one outcome per ask of the request, in its order. Raises nothing for any body."""

    def converse(self, request: PriceRequest, *, send: Send) -> Sequence[Quote | Miss]:
        """Return one outcome per ask, after the one exchange or several that the API takes. Raises SourceError."""


class BaseAdapter(ABC):
    """The checks all exchanges share; a subclass says where things stand in its replies."""

    slug: ClassVar[str]
    name: ClassVar[str]
    base_url: ClassVar[str]
    rate_limit: ClassVar[str] = ""
    mirrors: ClassVar[tuple[str, ...]] = ()
    shares_replies: ClassVar[bool] = True
    table: ClassVar[decoding.Table | None] = None  # where the rows of the API's largest reply stand
    codes: ClassVar[Mapping[str, type[errors.SourceError]]] = {}  # what the exchange's own error codes stand for

    def key_place(self) -> KeyPlace | None:
        """Return where the API wants its key, None for an API without keys."""
        return None

    def with_options(self, options: Mapping[str, object]) -> Adapter:
        """Return the adapter that obeys a source's options; by default there are none to obey."""
        del options
        return self

    def option_faults(self, options: Mapping[str, object]) -> list[str]:
        """Return what is wrong with a source's options; by default there are none to give."""
        return [f"adapter {self.slug} reads no options, got {', '.join(sorted(options))}"] if options else []

    @abstractmethod
    def ticker_for(self, pair: str) -> str:
        """Return the symbol this source most likely uses for ``BASE/QUOTE``."""

    @abstractmethod
    def build(self, asks: Sequence[Ask]) -> Sequence[PriceRequest]:
        """Return requests that together cover every ask once."""

    @abstractmethod
    def rows(self, request: PriceRequest, document: object) -> Mapping[str, object]:
        """Return the reply's rows by the symbol that stands in them. Raises SourceError on another shape.

        Where the API does not echo the symbol, the one row goes under the ticker that was asked for.
        """

    @abstractmethod
    def cells(self, ask: Ask, row: object, document: object) -> Cells:
        """Return the fields of one row. Raises SourceError on another shape."""

    def names(self, ticker: str) -> Sequence[str]:
        """Return every symbol under which the reply may answer for ``ticker``, most exact first."""
        return (ticker,)

    def body_error(self, document: object, status: int) -> errors.SourceError | None:
        """Return the error the exchange states in its JSON, None when it states none it has words for."""
        del document, status
        return None

    def coded_error(self, code: str, message: str, status: int) -> errors.SourceError | None:
        """Return what ``code`` stands for in ``codes``; an unlisted one is an error in the body under 200 and 400.

        None lets another status speak: it is narrower than a code nobody has listed. 418 is a ban, whatever is said.
        """
        if status == 418:
            return None
        told = f"{code} {message}".strip()
        if known := self.codes.get(code):
            return known(told)
        if parsing.speaks_of_place(message.encode(errors="replace")):
            return errors.GeoBlocked(told)
        return errors.ErrorInBody(told) if status in {200, 400} else None

    def status_error(self, reply: Reply) -> errors.SourceError:
        """Return the error a status other than 200 stands for when the body says nothing narrower."""
        return parsing.status_error(reply.status, reply.body)

    def parse(self, request: PriceRequest, reply: Reply) -> Sequence[Quote | Miss]:
        """Return one outcome per ask of the request, in its order. Raises nothing for any body."""
        try:
            document = self._document(request, reply)
            rows = self.rows(request, document)
        except errors.SourceError as exc:
            return [self._miss(ask, exc) for ask in request.asks]
        return [self._outcome(ask, request, rows, document, reply) for ask in request.asks]

    def converse(self, request: PriceRequest, *, send: Send) -> Sequence[Quote | Miss]:
        """Return what the one reply says."""
        return self.parse(request, send(request))

    def _load(self, request: PriceRequest, body: bytes) -> object:
        """Return the body's JSON; of a large table only the rows that may answer an ask."""
        if self.table is None:
            return decoding.load(body)
        return decoding.load_rows(
            body, self.table, lambda: {name for ask in request.asks for name in self.names(ask.ticker)}
        )

    def _document(self, request: PriceRequest, reply: Reply) -> object:
        """Return the body's JSON. Raises the narrowest error that status and body state."""
        if reply.status == 200:
            document = self._load(request, reply.body)
            if error := self.body_error(document, reply.status):
                raise error
            return document
        try:
            document = decoding.load(reply.body)
        except errors.NotJson as exc:
            raise self.status_error(reply) from exc
        raise self.body_error(document, reply.status) or self.status_error(reply)

    def _outcome(
        self, ask: Ask, request: PriceRequest, rows: Mapping[str, object], document: object, reply: Reply
    ) -> Quote | Miss:
        try:
            row = self._row(ask, request, rows)
            cells = self.cells(ask, row, document)
            price = parsing.price(cells.price)
            bid, ask_price = parsing.optional_number(cells.bid), parsing.optional_number(cells.ask)
            if bid is None and ask_price is None and parsing.is_zero(cells.bid) and parsing.is_zero(cells.ask):
                raise errors.MarketHalted(f"bid and ask are both zero, the last price {price} is of another time")
            return Quote(
                source=self.slug,
                pair=ask.pair,
                ticker=ask.ticker,
                price=price,
                bid=bid,
                ask=ask_price,
                volume=parsing.optional_number(cells.volume, zero=True),
                source_time=cells.clock.read(received_at=reply.received_at) if cells.clock else None,
                received_at=reply.received_at,
            )
        except errors.SourceError as exc:
            return self._miss(ask, exc)

    def _row(self, ask: Ask, request: PriceRequest, rows: Mapping[str, object]) -> object:
        """Return the ask's row. A lone row with another name in answer to a lone ask is a wrong pair."""
        for name in self.names(ask.ticker):
            if name in rows:
                return parsing.unambiguous(rows[name], ask.ticker)
        if len(request.asks) == 1 and len(rows) == 1:
            raise errors.WrongPair(f"asked for {ask.ticker}, got {next(iter(rows))[:40]}")
        raise errors.TickerMissing(f"{ask.ticker} has no row in the reply")

    def _miss(self, ask: Ask, error: errors.SourceError) -> Miss:
        return Miss(self.slug, ask.pair, ask.ticker, error.code, decoding.printable(str(error)[: parsing.MAX_MESSAGE]))


def tickers_of(asks: Sequence[Ask]) -> list[str]:
    """Return the asks' tickers, each once, in order."""
    return list(dict.fromkeys(ask.ticker for ask in asks))


def batches(asks: Sequence[Ask], *, size: int = MAX_TICKERS_A_REQUEST) -> list[tuple[Ask, ...]]:
    """Return the asks cut into runs of at most ``size``."""
    return [tuple(asks[start : start + size]) for start in range(0, len(asks), size)]


def one_or_all(
    asks: Sequence[Ask], *, path: str, parameter: str, all_value: str = "", fixed: tuple[tuple[str, str], ...] = ()
) -> list[PriceRequest]:
    """Return the one request of an API that answers for one ticker or for all, but for no list of them.

    parameter: takes the lone ticker; for all it is left out, or has ``all_value``.  fixed: goes before it.
    """
    tickers = tickers_of(asks)
    value = tickers[0] if len(tickers) == 1 else all_value
    return [PriceRequest(path=path, query=(*fixed, (parameter, value)) if value else fixed, asks=tuple(asks))]


def by_ticker(asks: Sequence[Ask]) -> list[tuple[Ask, ...]]:
    """Return the asks grouped by ticker, for APIs that answer one ticker a call."""
    return [tuple(ask for ask in asks if ask.ticker == ticker) for ticker in tickers_of(asks)]


def path_part(ticker: str) -> str:
    """Return the ticker encoded as one segment of a path. Raises SourceMisconfigured for one that would climb."""
    if ticker in {"", ".", ".."}:
        raise errors.SourceMisconfigured(f"ticker {ticker!r} cannot stand in a URL path")
    return quote(ticker, safe="")


def split_pair(pair: str) -> tuple[str, str]:
    """Return base and quote of ``BASE/QUOTE``. Raises SourceMisconfigured for another form."""
    base, slash, quoted = pair.upper().partition("/")
    if not (slash and base and quoted):
        raise errors.SourceMisconfigured(f"a pair is written BASE/QUOTE, got {pair!r}")
    return base, quoted


def split_pair_in_usdt(pair: str) -> tuple[str, str]:
    """Return base and quote for an exchange without US dollars: USD becomes USDT, which is NOT the same money."""
    base, quoted = split_pair(pair)
    return base, "USDT" if quoted == "USD" and base != "USDT" else quoted
