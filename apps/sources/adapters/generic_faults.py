"""Whether the options of a generic source can work: one message a fault, each beginning with the option's name."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from apps.sources.adapters.generic_options import (
    KEYS,
    MAX_SCALE,
    METHODS,
    NO_TEXT_KEYS,
    PATH_KEYS,
    TICKER,
    TICKERS,
    TIME_OF,
    WHOLE_REPLY_PATHS,
    WORD_KEYS,
    texts_of,
)
from apps.sources.adapters.json_paths import PathError, check_path
from apps.sources.adapters.parsing import TIME_UNITS

MAX_BODY_CHARS = 4_000
MAX_BODY_DEPTH = 10
_HEADER_NAME = re.compile(r"[A-Za-z0-9-]{1,60}")
_OWN_HEADERS = frozenset(
    {"host", "content-length", "transfer-encoding", "connection", "accept-encoding", "te", "upgrade"}
)
_UNIT_WORDS: Mapping[str, str] = {
    "second": "s",
    "sec": "s",
    "unix": "s",
    "millisecond": "ms",
    "milli": "ms",
    "microsecond": "us",
    "micro": "us",
    "nanosecond": "ns",
    "nano": "ns",
    "iso8601": "iso",
    "iso-8601": "iso",
    "rfc3339": "iso",
}


def validate_options(options: Mapping[str, object]) -> list[str]:
    """Return what is wrong with a generic source's options, one message a fault; empty when they can work."""
    faults = [_unknown(key) for key in sorted(map(str, set(options) - set(KEYS)))]
    faults += [f"{key}: missing" for key in ("url", "price") if not options.get(key)]
    faults += _type_faults({key: value for key, value in options.items() if key in KEYS})
    if faults:
        return faults
    words: dict[str, Any] = dict(options)
    return [
        *_url_faults(words["url"], body=texts_of(options.get("body"))),
        *_method_faults(options),
        *_path_faults(words),
        *_time_faults(words),
        *_row_faults(words),
        *_error_faults(words),
        *_header_faults(options.get("headers", {})),
        *_key_faults(words),
    ]


def _unknown(key: str) -> str:
    near = difflib.get_close_matches(key, KEYS, n=2)
    hint = f"did you mean {' or '.join(near)}?" if near else f"known are {', '.join(KEYS)}"
    return f"{key}: unknown option; {hint}"


def _type_faults(options: Mapping[str, object]) -> Iterator[str]:
    for key, value in options.items():
        kind = type(value).__name__
        if key == "scale":
            if isinstance(value, bool) or not isinstance(value, int) or abs(value) > MAX_SCALE:
                yield f"scale: must be a whole number from -{MAX_SCALE} to {MAX_SCALE}, got {str(value)[:40]!r}"
        elif key == "inverse":
            if not isinstance(value, bool):
                yield f"inverse: must be true or false, got {str(value)[:40]!r}"
        elif key in WORD_KEYS:
            if not isinstance(value, str | int):
                yield f"{key}: must be text, a whole number, true or false, got {kind}"
        elif key not in NO_TEXT_KEYS and not isinstance(value, str):
            yield f"{key}: must be text, got {kind}"


def _url_faults(url: str, *, body: str) -> Iterator[str]:
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError as exc:
        yield f"url: {exc}"
        return
    if not url.startswith("/") and (parts.scheme not in {"http", "https"} or not host):
        near = f"; did you mean 'https://{url[:60]}' or '/{url[:60]}'?" if "://" not in url else ""
        yield f"url: must begin with / (below the base URL) or https://, got {url[:60]!r}{near}"
    if url.startswith("//"):
        yield "url: must name its scheme"
    if "{" in parts.netloc or "@" in parts.netloc:
        yield "url: the host can hold neither a placeholder nor a user"
    if TICKER in url + body and TICKERS in url + body:
        yield f"url: use {TICKER} or {TICKERS}, not both"
    if unknown := re.findall(r"\{[^}]*\}", url.replace(TICKER, "").replace(TICKERS, "")):
        yield f"url: unknown placeholder {unknown[0]}; did you mean {TICKER} or {TICKERS}?"
    if any(char.isspace() or ord(char) < 32 for char in url):
        yield "url: holds white space"


