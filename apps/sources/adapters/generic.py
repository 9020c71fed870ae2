"""The no-code adapter: a URL template and JSON paths describe an API, see ``GenericOptions`` for what they can say."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from apps.pricing.types import Ask
from apps.sources import errors
from apps.sources.adapters import parsing
from apps.sources.adapters.base import (
    BaseAdapter,
    Cells,
    KeyPlace,
    PriceRequest,
    Reply,
    batches,
    by_ticker,
    path_part,
    split_pair,
    tickers_of,
)
from apps.sources.adapters.generic_faults import validate_options
from apps.sources.adapters.generic_options import REPLY_TIME, TICKER, TICKERS, GenericOptions, word
from apps.sources.adapters.json_paths import PathError, values_at

__all__ = ["Generic", "validate_options"]


@dataclass(frozen=True, slots=True)
class _Row:
    """One row and the ticker its paths are written for."""

    node: object
    ticker: str


class Generic(BaseAdapter):
    """An API described by options; one instance per source, made by the registry.

    Time: whatever the ``time`` path says; describe a trade or ticker time, never the clock of the reply.
    """

    slug = "generic"
    name = "Generic"
    base_url = ""

    def __init__(self, options: Mapping[str, object] | None = None) -> None:
        self._given = dict(options or {})
        self._faults: list[str] | None = None

    def with_options(self, options: Mapping[str, object]) -> Generic:
        """Return an adapter for the API these options describe."""
        return Generic(options)

    def option_faults(self, options: Mapping[str, object]) -> list[str]:
        """Return what is wrong with the description, one message a fault."""
        return validate_options(options)

    def key_place(self) -> KeyPlace | None:
        """Return where the description puts the key, None where it names no place."""
        header, query = str(self._given.get("key_header") or ""), str(self._given.get("key_query") or "")
        if not header and not query:
            return None
        return KeyPlace(header=header, prefix=str(self._given.get("key_prefix") or ""), query=query)

    def ticker_for(self, pair: str) -> str:
        """Return ``BTC-USD``, a guess; listings of generic sources name their tickers."""
        return "-".join(split_pair(pair))

    def build(self, asks: Sequence[Ask]) -> Sequence[PriceRequest]:
        """Return one request per ticker for ``{ticker}``, per hundred for ``{tickers}``, one where neither stands."""
        options = self._options()
        if options.asks(TICKER):
            groups = by_ticker(asks)
        elif options.asks(TICKERS):
            groups = batches(asks)
        else:
            groups = [tuple(asks)]
        return [
            PriceRequest(
                path=_url(options, group),
                asks=group,
                method=options.method,
                headers=options.headers,
                body=_body(options, group),
            )
            for group in groups
        ]

    def rows(self, request: PriceRequest, document: object) -> Mapping[str, object]:
        """Return rows by their symbol path, or the whole document under every ticker asked for."""
        options = self._options()
        if not options.rows:
            return {name: _Row(document, name) for name in _whole(options, request, document)}
        listed = _find(options.rows, document, "")
        if len(listed) == 1 and isinstance(listed[0], list):
            listed = listed[0]  # `$.data` names the array, `$.data[*]` its rows; both are meant
        if not listed:
            raise errors.UnexpectedShape(f"no rows at {options.rows}")
        if not options.symbol:
            return {tickers_of(request.asks)[0]: _Row(_only(listed, options.rows), request.asks[0].ticker)}
        indexed: dict[str, object] = {}
        for node in listed:
            found = _find(options.symbol, node, "")
            if len(found) == 1 and isinstance(symbol := found[0], str | int):
                parsing.add_row(indexed, str(symbol), _Row(node, str(symbol)))
        return indexed

    def cells(self, ask: Ask, row: object, document: object) -> Cells:
        """Return what the paths find in the row, scaled and turned over; each path must find one value or none."""
        options = self._options()
        node = row.node if isinstance(row, _Row) else row

        def at(path: str) -> object:
            return _one(path, node, ask.ticker) if path else parsing.ABSENT

        price, bid, asked = (
            parsing.divided_by_ten_to(at(path), options.scale) for path in (options.price, options.bid, options.ask)
        )
        volume = at(options.volume)
        if options.inverse:
            volume = parsing.product(volume, price)  # of the row's base, which is the quote currency here
            price, bid, asked = parsing.inverted(price), parsing.inverted(asked), parsing.inverted(bid)
        clock = self._clock(options, node if options.time_of != REPLY_TIME else document, ask)
        return Cells(price=price, bid=bid, ask=asked, volume=volume, clock=clock)

    @staticmethod
    def _clock(options: GenericOptions, node: object, ask: Ask) -> parsing.Clock | None:
        if not options.time:
            return None
        tolerance = parsing.REPLY_CLOCK_TOLERANCE if options.time_of == REPLY_TIME else None
        return parsing.Clock(_one(options.time, node, ask.ticker), unit=options.time_unit, tolerance=tolerance)

    def body_error(self, document: object, status: int) -> errors.SourceError | None:
        """Return the error the description finds in the reply; of another status only that the ticker is unknown."""
        options = self._options()
        told = _told_error(options, document) if options.error else ""
        if told and options.unknown_ticker and options.unknown_ticker.lower() in told.lower():
            return errors.UnknownTicker(told[: parsing.MAX_MESSAGE])
        return errors.ErrorInBody(told[: parsing.MAX_MESSAGE]) if told and status == 200 else None

    def status_error(self, reply: Reply) -> errors.SourceError:
        """Return the error of a status; 404 to a URL that names the ticker is an unknown ticker."""
        if reply.status == 404 and TICKER in str(self._given.get("url", "")):
            return errors.UnknownTicker("HTTP 404")
        return super().status_error(reply)

    def _options(self) -> GenericOptions:
        """Return the options. Raises SourceMisconfigured with everything that is wrong with them."""
        if self._faults is None:  # compiling the paths takes a millisecond, and every row asks
            self._faults = validate_options(self._given)
        if self._faults:
            raise errors.SourceMisconfigured("; ".join(self._faults)[: parsing.MAX_MESSAGE])
        return GenericOptions.from_mapping(self._given)


def _url(options: GenericOptions, asks: Sequence[Ask]) -> str:
    tickers = tickers_of(asks)
    joined = options.separator.join(quote(ticker, safe="") for ticker in tickers)
    return options.url.replace(TICKERS, joined).replace(TICKER, path_part(tickers[0]))


def _body(options: GenericOptions, asks: Sequence[Ask]) -> str:
    """Return the POST's JSON with the tickers filled in, empty when there is none."""
    if options.body is None:
        return ""
    filled = _filled(options.body, tickers_of(asks), separator=options.separator)
    return json.dumps(filled, separators=(",", ":"), ensure_ascii=False)


