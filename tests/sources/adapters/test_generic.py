"""APIs described by options, without code."""

from __future__ import annotations

import json
from typing import Any

import pytest

from apps.pricing.types import Ask, Miss, MissCode, Quote
from apps.sources.adapters.base import Reply
from apps.sources.adapters.generic import Generic, validate_options
from tests.sources.samples import NOW

ONE = {
    "url": "/t/{ticker}",
    "price": "$.data.last",
    "symbol": "$.data.id",
    "bid": "$.data.bid",
    "time": "$.data.at",
    "time_unit": "iso",
}
MANY = {
    "url": "https://api.example/all?ids={tickers}",
    "rows": "$.rows[*]",
    "symbol": "$.id",
    "price": "$.p",
    "volume": "$.v",
    "time": "$.t",
    "time_unit": "s",
    "error": "$.error",
}
KEYED = {"url": "https://api.example/price?ids={tickers}", "price": "$['{ticker}'].usd"}


def read(options: dict[str, Any], document: object, *tickers: str, status: int = 200) -> list[Quote | Miss]:
    """Return what the described API says in a body."""
    generic = Generic(options)
    request = generic.build([Ask(f"{ticker}/USD", ticker) for ticker in tickers])[0]
    return list(generic.parse(request, Reply(status, {}, json.dumps(document).encode(), NOW)))


def said(outcomes: list[Quote | Miss]) -> list[str]:
    """Return prices and codes."""
    return [str(each.price) if isinstance(each, Quote) else each.code.value for each in outcomes]


def test_one_ticker_a_call() -> None:
    """Paths find price, bid and time; the echo is checked."""
    (quote,) = read(ONE, {"data": {"id": "A", "last": 1.5, "bid": "1.4", "at": "2026-11-24T12:00:00Z"}}, "A")

    assert isinstance(quote, Quote)
    assert (str(quote.price), str(quote.bid), quote.source_time) == ("1.5", "1.4", NOW)


def test_rows_are_selected_by_symbol() -> None:
    """Order means nothing, absent rows are missing, bad prices spoil their row only."""
    rows = [
        {"id": "B", "p": "2", "v": 5, "t": 1},
        {"id": "A", "p": "1", "t": 1795521600},
        {"id": "C", "p": 0, "t": 1795521600},
    ]

    outcomes = read(MANY, {"rows": rows}, "A", "B", "C", "D")

    assert said(outcomes) == ["1", "time_malformed", "price_zero", "ticker_missing"]


def test_a_path_may_hold_the_ticker() -> None:
    """Replies keyed by ticker need no rows, and a quote mark in a ticker cannot leave its name."""
    document = {"bitcoin": {"usd": 84000.5}, "x']..*['": {"usd": 1}}

    assert said(read(KEYED, document, "bitcoin", "ether", "x']..*['")) == ["84000.5", "price_missing", "1"]


def test_urls_are_filled_in_encoded() -> None:
    """Tickers cannot add parameters or segments."""
    assert Generic(ONE).build([Ask("A/B", "a/b?c")])[0].path == "/t/a%2Fb%3Fc"
    assert Generic(MANY).build([Ask("A/B", "a&b"), Ask("C/D", "c")])[0].path.endswith("?ids=a%26b,c")


@pytest.mark.parametrize(
    ("options", "document", "code"),
    [
        (ONE, {"data": {"id": "B", "last": 1}}, MissCode.WRONG_PAIR),
        (ONE, {"data": {"last": 1}}, MissCode.UNEXPECTED_SHAPE),
        (ONE, {"data": {"id": "A", "at": "2026-11-24T12:00:00Z"}}, MissCode.PRICE_MISSING),
        (ONE, {"data": {"id": "A", "last": 1, "at": "2026-11-24T12:00:00"}}, MissCode.TIME_MALFORMED),
        (MANY, {"rows": []}, MissCode.UNEXPECTED_SHAPE),
        (MANY, {"error": "down for repair"}, MissCode.ERROR_IN_BODY),
        (MANY, {"rows": [{"id": "A", "p": 1}, {"id": "A", "p": 2}]}, MissCode.UNEXPECTED_SHAPE),
        ({**ONE, "price": "$..last"}, {"data": {"id": "A", "last": 1, "x": {"last": 2}}}, MissCode.UNEXPECTED_SHAPE),
        (ONE, [], MissCode.UNEXPECTED_SHAPE),
        (ONE, None, MissCode.UNEXPECTED_SHAPE),
    ],
)
def test_what_does_not_fit_the_description_is_a_miss(options: dict[str, Any], document: object, code: MissCode) -> None:
    """Every way of not fitting has a code."""
    assert said(read(options, document, "A")) == [code]


def test_a_404_for_a_ticker_in_the_path_is_an_unknown_ticker() -> None:
    """The one status that speaks of the ticker."""
    assert said(read(ONE, {}, "A", status=404)) == ["unknown_ticker"]


@pytest.mark.parametrize("options", [ONE, MANY, KEYED])
def test_sound_options_have_no_faults(options: dict[str, Any]) -> None:
    """The examples are valid."""
    assert validate_options(options) == []


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"url": ""}, "url: missing"),
        ({"price": None}, "price: missing"),
        ({"colour": "red"}, "colour: unknown option"),
        ({"url": 3}, "url: must be text"),
        ({"url": "ftp://a/{ticker}"}, "url: must begin with"),
        ({"url": "//a/{ticker}"}, "must name its scheme"),
        ({"url": "https://{ticker}.example/"}, "the host can hold neither"),
        ({"url": "https://u:p@a.example/{ticker}"}, "the host can hold neither"),
        ({"url": "/{ticker}/{tickers}"}, "not both"),
        ({"url": "/{symbol}/{ticker}"}, "unknown placeholder {symbol}"),
        ({"url": "/a b/{ticker}"}, "white space"),
        ({"url": "/all", "symbol": ""}, "asks for many tickers"),
        ({"price": "data.last"}, "price: not a JSON path"),
        ({"rows": "$['{ticker}']"}, "rows: cannot hold"),
        ({"time_unit": "hours"}, "time_unit: must be one of"),
        ({"time": ""}, "time_unit: given without time"),
        ({"headers": []}, "headers: must be a mapping"),
        ({"headers": {"Host": "x"}}, "cannot be set"),
        ({"headers": {"X-A": "b\r\nc"}}, "printable ASCII"),
    ],
)
def test_every_fault_of_options_is_named(change: dict[str, Any], fault: str) -> None:
    """The operator reads which option is wrong, and why."""
    assert any(fault in told for told in validate_options({**ONE, **change}))
