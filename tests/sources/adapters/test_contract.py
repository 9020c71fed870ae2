"""One contract for every built-in adapter: what a body means, whichever exchange sent it."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from apps.pricing.types import Ask, Miss, MissCode, Quote
from apps.sources.adapters.base import Reply
from apps.sources.registry import adapter, adapters, built_in
from tests.sources.samples import GONE, NOW, NOW_MS, WIRES, Wire, bare, good_body, parse_one
from tests.sources.wires import ON_CHAIN
from tests.sources.wires.base import ASK, BID

every_wire = pytest.mark.parametrize("wire", WIRES, ids=lambda wire: wire.slug)

BAD_PRICES = [
    pytest.param("0", MissCode.PRICE_ZERO, id="zero"),
    pytest.param("0.00000000", MissCode.PRICE_ZERO, id="zero-with-decimals"),
    pytest.param(bare("0E-400"), MissCode.PRICE_ZERO, id="zero-with-exponent"),
    pytest.param("-84000.5", MissCode.PRICE_NEGATIVE, id="negative"),
    pytest.param(None, MissCode.PRICE_NULL, id="null"),
    pytest.param("", MissCode.PRICE_NULL, id="empty-text"),
    pytest.param("NaN", MissCode.PRICE_NOT_A_NUMBER, id="NaN-text"),
    pytest.param(bare("NaN"), MissCode.PRICE_NOT_A_NUMBER, id="NaN-literal"),
    pytest.param(bare("-Infinity"), MissCode.PRICE_NOT_A_NUMBER, id="infinity-literal"),
    pytest.param("Infinity", MissCode.PRICE_NOT_A_NUMBER, id="infinity-text"),
    pytest.param("84,000.5", MissCode.PRICE_NOT_A_NUMBER, id="comma"),
    pytest.param("84_000", MissCode.PRICE_NOT_A_NUMBER, id="underscore"),
    pytest.param("٨٤", MissCode.PRICE_NOT_A_NUMBER, id="arabic-digits"),
    pytest.param(" 84000", MissCode.PRICE_NOT_A_NUMBER, id="blank"),
    pytest.param(True, MissCode.PRICE_NOT_A_NUMBER, id="true"),
    pytest.param(["84000.5"], MissCode.PRICE_NOT_A_NUMBER, id="array"),
    pytest.param({"a": 1}, MissCode.PRICE_NOT_A_NUMBER, id="object"),
    pytest.param("1E999999", MissCode.PRICE_OUT_OF_RANGE, id="huge-exponent"),
    pytest.param(bare("1E999999999999999999999"), MissCode.PRICE_OUT_OF_RANGE, id="impossible-exponent"),
    pytest.param("1E-999999", MissCode.PRICE_OUT_OF_RANGE, id="tiny-exponent"),
    pytest.param("1000000000000000001", MissCode.PRICE_OUT_OF_RANGE, id="above-1e18"),
    pytest.param("9" * 5000, MissCode.PRICE_OUT_OF_RANGE, id="5000-digits"),
    pytest.param(bare("9" * 5000), MissCode.PRICE_OUT_OF_RANGE, id="5000-digit-literal"),
]
BAD_BODIES = [
    pytest.param(b"", MissCode.NOT_JSON, id="empty"),
    pytest.param(b"  \n", MissCode.NOT_JSON, id="blank"),
    pytest.param(b"null", MissCode.UNEXPECTED_SHAPE, id="null"),
    pytest.param(b"3", MissCode.UNEXPECTED_SHAPE, id="number"),
    pytest.param(b'"BTC"', MissCode.UNEXPECTED_SHAPE, id="text"),
    pytest.param(b"<html><body>Bad gateway</body></html>", MissCode.NOT_JSON, id="html"),
    pytest.param(b'{"symbol": "\xff\xfe"}', MissCode.NOT_JSON, id="not-utf-8"),
    pytest.param(b"[" * 100_000, MissCode.NOT_JSON, id="nested-too-deep"),
    pytest.param(b'["]",' * 100_000, MissCode.NOT_JSON, id="nested-too-deep-behind-text"),
    pytest.param(b'{"a\\"]":' * 100_000, MissCode.NOT_JSON, id="nested-too-deep-behind-names"),
]
STATUSES = [
    (401, MissCode.KEY_REFUSED),
    (403, MissCode.BANNED),
    (418, MissCode.BANNED),
    (429, MissCode.RATE_LIMITED),
    (451, MissCode.GEO_BLOCKED),
    (500, MissCode.SERVER_ERROR),
    (502, MissCode.SERVER_ERROR),
    (400, MissCode.HTTP_ERROR),
]


def test_the_samples_cover_every_built_in_adapter() -> None:
    """No adapter escapes the contract."""
    covered = {wire.slug for wire in WIRES} | ON_CHAIN
    assert sorted(each.slug for each in built_in()) == sorted(covered)
    assert set(adapters()) == covered | {"ccxt", "generic"}


@every_wire
def test_an_adapter_says_where_its_format_comes_from(wire: Wire) -> None:
    """Its docstring names the documentation, the limits with it, and what its time means."""
    text = type(adapter(wire.slug)).__doc__ or ""

    assert "Source: https://" in text
    assert "Time: " in text


@every_wire
def test_a_good_body_is_read_to_the_digit(wire: Wire) -> None:
    """Price, bid, ask and volume keep every digit of the text, and are None where the API has none."""
    outcome = parse_one(wire.slug, good_body(wire, price="84000.50"), wire.ticker)

    assert isinstance(outcome, Quote)
    assert (str(outcome.price), outcome.source, outcome.ticker) == ("84000.50", wire.slug, wire.ticker)
    assert (outcome.bid, outcome.ask) == ((Decimal("83999.9"), Decimal("84001.1")) if wire.book else (None, None))
    assert outcome.volume == (Decimal("1234.5") if wire.volume else None)
    assert outcome.received_at == NOW


@every_wire
def test_a_json_number_is_read_as_exactly_as_text(wire: Wire) -> None:
    """A price that a float would round arrives unrounded."""
    outcome = parse_one(wire.slug, good_body(wire, price=bare("0.1234567890123456789")), wire.ticker)

    assert isinstance(outcome, Quote)
    assert outcome.price == Decimal("0.1234567890123456789")


@every_wire
def test_only_the_time_of_a_price_becomes_its_source_time(wire: Wire) -> None:
    """A reply's own clock does not make a price look fresh."""
    outcome = parse_one(wire.slug, good_body(wire), wire.ticker)

    assert isinstance(outcome, Quote)
    assert outcome.source_time == (NOW if wire.clock == "price" else None)


