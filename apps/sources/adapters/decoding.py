"""Bodies as JSON: strict in what counts as a number, bounded in depth, and of a large table only the rows asked for.

msgspec decodes several times faster than the standard library and hands over the text of every fraction, so numbers
still never pass through a float. What it refuses is read once more by the standard library, which says exactly what is
wrong, and which takes what exchanges do send though it is no JSON: NaN as a price spoils its own row only.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Set
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from functools import cache

import msgspec

from apps.sources import errors

MAX_NUMBER_CHARS = 120  # the longest seen: 31 decimals in a quote volume
MAX_DEPTH = 64
SMALL_BODY_BYTES = 16 * 2**10  # below, looking for rows costs more than decoding all
FEW_ROWS = 20
FEW_TURNS = 10
_BRACKETS = b"[]{}"
_NO_BRACKETS = bytes(sorted(set(range(256)) - set(_BRACKETS)))
_NO_STRUCTURE = bytes(sorted(set(range(256)) - set(_BRACKETS + b'"\\')))
_NOT_A_NUMBER = Decimal("NaN")  # stands for the JSON literals NaN and Infinity
_ABSURD = Decimal("Infinity")  # stands for a number too long or too large to hold
_REFUSALS = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)


@dataclass(frozen=True, slots=True)
class Table:
    """Where an API's rows stand in its largest replies: a list of objects.

    path: the keys that lead to the list, empty when the reply is the list.  symbol: the key of a row's symbol.
    """

    path: tuple[str, ...]
    symbol: str
    _symbols: msgspec.json.Decoder[list[object]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_symbols", _symbol_decoder(self.symbol))

    def wanted_rows(self, body: bytes | msgspec.Raw, wanted: Set[str]) -> list[object]:
        """Return the list's rows that carry a wanted symbol; all of a short list."""
        rows = _ROWS.decode(body)
        if len(rows) < FEW_ROWS:
            return [_DECODER.decode(row) for row in rows]
        symbols = self._symbols.decode(body)
        return [_DECODER.decode(row) for row, at in zip(rows, symbols, strict=True) if at.symbol in wanted]  # type: ignore[attr-defined]


def load(body: bytes) -> object:
    """Return the JSON with numbers as int or Decimal. Raises NotJson for HTML, truncated, not UTF-8, empty."""
    _refuse_unreadable(body)
    try:
        return _DECODER.decode(body)
    except _REFUSALS:
        return _second_reading(body)


def load_rows(body: bytes, table: Table, wanted: Callable[[], Set[str]]) -> object:
    """Return the JSON as ``load`` does, less the rows of a long table that carry no wanted symbol.

    Rows left out are checked for JSON syntax only. A reply of another shape is loaded whole.
    """
    if len(body) < SMALL_BODY_BYTES:
        return load(body)
    _refuse_unreadable(body)
    try:
        if not body.isascii():
            body.decode("utf-8")
        return _thinned(body, table, wanted(), table.path)
    except _REFUSALS:
        return load(body)


def _thinned(body: bytes | msgspec.Raw, table: Table, wanted: Set[str], path: tuple[str, ...]) -> object:
    if not path:
        return table.wanted_rows(body, wanted)
    return {
        name: _thinned(value, table, wanted, path[1:]) if name == path[0] else _DECODER.decode(value)
        for name, value in _OBJECT.decode(body).items()
    }


@cache
def _symbol_decoder(key: str) -> msgspec.json.Decoder[list[object]]:
    row = msgspec.defstruct("SymbolOfRow", [("symbol", str, "")], rename={"symbol": key}, gc=False)
    return msgspec.json.Decoder(list[row])  # type: ignore[valid-type]


def _second_reading(body: bytes) -> object:
    try:
        return json.loads(body.decode("utf-8"), parse_float=to_decimal, parse_int=_integer, parse_constant=_constant)
    except UnicodeDecodeError as exc:
        raise errors.NotJson(f"not UTF-8 at byte {exc.start}") from exc
    except ValueError as exc:
        kind = "HTML" if body.lstrip()[:1] == b"<" else "not JSON"
        raise errors.NotJson(f"{kind}, {len(body)} bytes: {excerpt(body)}") from exc


def _refuse_unreadable(body: bytes) -> None:
    """Raise NotJson for a body that no parser should see.

    A parser's own limit of depth is Python's recursion limit, which libraries raise for the whole process (py_ecc,
    which comes with web3, to 100,000); with that, 100 kB of ``[`` overflow the C stack and kill the process.
    """
    if not body or body.isspace():
        raise errors.NotJson("the body is empty")
    marks = body.translate(None, delete=_NO_STRUCTURE)
    if marks.count(b"[") + marks.count(b"{") > MAX_DEPTH and _depth_beyond_limit(_structure(body, marks)):
        raise errors.NotJson(f"nested deeper than {MAX_DEPTH}")


def _structure(body: bytes, marks: bytes) -> bytes:
    """Return the brackets that stand outside of strings, in order. marks: the body's brackets, quotes and escapes."""
    # Without escapes a string that holds no bracket is now two quotes side by side. Long runs of them go first: one
    # replacement takes sixteen strings.
    for run in (b'"' * 32, b'"' * 8, b'""'):
        marks = marks.replace(run, b"")
    if b'"' not in marks and b"\\" not in marks:
        return marks
    unescaped = body.replace(b"\\\\", b"").replace(b'\\"', b"")
    return b"".join(unescaped.split(b'"')[::2]).translate(None, delete=_NO_BRACKETS)


def _depth_beyond_limit(brackets: bytes) -> bool:
    left = brackets
    for _ in range(FEW_TURNS):  # each takes one or two levels off; no real reply has more than ten
        left = left.replace(b"{}", b"").replace(b"[]", b"")
        if not left:
            return False
    depth = 0
    for bracket in brackets:
        depth += 1 if bracket in b"[{" else -1
        if depth > MAX_DEPTH:
            return True
    return False


def to_decimal(text: str) -> Decimal:
    """Return the number of its text, Infinity for one too long or too large to hold."""
    if len(text) > MAX_NUMBER_CHARS:
        return _ABSURD
    try:
        return Decimal(text)
    except InvalidOperation:  # an exponent beyond what Decimal can hold
        return _ABSURD


def _integer(text: str) -> int | Decimal:
    return int(text) if len(text) <= MAX_NUMBER_CHARS else _ABSURD


def _constant(_text: str) -> Decimal:
    return _NOT_A_NUMBER


def excerpt(body: bytes) -> str:
    """Return the beginning of a body as printable text on one line."""
    return printable(body[:100].decode("utf-8", errors="replace")).strip()


def printable(text: str) -> str:
    """Return the text with a blank for what cannot be printed; NUL and half surrogates are refused by databases."""
    return "".join(char if char.isprintable() else " " for char in text)


_DECODER = msgspec.json.Decoder(float_hook=to_decimal)
_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ROWS = msgspec.json.Decoder(list[msgspec.Raw])
