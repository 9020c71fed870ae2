"""What the options of a generic source may say, and every way in which they can be wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from urllib.parse import urlsplit

from jsonpath_rfc9535 import JSONPathError
from jsonpath_rfc9535 import compile as compile_path

from apps.sources.adapters.parsing import TIME_UNITS

TICKER = "{ticker}"
TICKERS = "{tickers}"
PATH_KEYS = ("price", "bid", "ask", "volume", "time", "symbol", "rows", "error")
_TICKERLESS_PATHS = ("rows", "error")
_HEADER_NAME = re.compile(r"[A-Za-z0-9-]{1,60}")
_OWN_HEADERS = frozenset(
    {"host", "content-length", "transfer-encoding", "connection", "accept-encoding", "te", "upgrade"}
)


@dataclass(frozen=True, slots=True)
class GenericOptions:
    """An API in words.

    url: template; ``{ticker}`` asks for one ticker a call, ``{tickers}`` for many, neither for everything.
        Below the source's base URL when it begins with ``/``, else absolute.
    separator: between tickers.  headers: sent as they are; no place for secrets.
    price, bid, ask, volume, time: JSON paths (RFC 9535) within the row; ``{ticker}`` in one stands for the ticker.
    time_unit: s, ms, us, ns or iso; needed with ``time``.
    rows: path of the rows; without it the whole reply is the row.  symbol: path of a row's own ticker.
    error: path at which the API puts an error; anything there but null, false, 0 or empty refuses the reply.
    """

    url: str
    price: str
    separator: str = ","
    headers: Mapping[str, str] = field(default_factory=dict)
    bid: str = ""
    ask: str = ""
    volume: str = ""
    time: str = ""
    time_unit: str = ""
    symbol: str = ""
    rows: str = ""
    error: str = ""

    @classmethod
    def from_mapping(cls, options: Mapping[str, object]) -> GenericOptions:
        """Return the options; they must have passed ``validate_options``."""
        headers = options.get("headers", {})
        pairs = headers.items() if isinstance(headers, Mapping) else ()
        texts = {key: str(value) for key, value in options.items() if key != "headers"}
        return cls(**texts, headers={str(name): str(value) for name, value in pairs})


KEYS = tuple(option.name for option in fields(GenericOptions))


def validate_options(options: Mapping[str, object]) -> list[str]:
    """Return what is wrong with a generic source's options, one message a fault; empty when they can work."""
    faults = [
        f"{key}: unknown option; known are {', '.join(KEYS)}" for key in sorted(map(str, set(options) - set(KEYS)))
    ]
    faults += [f"{key}: missing" for key in ("url", "price") if not options.get(key)]
    texts = {key: value for key, value in options.items() if key in KEYS and key != "headers"}
    faults += [
        f"{key}: must be text, got {type(value).__name__}" for key, value in texts.items() if not isinstance(value, str)
    ]
    if faults:
        return faults
    words = {key: str(value) for key, value in texts.items()}
    return [
        *_url_faults(words["url"]),
        *_path_faults(words),
        *_time_faults(words),
        *_row_faults(words),
        *_header_faults(options.get("headers", {})),
    ]


def _url_faults(url: str) -> Iterator[str]:
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError as exc:
        yield f"url: {exc}"
        return
    if not url.startswith("/") and (parts.scheme not in {"http", "https"} or not host):
        yield f"url: must begin with / (below the base URL) or https://, got {url[:60]!r}"
    if url.startswith("//"):
        yield "url: must name its scheme"
    if "{" in parts.netloc or "@" in parts.netloc:
        yield "url: the host can hold neither a placeholder nor a user"
    if TICKER in url and TICKERS in url:
        yield f"url: use {TICKER} or {TICKERS}, not both"
    if unknown := re.findall(r"\{[^}]*\}", url.replace(TICKER, "").replace(TICKERS, "")):
        yield f"url: unknown placeholder {unknown[0]}"
    if any(char.isspace() or ord(char) < 32 for char in url):
        yield "url: holds white space"


def _path_faults(words: Mapping[str, str]) -> Iterator[str]:
    for key in PATH_KEYS:
        path = words.get(key, "")
        if not path:
            continue
        if TICKER in path and key in _TICKERLESS_PATHS:
            yield f"{key}: cannot hold {TICKER}"
        try:
            compile_path(path.replace(TICKER, "BTC"))
        except (JSONPathError, RecursionError) as exc:
            yield f"{key}: not a JSON path (RFC 9535): {str(exc).splitlines()[0][:100]}"


def _time_faults(words: Mapping[str, str]) -> Iterator[str]:
    unit = words.get("time_unit", "")
    if words.get("time") and unit not in TIME_UNITS:
        yield f"time_unit: must be one of {', '.join(TIME_UNITS)}, got {unit!r}"
    if unit and not words.get("time"):
        yield "time_unit: given without time"


def _row_faults(words: Mapping[str, str]) -> Iterator[str]:
    """Without a way to tell rows apart, every ticker would get the same price."""
    tells_apart = (words.get("rows") and words.get("symbol")) or TICKER in words["price"]
    if TICKER not in words["url"] and not tells_apart:
        yield f"url: asks for many tickers, so give rows and symbol, or use {TICKER} in price"
    if "separator" in words and not 1 <= len(words["separator"]) <= 5:
        yield "separator: must have one to five characters"


def _header_faults(headers: object) -> Iterator[str]:
    if not isinstance(headers, Mapping):
        yield f"headers: must be a mapping, got {type(headers).__name__}"
        return
    for name, value in headers.items():
        if not isinstance(name, str) or not _HEADER_NAME.fullmatch(name) or name.lower() in _OWN_HEADERS:
            yield f"headers: {str(name)[:40]!r} cannot be set"
        elif not isinstance(value, str) or not value.isprintable() or not value.isascii():
            yield f"headers: {name} must be printable ASCII text"