@every_wire
def test_a_cached_reply_cannot_pass_as_fresh(wire: Wire) -> None:
    """A reply from yesterday says so in its source time, wherever it carries any clock at all."""
    yesterday = NOW - timedelta(days=1)

    outcome = parse_one(wire.slug, good_body(wire, time_ms=NOW_MS - 86_400_000), wire.ticker)

    assert isinstance(outcome, Quote)
    assert outcome.source_time == (None if wire.clock == "none" else yesterday)


@every_wire
@pytest.mark.parametrize(("price", "code"), BAD_PRICES)
def test_every_fault_of_a_price_has_its_own_code(wire: Wire, price: object, code: MissCode) -> None:
    """Zero, negative, null, NaN and absurd prices are told apart."""
    outcome = parse_one(wire.slug, good_body(wire, price=price), wire.ticker)

    assert isinstance(outcome, Miss)
    assert outcome.code == code


@every_wire
def test_a_row_without_price_is_a_miss(wire: Wire) -> None:
    """A renamed price field is not an error of ours."""
    outcome = parse_one(wire.slug, good_body(wire, price=GONE), wire.ticker)

    assert isinstance(outcome, Miss)
    assert outcome.code == MissCode.PRICE_MISSING


@every_wire
@pytest.mark.parametrize("zero", ["0", '"0"', '"0.00"', "0E-8"])
def test_a_market_without_bid_and_ask_stands_still(wire: Wire, zero: str) -> None:
    """A last price beside a book of zeros is of another time."""
    text = good_body(wire).decode()
    for number in (BID, ASK):
        text = text.replace(f'"{number}"', number).replace(number, zero)

    outcome = parse_one(wire.slug, text.encode(), wire.ticker)

    assert isinstance(outcome, Miss if wire.book else Quote)
    assert not isinstance(outcome, Miss) or outcome.code == MissCode.MARKET_HALTED


@every_wire
def test_a_body_for_another_pair_is_refused(wire: Wire) -> None:
    """A wrong symbol in the only row is a wrong pair, wherever bodies name their pair."""
    outcome = parse_one(wire.slug, good_body(wire, symbol=wire.other), wire.ticker)

    if wire.names_pair:
        assert isinstance(outcome, Miss)
        assert outcome.code == MissCode.WRONG_PAIR
    else:
        assert isinstance(outcome, Quote)


@every_wire
@pytest.mark.parametrize(("body", "code"), BAD_BODIES)
def test_a_useless_body_is_a_miss(wire: Wire, body: bytes, code: MissCode) -> None:
    """HTML, nothing, and JSON of another shape are told apart."""
    outcome = parse_one(wire.slug, body, wire.ticker)

    assert isinstance(outcome, Miss)
    assert outcome.code == code


