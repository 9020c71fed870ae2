"""ccxt on our terms: it writes requests and reads replies, and opens no socket.

An exchange object of ccxt is not safe for threads and holds its market list, so there is one for each exchange and
worker, used by one call at a time. Its ``fetch`` is replaced: the request goes through the call's own ``send`` (address
guard, deadline, size cap, no proxies), and JSON numbers become text, because ccxt's floats would lose digits.

ccxt is imported with the first call, not before: all its exchanges together cost 70 MB.
"""

from __future__ import annotations

import importlib.util
import json
import threading
import time
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from apps.pricing.types import Ask
from apps.sources import errors
from apps.sources.adapters import decoding, parsing
from apps.sources.adapters.base import PriceRequest, Reply, Send

MARKETS_TTL_S = 3600.0
WAIT_S = 3.0  # for another call of this worker to the same exchange
NOT_INSTALLED = "ccxt is not installed here: pip install --no-deps -r requirements/ccxt.txt"
# ccxt's error: ours, the most exact first. What is not here is an error in the body.
KINDS: tuple[tuple[str, type[errors.SourceError]], ...] = (
    ("BadSymbol", errors.UnknownTicker),
    ("RestrictedLocation", errors.GeoBlocked),
    ("AuthenticationError", errors.KeyRefused),
    ("RateLimitExceeded", errors.RateLimited),
    ("DDoSProtection", errors.RateLimited),
    ("ExchangeNotAvailable", errors.ServerError),
    ("NotSupported", errors.SourceMisconfigured),
    ("BadResponse", errors.UnexpectedShape),
    ("NetworkError", errors.ConnectionFailed),
)
# What ccxt's readers raise for a reply of another shape than they were written for.
SHAPE_FAULTS = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


class _Talk:
    """One exchange of this worker: ccxt's object, when its markets were loaded, and who uses it now."""

    def __init__(self, exchange_id: str) -> None:
        self.lock = threading.Lock()
        self.exchange = _new_exchange(exchange_id, self)
        self.loaded_at: float | None = None
        self.request: PriceRequest | None = None
        self.send: Send | None = None
        self.last: Reply | None = None

    def fetch(self, url: str, method: str = "GET", headers: Any = None, body: Any = None) -> object:
        """Return a reply's JSON, or its text; stands where ccxt would open a socket. Raises SourceError, ccxt's own."""
        if self.send is None or self.request is None:
            raise errors.InternalError("ccxt asked outside of a call")
        given = {str(name): str(value) for name, value in (headers or {}).items()}
        step = PriceRequest(
            path=url, asks=self.request.asks, method=method, headers=given, body=body if isinstance(body, str) else ""
        )
        reply = self.last = self.send(step)
        text = reply.body.decode("utf-8", errors="replace")
        document = _load(reply) if text.lstrip()[:1] in {"{", "["} else None
        self.exchange.handle_errors(reply.status, "", url, method, dict(reply.headers), text, document, given, body)
        if reply.status != 200:
            raise parsing.status_error(reply.status, reply.body)
        if document is None:
            decoding.load(reply.body)  # says what is wrong with it
        return document


def tickers(exchange_id: str, asks: Sequence[Ask], *, send: Send) -> tuple[Reply, Mapping[str, object]]:
    """Return the last reply, and by unified symbol ccxt's ticker or the error that asking for it met.

    send: one HTTP request. Raises SourceError when nothing could be asked at all.
    """
    talk = _talk(exchange_id)
    if not talk.lock.acquire(timeout=WAIT_S):
        raise errors.DeadlineExceeded(f"another call to {exchange_id} did not end within {WAIT_S:.0f} s")
    try:
        talk.send, talk.request, talk.last = send, PriceRequest(path="/", asks=tuple(asks)), None
        rows = _rows(talk, list(dict.fromkeys(ask.ticker for ask in asks)))
        if talk.last is None:
            raise errors.UnknownTicker(f"{exchange_id} lists none of {', '.join(rows)[:100]}")
        return talk.last, rows
    finally:
        talk.send = talk.request = None
        talk.lock.release()


def is_known(exchange_id: str) -> bool | None:
    """Return whether ccxt has the exchange, None when ccxt is not installed here. Imports nothing."""
    spec = importlib.util.find_spec("ccxt")
    if spec is None or not spec.submodule_search_locations:
        return None
    return any((Path(place) / f"{exchange_id}.py").exists() for place in spec.submodule_search_locations)


