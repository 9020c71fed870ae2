"""Bodies to damage, and ways to damage them: bytes cut, turned and repeated, JSON values put in each other's place."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

from apps.sources.registry import adapter, built_in
from tests.conftest import RECORDED_DIR
from tests.sources.adapters.recorded_exchanges import ERRORS, QUOTES
from tests.sources.adapters.test_many import REPLIES
from tests.sources.adapters.test_on_chain import FEED, NOW_S, USDC_WETH, number, observations, reply, round_data
from tests.sources.samples import WIRES, good_body

MAX_SEED_BYTES = 12_000  # the larger recordings repeat the same rows
ON_CHAIN = (
    ("chainlink", FEED, [round_data(2500 * 10**8), number(8)]),
    ("chainlink", f"{FEED}?decimals=8", [round_data(2500 * 10**8)]),
    ("uniswap_v3", USDC_WETH, [number(NOW_S), observations(0, 202_919 * 1800)]),
)
VALUE = re.compile(rb'"[^"]{0,200}"|-?\d[\d.eE+-]*|true|false|null')

ODD_VALUES = (
    *(b"null", b"true", b"[]", b"{}", b'""', b"0", b'"0"', b"0.00", b"-1", b'"-1"', b'"-0.0"', b'"+1"', b'" 1"'),
    *(b"NaN", b"Infinity", b"-Infinity", b'"NaN"', b'"Infinity"', b'"1,000.5"', b'"1_000"', b'"0x10"', b'"12"'),
    *(b"1E999999", b'"1E-999999"', b"1E99999999999999999999", b"1e400", b'"1e17"', b'"1e-17"', b"1e-400"),
    *(b"9" * 400, b'"' + b"9" * 400 + b'"', b"0." + b"0" * 300 + b"1", b'"' + b"1" * 5000 + b'"'),
    *(b'"\\u0000"', b'"\\ud800"', b'"\\"', b"\xff\xfe", b"\xef\xbb\xbf", b"\x00", '"٨٤"'.encode(), b'"<html>"'),
    *(b"[" * 200, b'{"a":' * 200, b'["]",' * 100, b"]", b"}", b",", b":", b'{"symbol":"BTCUSDT"}', b'[["tBTCUSD"]]'),
    *(b"f" * 64, b"0" * 64, b"7" + b"f" * 63, b"8" + b"0" * 63),  # words of a contract's reply
    *(b'"error"', b'"ok"', b'"code"', b'"BTCUSDT"', b'"BTC-USD"', b"-1121", b'"429"', b'"5500"', b'{"error":[1]}'),
    *(b"1795521600000", b'"1795521600"', b"1795521600000000000000", b"-62135596800000", b'"253402300800000"'),
    *(b'"2026-11-24T12:00:00Z"', b'"2026-11-24"', b'"2026-13-45T99:99:99Z"', b'"0001-01-01T00:00:00+23:59"'),
)


@dataclass(frozen=True, slots=True)
class Seed:
    """A body to begin from, and the tickers whose request it answers."""

    slug: str
    tickers: tuple[str, ...]
    body: bytes


@cache
def seeds() -> tuple[Seed, ...]:
    """Return own samples of every built-in source, and its recorded replies where this machine has them."""
    own = [Seed(wire.slug, (wire.ticker,), good_body(wire)) for wire in WIRES]
    own += [Seed(slug, (ticker,), reply(results).body) for slug, ticker, results in ON_CHAIN]
    own += [Seed(slug, tuple(tickers), json.dumps(document).encode()) for slug, tickers, document, _ in REPLIES]
    tickers = {wire.slug: (wire.ticker,) for wire in WIRES}
    asked = {case[0]: (case[1], *case[2]) for case in QUOTES} | {case[0]: (case[1],) for case in ERRORS}
    recorded = [
        Seed(each.slug, asked.get(f"{each.slug}/{file.name}", tickers[each.slug]), file.read_bytes())
        for each in built_in()
        for file in sorted((RECORDED_DIR / each.slug).glob("*"))
        if file.stat().st_size <= MAX_SEED_BYTES
    ]
    return (*own, *recorded, *(large for seed in own if (large := _large(seed))))


def _large(seed: Seed) -> Seed | None:
    """Return the seed with a table so long that only its wanted rows are decoded, None where the API has no table."""
    table = adapter(seed.slug).table
    document = json.loads(seed.body)
    if table is None:
        return None
    for key in table.path:
        document = document.get(key) if isinstance(document, dict) else None
    rows = [document] if isinstance(document, dict) and not table.path else document
    if not isinstance(rows, list) or not all(isinstance(row, dict) and table.symbol in row for row in rows):
        return None
    others = [{**rows[0], table.symbol: f"OTHER{index}", "note": "x" * 500} for index in range(40)]
    whole: object = [*others[:20], *rows, *others[20:]]
    for key in reversed(table.path):
        whole = {**json.loads(seed.body), key: whole} if key == table.path[0] else {key: whole}
    return Seed(seed.slug, seed.tickers, json.dumps(whole).encode())


def mutate(body: bytes, *, kind: str, where: int, what: bytes) -> bytes:
    """Return the body with one damage of KINDS; ``where`` is taken modulo what there is."""
    return DAMAGES[kind](body, where, what)


def _cut(body: bytes, where: int, _what: bytes) -> bytes:
    at = where % (len(body) + 1)
    return body[:at] + body[at + _length(where) :]


def _insert(body: bytes, where: int, what: bytes) -> bytes:
    at = where % (len(body) + 1)
    return body[:at] + what + body[at:]


def _overwrite(body: bytes, where: int, what: bytes) -> bytes:
    at = where % (len(body) + 1)
    return body[:at] + what + body[at + len(what) :]


def _repeat(body: bytes, where: int, _what: bytes) -> bytes:
    at = where % (len(body) + 1)
    return body[: at + _length(where)] + body[at:]


def _truncate(body: bytes, where: int, _what: bytes) -> bytes:
    return body[: where % (len(body) + 1)]


def _turn_bit(body: bytes, where: int, _what: bytes) -> bytes:
    if not body:
        return body
    at = where % len(body)
    return body[:at] + bytes([body[at] ^ (1 << _length(where) % 8)]) + body[at + 1 :]


def _splice(body: bytes, where: int, _what: bytes) -> bytes:
    other = seeds()[(where >> 8) % len(seeds())].body
    return body[: where % (len(body) + 1)] + other[where % (len(other) + 1) :]


def _value(body: bytes, where: int, what: bytes) -> bytes:
    """Return the body with one JSON value, or a name, replaced by ``what``."""
    if not (values := [match.span() for match in VALUE.finditer(body)]):
        return body
    start, end = values[where % len(values)]
    return body[:start] + what + body[end:]


def _exchange(body: bytes, where: int, _what: bytes) -> bytes:
    """Return the body with one JSON value replaced by another of its own."""
    values = VALUE.findall(body)
    return _value(body, where, values[(where >> 16) % len(values)]) if values else body


def _length(where: int) -> int:
    return (where >> 16) % 40


DAMAGES: Mapping[str, Callable[[bytes, int, bytes], bytes]] = {
    "value": _value,
    "exchange": _exchange,
    "cut": _cut,
    "insert": _insert,
    "overwrite": _overwrite,
    "repeat": _repeat,
    "truncate": _truncate,
    "turn": _turn_bit,
    "splice": _splice,
}
KINDS = (*DAMAGES, "value", "value")