@every_wire
def test_an_empty_object_is_a_miss(wire: Wire) -> None:
    """``{}`` is another shape, or an answer without the ticker where rows lie on top."""
    outcome = parse_one(wire.slug, b"{}", wire.ticker)

    assert isinstance(outcome, Miss)
    assert outcome.code == wire.empty


@every_wire
def test_an_empty_array_is_a_miss(wire: Wire) -> None:
    """``[]`` is no shape at all, or an answer without the ticker where arrays are the shape."""
    outcome = parse_one(wire.slug, b"[]", wire.ticker)

    assert isinstance(outcome, Miss)
    assert outcome.code in {MissCode.UNEXPECTED_SHAPE, MissCode.TICKER_MISSING}


@every_wire
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_truncated_body_is_not_json(wire: Wire, share: float) -> None:
    """Half a reply gives no price."""
    body = good_body(wire)

    outcome = parse_one(wire.slug, body[: int(len(body) * share)], wire.ticker)

    assert isinstance(outcome, Miss)
    assert outcome.code == MissCode.NOT_JSON


@every_wire
@pytest.mark.parametrize(("status", "code"), STATUSES)
def test_a_status_speaks_where_the_body_does_not(wire: Wire, status: int, code: MissCode) -> None:
    """Bans, limits, geo-blocks and illness are told apart by status."""
    outcome = parse_one(wire.slug, b"<html>nothing to see</html>", wire.ticker, status=status)

    assert isinstance(outcome, Miss)
    assert outcome.code == code


@every_wire
def test_a_good_body_under_an_error_status_is_no_price(wire: Wire) -> None:
    """A status other than 200 is never overruled by a body."""
    assert isinstance(parse_one(wire.slug, good_body(wire), wire.ticker, status=503), Miss)


@every_wire
def test_requests_cover_every_ask_once(wire: Wire) -> None:
    """Whatever is asked, each ask stands in exactly one request, duplicates of a ticker too."""
    asks = [Ask("BTC/USD", wire.ticker), Ask("ETH/USD", wire.other), Ask("BTC/EUR", wire.ticker)]

    requests = adapter(wire.slug).build(asks)

    covered = [ask for request in requests for ask in request.asks]
    assert sorted(covered, key=str) == sorted(asks, key=str)


@every_wire
def test_tickers_cannot_leave_their_place_in_the_url(wire: Wire) -> None:
    """A ticker with slashes and question marks stays one segment or one value."""
    request = adapter(wire.slug).build([Ask("BTC/USD", "../x?y=1&z#")])[0]

    assert "?" not in request.path
    assert "../" not in request.path


@pytest.mark.parametrize("wire", [wire for wire in WIRES if wire.pair], ids=lambda wire: wire.slug)
def test_default_symbols_name_both_assets(wire: Wire) -> None:
    """The default symbol of the sample's pair is the one the sample bodies use."""
    assert adapter(wire.slug).ticker_for(wire.pair) == wire.ticker


@settings(max_examples=60, deadline=None)
@given(
    wire=st.sampled_from(WIRES),
    cut=st.integers(0, 400),
    put=st.one_of(st.binary(max_size=8), st.sampled_from([b"null", b"[]", b"{}", b'""', b"-1", b"1E99999", b"NaN"])),
    gone=st.integers(0, 30),
    status=st.sampled_from([200, 200, 200, 400, 404, 500]),
)
def test_no_mutated_body_crashes_an_adapter(wire: Wire, cut: int, put: bytes, gone: int, status: int) -> None:
    """Any damage to a good body gives exactly one outcome, and a quote only with a positive price."""
    body = good_body(wire)
    reply = Reply(status, {}, body[:cut] + put + body[cut + gone :], NOW)
    request = adapter(wire.slug).build([Ask("BTC/USD", wire.ticker)])[0]

    (outcome,) = adapter(wire.slug).parse(request, reply)

    assert isinstance(outcome, Miss) or (outcome.price.is_finite() and outcome.price > 0)
    assert replace(outcome, pair="X/Y").pair == "X/Y"


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from(["1", "result", "data", "list"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["data", "result", "list", "ticker", "symbol", "last", "c", "error", "code", "volume"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=80, deadline=None)
@given(wire=st.sampled_from(WIRES), document=_JSON)
def test_no_json_document_crashes_an_adapter(wire: Wire, document: object) -> None:
    """Any JSON, also of nearly the right shape, gives exactly one outcome."""
    outcome = parse_one(wire.slug, json.dumps(document).encode(), wire.ticker)

    assert isinstance(outcome, Quote | Miss)
