"""Bodies as JSON: the fast reader says what the strict one says, and a large table gives up only unwanted rows."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.sources import errors
from apps.sources.adapters.decoding import FEW_ROWS, MAX_DEPTH, SMALL_BODY_BYTES, Table, load, load_rows

WRAPPED = Table(("data", "list"), symbol="id")
BARE = Table((), symbol="id")
FILLER = "x" * SMALL_BODY_BYTES
TEXTS = st.text(st.sampled_from('ab"\\[]{}é\n'), max_size=6)
DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=40,
)


def rows(count: int, **more: Any) -> list[dict[str, Any]]:
    return [
        {"id": f"S{number}", "last": "1.50", "note": FILLER[: SMALL_BODY_BYTES // count], **more}
        for number in range(count)
    ]


def encoded(document: object) -> bytes:
    return json.dumps(document, ensure_ascii=False).encode()


@given(DOCUMENTS)
def test_any_json_is_read_as_by_the_standard_library(document: Any) -> None:
    """Whatever stands in strings: brackets, quotes and escapes neither hide depth nor pretend it."""
    assert load(encoded(document)) == document


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (b"1.50", Decimal("1.50")),
        (b"0.1", Decimal("0.1")),
        (b"1e5", Decimal("1E+5")),
        (b"65123.400000000000000000000001", Decimal("65123.400000000000000000000001")),
        (b"123456789012345678901234567890", 123456789012345678901234567890),
        (b"-7", -7),
    ],
)
def test_numbers_keep_their_text(text: bytes, value: object) -> None:
    """No digit is lost to a float."""
    (number,) = load(b"[" + text + b"]")  # type: ignore[misc]

    assert str(number) == str(value)  # type: ignore[has-type]
    assert type(number) is type(value)  # type: ignore[has-type]


@pytest.mark.parametrize("text", [b"1e99999999999999999999", b"9" * 10_000, b"1." + b"9" * 10_000])
def test_absurd_numbers_spoil_nothing_else(text: bytes) -> None:
    """A number nobody can hold is infinite; its neighbours are read."""
    assert load(b'{"a": ' + text + b', "b": 2}') == {"a": Decimal("Infinity"), "b": 2}


def test_nan_is_no_reason_to_lose_a_reply() -> None:
    """The literals NaN and Infinity, which are no JSON, stand for no number."""
    document = load(b'{"a": NaN, "b": -Infinity, "c": 1}')

    assert [str(value) for value in document.values()] == ["NaN", "NaN", "1"]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"", "empty"),
        (b" \n", "empty"),
        (b"<html>", "HTML"),
        (b'{"a": 1', "not JSON"),
        (b'["\xff"]', "not UTF-8 at byte 2"),
        (b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1), "nested deeper"),
        (b'["]",' * (MAX_DEPTH + 1), "nested deeper"),
        (b'{"\\"":' * (MAX_DEPTH + 1), "nested deeper"),
        (b'[{"a":"[","b":' * MAX_DEPTH, "nested deeper"),
    ],
)
def test_what_is_wrong_is_said(body: bytes, told: str) -> None:
    """Every body that is no JSON has its reason in the message."""
    with pytest.raises(errors.NotJson, match=told):
        load(body)


def test_the_depth_limit_itself_is_allowed() -> None:
    """Sixty-four levels are read, many of them side by side too."""
    assert load(b"[" * MAX_DEPTH + b"]" * MAX_DEPTH)
    assert len(load(b"[" + b",".join([b'{"a":[]}'] * 1000) + b"]")) == 1000  # type: ignore[arg-type]


@pytest.mark.parametrize("table", [WRAPPED, BARE], ids=["wrapped", "bare"])
def test_of_a_large_table_only_wanted_rows_are_read(table: Table) -> None:
    """All else in the reply stays, the exchange's own clock and error code among it."""
    listed = rows(100)
    document = {"code": "0", "data": {"time": 7, "list": listed}} if table is WRAPPED else listed

    found = load_rows(encoded(document), table, lambda: {"S7", "S99", "unlisted"})

    kept = [listed[7], listed[99]]
    assert found == ({"code": "0", "data": {"time": 7, "list": kept}} if table is WRAPPED else kept)


@pytest.mark.parametrize(
    "document",
    [
        {"code": "51001", "msg": FILLER},
        {"data": FILLER},
        {"data": {"list": {"id": FILLER}}},
        {"data": {"list": [FILLER, *rows(FEW_ROWS)]}},
        {"data": {"list": [*rows(FEW_ROWS), {"id": 5}]}},
        {"data": {"list": rows(FEW_ROWS - 1)}},
        {"data": {"list": [{"note": FILLER}] * 3}},
        [FILLER],
        FILLER,
    ],
    ids=lambda document: str(document)[:40],
)
def test_a_reply_of_another_shape_is_read_whole(document: Any) -> None:
    """Errors, short lists and strange rows come as they are, for the adapter to judge."""
    assert load_rows(encoded(document), WRAPPED, lambda: {"S0"}) == document


def test_two_rows_of_one_symbol_are_both_kept() -> None:
    """The adapter must see that they contradict each other."""
    found = load_rows(encoded(rows(50) + rows(1, last="9")), BARE, lambda: {"S0"})

    assert [row["last"] for row in found] == ["1.50", "9"]  # type: ignore[attr-defined]


def test_symbols_with_escapes_are_found() -> None:
    """A symbol is compared as text, not as it is written."""
    body = encoded([*rows(50), {"id": 'a"é/b'}]).replace(b"/", b"\\u002f")

    assert load_rows(body, BARE, lambda: {'a"é/b'}) == [{"id": 'a"é/b'}]


@pytest.mark.parametrize(("broken", "told"), [(b"\xff", "not UTF-8"), (b'"', "not JSON"), (b"[" * 70, "nested deeper")])
def test_a_fault_in_an_unwanted_row_spoils_the_reply_all_the_same(broken: bytes, told: str) -> None:
    """Half a reply is no reply: what is cut or garbled in one place is not trusted in another."""
    body = encoded(rows(50)).replace(b'"id": "S30"', b'"id": "S30' + broken + b'"', 1)
    if broken.startswith(b"["):
        body = encoded(rows(50)).replace(b'"last": "1.50"', b'"last": ' + broken, 1)

    with pytest.raises(errors.NotJson, match=told):
        load_rows(body, BARE, lambda: {"S1"})


def test_nan_in_an_unwanted_row_costs_nothing() -> None:
    """Such a reply is read whole, by the patient reader."""
    body = encoded(rows(50)).replace(b'"last": "1.50"', b'"last": NaN', 1)

    found = load_rows(body, BARE, lambda: {"S1"})

    assert [row["id"] for row in found] == [f"S{number}" for number in range(50)]  # type: ignore[attr-defined]
