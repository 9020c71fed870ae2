"""APIs described by options, without code."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.pricing.types import Ask, Miss, MissCode, Quote
from apps.sources.adapters.base import KeyPlace, Reply
from apps.sources.adapters.generic import Generic, validate_options
from apps.sources.adapters.generic_options import KEYS
from tests.conftest import REPOSITORY
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


def test_prices_in_cents_are_scaled_exactly() -> None:
    """An integer with two implied decimals loses nothing, and neither does one of 18 beyond what a price may be."""
    cents = {"url": "/t/{ticker}", "price": "$.p", "bid": "$.b", "volume": "$.v", "scale": 2}
    wei = {"url": "/t/{ticker}", "price": "$.p", "scale": 18}

    (quote,) = read(cents, {"p": 8406504, "b": "8406503", "v": 7}, "A")
    assert isinstance(quote, Quote)
    assert (str(quote.price), str(quote.bid), str(quote.volume)) == ("84065.04", "84065.03", "7")
    assert said(read(wei, {"p": 84065123456789012345678}, "A")) == ["84065.123456789012345678"]
    assert said(read({**cents, "scale": -3}, {"p": "1.5"}, "A")) == ["1.5E+3"]
    assert said(read(cents, {"p": "soon"}, "A")) == ["price_not_a_number"]


def test_an_inverse_source_is_turned_over() -> None:
    """Bid and ask change places, and the volume counts the other currency."""
    options = {"url": "/t/{ticker}", "price": "$.p", "bid": "$.b", "ask": "$.a", "volume": "$.v", "inverse": True}

    (quote,) = read(options, {"p": "0.25", "b": "0.2", "a": "0.5", "v": "100"}, "A")

    assert isinstance(quote, Quote)
    assert [str(part) for part in (quote.price, quote.bid, quote.ask, quote.volume)] == ["4", "2", "5", "25.00"]
    assert said(read(options, {"p": 0}, "A")) == ["price_zero"]
    assert said(read(options, {"p": -2}, "A")) == ["price_negative"]
    assert said(read(options, {"p": None}, "A")) == ["price_null"]


@pytest.mark.parametrize(
    ("body", "sent"),
    [
        ({"ids": "{tickers}"}, {"ids": ["A", 'b"c']}),
        ({"ids": ["{tickers}"]}, {"ids": ["A", 'b"c']}),
        ({"q": "in {tickers}", "deep": [{"n": 1, "t": None}]}, {"q": 'in A,b"c', "deep": [{"n": 1, "t": None}]}),
    ],
)
def test_a_post_carries_the_tickers_in_its_json(body: object, sent: object) -> None:
    """Tickers are filled in as values of the JSON, so none can break out of its text."""
    options = {"url": "/q", "method": "POST", "body": body, "price": "$.p", "rows": "$.r", "symbol": "$.id"}

    (request,) = Generic(options).build([Ask("A/USD", "A"), Ask("B/USD", 'b"c')])

    assert (request.method, json.loads(request.body)) == ("POST", sent)


def test_a_body_with_one_ticker_makes_a_request_for_each() -> None:
    """``{ticker}`` in the body splits as it does in the URL."""
    options = {"url": "/q", "method": "POST", "body": {"id": "{ticker}"}, "price": "$.p"}

    requests = Generic(options).build([Ask("A/USD", "A"), Ask("B/USD", "B")])

    assert [request.body for request in requests] == ['{"id":"A"}', '{"id":"B"}']


@pytest.mark.parametrize(
    ("rule", "document", "code"),
    [
        ({"error_expected": "0"}, {"code": 0, "p": 1}, "1"),
        ({"error_expected": 0}, {"code": "0", "p": 1}, "1"),
        ({"error_expected": True}, {"code": True, "p": 1}, "1"),
        ({"error_expected": "0"}, {"code": 7, "p": 1}, "error_in_body"),
        ({"error_expected": "0"}, {"p": 1}, "error_in_body"),
        ({"error_forbidden": "error"}, {"code": "ok", "p": 1}, "1"),
        ({"error_forbidden": "error"}, {"p": 1}, "1"),
        ({"error_forbidden": "error"}, {"code": "error", "p": 1}, "error_in_body"),
        ({}, {"code": [], "p": 1}, "1"),
        ({}, {"code": "0", "p": 1}, "1"),
        ({"error_message": "$.m", "unknown_ticker": "no such"}, {"code": 5, "m": "No such market"}, "unknown_ticker"),
    ],
)
def test_an_error_under_200_is_told_by_its_rule(rule: dict[str, Any], document: object, code: str) -> None:
    """Expected value, forbidden value, or anything that is not nothing."""
    assert said(read({"url": "/t/{ticker}", "price": "$.p", "error": "$.code", **rule}, document, "A")) == [code]


def test_the_errors_own_words_are_shown() -> None:
    """The operator reads which value was found, which was expected, and what the API says about it."""
    options = {"url": "/t/{ticker}", "price": "$.p", "error": "$.c", "error_expected": "0", "error_message": "$.m"}

    (miss,) = read(options, {"c": 9, "m": "closed for repair"}, "A")

    assert isinstance(miss, Miss)
    assert miss.message == "$.c says 9, expected 0: closed for repair"


@pytest.mark.parametrize(("status", "code"), [(429, "rate_limited"), (400, "unknown_ticker"), (503, "unknown_ticker")])
def test_another_status_keeps_its_meaning_unless_the_ticker_is_named(status: int, code: str) -> None:
    """A rate limit stays one whatever the body says; words about the ticker are narrower than a bare status."""
    options = {"url": "/t/{ticker}", "price": "$.p", "error": "$.e", "unknown_ticker": "unknown symbol"}
    document = {"e": "slow down" if status == 429 else "Unknown symbol A"}

    assert said(read(options, document, "A", status=status)) == [code]


def test_the_clock_of_a_reply_is_not_the_time_of_a_price() -> None:
    """A sound reply clock is ignored wherever the row is, one that is far off dates the price."""
    options = {**MANY, "time": "$.now", "time_of": "reply"}
    rows = [{"id": "A", "p": 1}]

    (fresh,) = read(options, {"now": int(NOW.timestamp()), "rows": rows}, "A")
    (cached,) = read(options, {"now": int(NOW.timestamp()) - 60, "rows": rows}, "A")

    assert isinstance(fresh, Quote)
    assert isinstance(cached, Quote)
    assert fresh.source_time is None
    assert cached.source_time == NOW - timedelta(seconds=60)


def test_a_key_has_the_place_the_description_gives_it() -> None:
    """In a header after a prefix, in a parameter, or nowhere."""
    in_header = Generic({**ONE, "key_header": "Authorization", "key_prefix": "Bearer "}).key_place()

    assert in_header == KeyPlace(header="Authorization", prefix="Bearer ")
    assert Generic({**ONE, "key_query": "apikey"}).key_place() == KeyPlace(query="apikey")
    assert Generic(ONE).key_place() is None


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
        ({"prise": "$.p"}, "prise: unknown option; did you mean price?"),
        ({"url": "api.example/{ticker}"}, "did you mean 'https://api.example/{ticker}'"),
        ({"url": "/t/{pair}"}, "did you mean {ticker} or {tickers}?"),
        ({"price": "data.last"}, "did you mean '$.data.last'?"),
        ({"price": ".last"}, "did you mean '$.last'?"),
        ({"time_unit": "milliseconds"}, "did you mean 'ms'?"),
        ({"time_of": "replay"}, "time_of: must be price or reply, got 'replay'; did you mean 'reply'?"),
        ({"method": "post"}, "method: must be GET or POST, got 'post'; did you mean 'POST'?"),
        ({"body": {}}, "body: only a POST has one"),
        ({"body": "x", "method": "POST"}, "body: must be a JSON object or array, got str"),
        ({"body": {"a": "{tickers}"}, "method": "POST"}, "use {ticker} or {tickers}, not both"),
        ({"body": [[[[[[[[[[[]]]]]]]]]]], "method": "POST"}, "nested deeper than 10"),
        ({"scale": "2"}, "scale: must be a whole number"),
        ({"scale": True}, "scale: must be a whole number"),
        ({"scale": 99}, "from -36 to 36, got '99'"),
        ({"inverse": "yes"}, "inverse: must be true or false"),
        ({"error_expected": "0"}, "error_expected: given without error"),
        ({"unknown_ticker": "x"}, "unknown_ticker: given without error"),
        ({"error": "$.e", "error_expected": 0, "error_forbidden": 1}, "not both"),
        ({"error": "$.e", "error_expected": []}, "error_expected: must be text, a whole number, true or false"),
        ({"key_header": "Host"}, "key_header: 'Host' cannot be set"),
        ({"key_prefix": "Bearer "}, "key_prefix: given without key_header"),
        ({"key_header": "X-K", "key_query": "k"}, "key_query: use key_header or key_query, not both"),
        ({"key_header": "X-K", "key_prefix": "a\n"}, "key_prefix: must be printable"),
        ({"headers": []}, "headers: must be a mapping"),
        ({"headers": {"Host": "x"}}, "cannot be set"),
        ({"headers": {"X-A": "b\r\nc"}}, "printable ASCII"),
    ],
)
def test_every_fault_of_options_is_named(change: dict[str, Any], fault: str) -> None:
    """The operator reads which option is wrong, and why."""
    assert any(fault in told for told in validate_options({**ONE, **change}))


def test_the_page_for_operators_explains_every_option() -> None:
    """An option without words is an option nobody finds."""
    page = (REPOSITORY / "docs" / "generic-source.md").read_text()

    rows = "".join(line.partition(" | ")[0] for line in page.splitlines() if line.startswith("| `"))
    assert [key for key in KEYS if f"`{key}`" not in rows] == []


TEXTS = st.one_of(
    st.text(max_size=20), st.sampled_from(["$.p", "$..p", "$[*]", "/t/{ticker}", "/all", "{tickers}", "s"])
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=8,
)


@given(
    options=st.dictionaries(st.sampled_from([*KEYS, "x"]), JSON, max_size=8),
    method=st.sampled_from(["GET", "POST"]),
    document=JSON,
    status=st.sampled_from([200, 404, 500]),
)
def test_whatever_is_described_and_answered_nothing_crashes(
    options: dict[str, Any], method: str, document: object, status: int
) -> None:
    """Options are judged without an exception; those that pass make requests and read any reply."""
    described = {"url": "/t/{ticker}", "price": "$.p", "method": method, **options}
    if validate_options(described):
        return
    asks = [Ask("A/USD", "A"), Ask("B/USD", 'b"/c')]
    generic = Generic(described)
    for request in generic.build(asks):
        assert not request.body or json.loads(request.body) is not None
        reply = Reply(status, {}, json.dumps(document).encode(), NOW)
        assert len(generic.parse(request, reply)) == len(request.asks)