def _filled(node: object, tickers: Sequence[str], *, separator: str) -> object:
    match node:
        case str() if node == TICKERS:
            return list(tickers)
        case str():
            return node.replace(TICKERS, separator.join(tickers)).replace(TICKER, tickers[0])
        case [str(only)] if only == TICKERS:
            return list(tickers)
        case list():
            return [_filled(item, tickers, separator=separator) for item in node]
        case dict():
            return {key: _filled(value, tickers, separator=separator) for key, value in node.items()}
    return node


def _told_error(options: GenericOptions, document: object) -> str:
    """Return the words of the error a reply states, empty when it states none."""
    found = _find(options.error, document, "")
    values = [word(value) for value in found]
    if options.error_expected:
        is_error, reason = values != [options.error_expected], f", expected {options.error_expected}"
    elif options.error_forbidden:
        is_error, reason = options.error_forbidden in values, ""
    else:
        is_error, reason = any(value and value != "0" for value in found), ""
    if not is_error:
        return ""
    words = _find(options.error_message, document, "") if options.error_message else []
    told = f": {word(words[0])}" if words and words[0] else ""
    return f"{options.error} says {', '.join(values)[:120] or 'nothing'}{reason}{told}"


def _whole(options: GenericOptions, request: PriceRequest, document: object) -> list[str]:
    """Return the names a document without rows answers to: its own symbol, or the tickers asked for."""
    if not options.symbol:
        return tickers_of(request.asks)
    echoed = _one(options.symbol, document, request.asks[0].ticker)
    if not isinstance(echoed, str | int):
        raise errors.UnexpectedShape(f"no symbol at {options.symbol}")
    return [str(echoed)]


def _find(path: str, node: object, ticker: str) -> list[object]:
    """Return the values at a path; ``{ticker}`` in it stands for the ticker, escaped for a quoted name."""
    escaped = ticker.replace("\\", "\\\\").replace("'", "\\'").replace('"', '\\"')
    if not isinstance(node, dict | list):
        return []
    try:
        return values_at(path.replace(TICKER, escaped), node)
    except PathError as exc:
        raise errors.UnexpectedShape(f"{path} cannot be followed: {exc}") from exc


def _one(path: str, node: object, ticker: str) -> object:
    """Return the one value at a path, ABSENT for none. Raises UnexpectedShape for several."""
    found = _find(path, node, ticker)
    return _only(found, path) if found else parsing.ABSENT


def _only(found: Sequence[object], path: str) -> object:
    if len(found) > 1:
        raise errors.UnexpectedShape(f"{len(found)} values at {path}, expected one")
    return found[0]