def _method_faults(options: Mapping[str, object]) -> Iterator[str]:
    method, body = options.get("method", "GET"), options.get("body")
    if method not in METHODS:
        hint = _near(str(method).upper(), METHODS)
        yield f"method: must be {' or '.join(METHODS)}, got {str(method)[:40]!r}{hint}"
    if body is None:
        return
    if method == "GET":
        yield "body: only a POST has one; did you mean method POST?"
    if not isinstance(body, dict | list):
        yield f"body: must be a JSON object or array, got {type(body).__name__}"
    elif _depth(body) > MAX_BODY_DEPTH or len(str(body)) > MAX_BODY_CHARS:
        yield f"body: nested deeper than {MAX_BODY_DEPTH} or longer than {MAX_BODY_CHARS} characters"


def _depth(node: object) -> int:
    children = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    return 1 + max(map(_depth, children), default=0)


def _path_faults(words: Mapping[str, Any]) -> Iterator[str]:
    for key in PATH_KEYS:
        path = words.get(key, "")
        if not path:
            continue
        if TICKER in path and key in WHOLE_REPLY_PATHS:
            yield f"{key}: cannot hold {TICKER}"
        try:
            check_path(path.replace(TICKER, "BTC"))
        except PathError as exc:
            yield f"{key}: not a JSON path (RFC 9535): {exc}{_mended_path(path)}"


def _mended_path(path: str) -> str:
    """Return the hint that puts the forgotten ``$`` in front, where that makes a path of it."""
    mended = f"${path}" if path[0] in ".[" else f"$.{path}"
    try:
        check_path(mended.replace(TICKER, "BTC"))
    except PathError:
        return ""
    return f"; did you mean {mended!r}?"


def _time_faults(words: Mapping[str, Any]) -> Iterator[str]:
    unit, time_of = words.get("time_unit", ""), words.get("time_of", TIME_OF[0])
    if words.get("time") and unit not in TIME_UNITS:
        meant = _UNIT_WORDS.get(unit.lower().rstrip("s"), "")
        hint = f"; did you mean {meant!r}?" if meant else ""
        yield f"time_unit: must be one of {', '.join(TIME_UNITS)}, got {unit!r}{hint}"
    if unit and not words.get("time"):
        yield "time_unit: given without time"
    if time_of not in TIME_OF:
        yield f"time_of: must be {' or '.join(TIME_OF)}, got {time_of[:40]!r}{_near(time_of, TIME_OF)}"


def _row_faults(words: Mapping[str, Any]) -> Iterator[str]:
    """Without a way to tell rows apart, every ticker would get the same price."""
    tells_apart = (words.get("rows") and words.get("symbol")) or TICKER in words["price"]
    if TICKER not in words["url"] + texts_of(words.get("body")) and not tells_apart:
        yield f"url: asks for many tickers, so give rows and symbol, or use {TICKER} in price"
    if "separator" in words and not 1 <= len(words["separator"]) <= 5:
        yield "separator: must have one to five characters"


def _error_faults(words: Mapping[str, Any]) -> Iterator[str]:
    if "error_expected" in words and "error_forbidden" in words:
        yield "error_forbidden: use error_expected or error_forbidden, not both"
    needs_error = (*WORD_KEYS, "error_message", "unknown_ticker")
    if not words.get("error"):
        yield from (f"{key}: given without error" for key in needs_error if words.get(key) not in (None, ""))


def _header_faults(headers: object) -> Iterator[str]:
    if not isinstance(headers, Mapping):
        yield f"headers: must be a mapping, got {type(headers).__name__}"
        return
    for name, value in headers.items():
        if not isinstance(name, str) or not _HEADER_NAME.fullmatch(name) or name.lower() in _OWN_HEADERS:
            yield f"headers: {str(name)[:40]!r} cannot be set"
        elif not isinstance(value, str) or not value.isprintable() or not value.isascii():
            yield f"headers: {name} must be printable ASCII text"


def _key_faults(words: Mapping[str, Any]) -> Iterator[str]:
    header, prefix, query = (words.get(name, "") for name in ("key_header", "key_prefix", "key_query"))
    if header and (not _HEADER_NAME.fullmatch(header) or header.lower() in _OWN_HEADERS):
        yield f"key_header: {header[:40]!r} cannot be set"
    if prefix and not header:
        yield "key_prefix: given without key_header"
    if not prefix.isascii() or not (prefix + query).isprintable():
        yield "key_prefix: must be printable ASCII text"
    if header and query:
        yield "key_query: use key_header or key_query, not both"


def _near(given: str, known: Collection[str]) -> str:
    near = difflib.get_close_matches(given, known, n=1)
    return f"; did you mean {near[0]!r}?" if near else ""
