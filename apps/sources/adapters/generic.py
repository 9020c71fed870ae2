"""The no-code adapter: a URL template and JSON paths describe an API, see ``GenericOptions`` for what they can say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote

from jsonpath_rfc9535 import JSONPathEnvironment, JSONPathError, JSONPathQuery

from apps.pricing.types import Ask
from apps.sources import errors
from apps.sources.adapters import parsing
from apps.sources.adapters.base import (
    BaseAdapter,
    Cells,
    PriceRequest,
    Reply,
    batches,
    by_ticker,
    path_part,
    split_pair,
    tickers_of,
)
from apps.sources.adapters.generic_options import TICKER, TICKERS, GenericOptions, validate_options

__all__ = ["Generic", "validate_options"]

_ENVIRONMENT = JSONPathEnvironment()


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

    def ticker_for(self, pair: str) -> str:
        """Return ``BTC-USD``, a guess; listings of generic sources name their tickers."""
        return "-".join(split_pair(pair))

    def build(self, asks: Sequence[Ask]) -> Sequence[PriceRequest]:
        """Return one request per ticker for ``{ticker}``, per hundred for ``{tickers}``, one where neither stands."""
        options = self._options()
        if TICKER in options.url:
            groups = by_ticker(asks)
        elif TICKERS in options.url:
            groups = batches(asks)
        else:
            groups = [tuple(asks)]
        return [PriceRequest(path=_url(options, group), asks=group, headers=options.headers) for group in groups]

    def rows(self, request: PriceRequest, document: object) -> Mapping[str, object]:
        """Return rows by their symbol path, or the whole document under every ticker asked for."""
        options = self._options()
        self._refuse_error(options, document)
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
        """Return what the paths find in the row; each path must find one value or none."""
        del document
        options = self._options()
        node = row.node if isinstance(row, _Row) else row

        def at(path: str) -> object:
            return _one(path, node, ask.ticker) if path else parsing.ABSENT

        return Cells(
            price=at(options.price),
            bid=at(options.bid),
            ask=at(options.ask),
            volume=at(options.volume),
            clock=parsing.Clock(at(options.time), unit=options.time_unit) if options.time else None,
        )

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

    @staticmethod
    def _refuse_error(options: GenericOptions, document: object) -> None:
        """Raise ErrorInBody when the error path finds anything that is not null, false, empty or zero."""
        told = [value for value in (_find(options.error, document, "") if options.error else []) if value]
        if told and str(told[0]) != "0":
            raise errors.ErrorInBody(str(told[0])[: parsing.MAX_MESSAGE])


def _url(options: GenericOptions, asks: Sequence[Ask]) -> str:
    tickers = tickers_of(asks)
    joined = options.separator.join(quote(ticker, safe="") for ticker in tickers)
    return options.url.replace(TICKERS, joined).replace(TICKER, path_part(tickers[0]))


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
        return list(_compiled(path.replace(TICKER, escaped)).find(node).values())
    except (JSONPathError, RecursionError) as exc:
        raise errors.UnexpectedShape(f"{path} cannot be followed: {exc.__class__.__name__}") from exc


def _one(path: str, node: object, ticker: str) -> object:
    """Return the one value at a path, ABSENT for none. Raises UnexpectedShape for several."""
    found = _find(path, node, ticker)
    return _only(found, path) if found else parsing.ABSENT


def _only(found: Sequence[object], path: str) -> object:
    if len(found) > 1:
        raise errors.UnexpectedShape(f"{len(found)} values at {path}, expected one")
    return found[0]


@lru_cache(maxsize=512)
def _compiled(path: str) -> JSONPathQuery:
    return _ENVIRONMENT.compile(path)