def version() -> str:
    """Return ccxt's version. Raises importlib.metadata.PackageNotFoundError."""
    return metadata.version("ccxt")


_talks: dict[str, _Talk] = {}
_talks_lock = threading.Lock()


def _talk(exchange_id: str) -> _Talk:
    with _talks_lock:
        if exchange_id not in _talks:
            _talks[exchange_id] = _Talk(exchange_id)
        return _talks[exchange_id]


def _new_exchange(exchange_id: str, talk: _Talk) -> Any:
    """Return ccxt's object with our ``fetch``. Raises SourceMisconfigured without ccxt or such an exchange."""
    try:
        import ccxt  # noqa: PLC0415 - an optional extra of 70 MB
    except ImportError as exc:
        raise errors.SourceMisconfigured(NOT_INSTALLED) from exc
    if exchange_id not in ccxt.exchanges:
        raise errors.SourceMisconfigured(f"ccxt {ccxt.__version__} has no exchange {exchange_id!r}")
    exchange = getattr(ccxt, exchange_id)({"number": str, "enableRateLimit": False})
    exchange.fetch = talk.fetch
    exchange.has["fetchCurrencies"] = False  # private at many exchanges, and of no use here
    chosen = exchange.options.get("fetchMarkets")
    if isinstance(chosen, dict) and "types" in chosen:
        chosen["types"] = _only_spot(chosen["types"])  # the lists of futures and options are the larger part
    return exchange


def _only_spot(types: object) -> object:
    """Return ccxt's choice of market types without any but spot; a venue that has no spot keeps what it has."""
    if isinstance(types, list) and "spot" in types:
        return ["spot"]
    if isinstance(types, dict) and types.get("spot"):
        return {name: wanted if name == "spot" else type(wanted)() for name, wanted in types.items()}
    return types


def _rows(talk: _Talk, symbols: Sequence[str]) -> dict[str, object]:
    """Return ticker or error by symbol; a symbol the exchange does not list spoils nothing."""
    exchange = talk.exchange
    _load_markets(talk)
    unknown = {
        symbol: errors.UnknownTicker(f"{exchange.id} lists no {symbol}")
        for symbol in symbols
        if symbol not in exchange.markets
    }
    listed = [symbol for symbol in symbols if symbol not in unknown]
    if len(listed) > 1 and exchange.has.get("fetchTickers") is True:
        found = _call(exchange, "fetch_tickers", listed)
        rows = parsing.mapping(found, "the tickers")
        return {**unknown, **{symbol: rows[symbol] for symbol in listed if symbol in rows}}
    return {**unknown, **{symbol: _one(exchange, symbol, among=len(listed)) for symbol in listed}}


def _one(exchange: Any, symbol: str, *, among: int) -> object:
    """Return one ticker, or where it is one of several the error it met."""
    try:
        return _call(exchange, "fetch_ticker", symbol)
    except (errors.UnknownTicker, errors.ErrorInBody, errors.UnexpectedShape) as exc:
        if among == 1:
            raise
        return exc


def _load_markets(talk: _Talk) -> None:
    now = time.monotonic()
    if talk.loaded_at is None or now - talk.loaded_at > MARKETS_TTL_S:
        _call(talk.exchange, "load_markets", True)
        talk.loaded_at = now


def _call(exchange: Any, name: str, argument: object) -> object:
    """Return what a method of ccxt returns. Raises SourceError for everything it raises."""
    import ccxt  # noqa: PLC0415 - the object exists, so it is imported

    try:
        return getattr(exchange, name)(argument)
    except errors.SourceError:
        raise
    except ccxt.BaseError as exc:
        kind = next((ours for theirs, ours in KINDS if isinstance(exc, getattr(ccxt, theirs))), errors.ErrorInBody)
        raise kind(f"{exc.__class__.__name__}: {str(exc)[:200]}") from exc
    except SHAPE_FAULTS as exc:
        raise errors.UnexpectedShape(f"ccxt cannot read the reply: {exc.__class__.__name__}") from exc


def _load(reply: Reply) -> object:
    """Return the JSON with decimal numbers as text. Raises NotJson."""
    decoding.load(reply.body)  # depth and encoding first: ccxt gets nothing that we would not read ourselves
    return json.loads(reply.body, parse_float=str)
