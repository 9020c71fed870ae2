"""Incidents that cost others money, the sources' part: a server that lies, drips, bans or points inside."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from http.server import BaseHTTPRequestHandler

import pytest

from apps.feeds.options import source_rule_problems
from apps.feeds.values import Config, SourceConfig
from apps.pricing.aggregate import aggregate_round
from apps.pricing.types import Ask, Miss, MissCode, Quote, RefusalCode, SourceSpec
from apps.sources.fetch import fetch_source
from apps.sources.http import Transport
from tests.pricing.test_aggregate import NOW, feed, listing, quote, refusals
from tests.sources.server import Server, drip, reply, serving

BTC = Ask("BTC/USD", "BTCUSDT")
ROW = b'{"symbol": "%s", "lastPrice": %s, "bidPrice": "1", "askPrice": "2", "volume": "5", "closeTime": %d}'


def body(price: bytes = b'"100.5"', symbol: bytes = b"BTCUSDT") -> bytes:
    return ROW % (symbol, price, int(time.time() * 1000))


def asked(
    answer: Callable[[BaseHTTPRequestHandler], None] | bytes, *, seconds: float = 2.0
) -> tuple[Quote | Miss, Server]:
    """Return what the Binance adapter makes of a server's answer, and the server."""
    serve = (lambda handler: reply(handler, answer)) if isinstance(answer, bytes) else answer
    with serving(serve) as server:
        spec = SourceSpec("venue", "binance", server.url, Decimal(1), 2)
        transport = Transport(extra_allowed=frozenset({"127.0.0.1"}))
        deadline = datetime.now(UTC) + timedelta(seconds=seconds)
        call = fetch_source(spec, [BTC], deadline=deadline, transport=transport)
        return call.outcomes[0], server


def code_of(outcome: Quote | Miss) -> str:
    return outcome.code if isinstance(outcome, Miss) else f"quote {outcome.price}"


def test_incident_15_a_stale_price_is_dropped_and_all_stale_is_no_price() -> None:
    """doublezero#2287: ten minutes old is refused by name, and without a fresh one there is no answer."""
    spec = feed("A/B", [listing(name, "A/B") for name in "abc"], quorum=2)
    old = NOW - timedelta(minutes=10)
    outcomes = {(name, "A/B"): quote(name, "A/B", "100", source_time=old if name == "c" else NOW) for name in "abc"}
    all_old = {key: quote(key[0], "A/B", "100", source_time=old) for key in outcomes}

    assert refusals(aggregate_round([spec], outcomes, now=NOW)["A/B"]) == {"c": RefusalCode.STALE}
    assert aggregate_round([spec], all_old, now=NOW)["A/B"].answer is None


@pytest.mark.parametrize(("ahead_s", "refused"), [(60, False), (61, True), (7200, True)])
def test_incident_16_a_price_from_the_future_is_refused(ahead_s: int, refused: bool) -> None:
    """ojo#91: a minute of skew is tolerated, more is not, and nothing dates an answer ahead of our clock."""
    spec = feed("A/B", [listing("a", "A/B")])
    ahead = NOW + timedelta(seconds=ahead_s)

    result = aggregate_round([spec], {("a", "A/B"): quote("a", "A/B", "100", source_time=ahead)}, now=NOW)["A/B"]

    assert refusals(result) == ({"a": RefusalCode.FROM_FUTURE} if refused else {})
    assert refused or result.observed_at == NOW


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (body(b"0"), MissCode.PRICE_ZERO),
        (body(b'"0.00000000"'), MissCode.PRICE_ZERO),
        (body(b"-1"), MissCode.PRICE_NEGATIVE),
        (body(b'"-0.5"'), MissCode.PRICE_NEGATIVE),
        (body(b"null"), MissCode.PRICE_NULL),
        (body(b'"N/A"'), MissCode.PRICE_NOT_A_NUMBER),
        (body(b'"NaN"'), MissCode.PRICE_NOT_A_NUMBER),
        (body(b'"Infinity"'), MissCode.PRICE_NOT_A_NUMBER),
        (body(b'""'), MissCode.PRICE_NULL),
        (body(b"true"), MissCode.PRICE_NOT_A_NUMBER),
        (body(b"[1]"), MissCode.PRICE_NOT_A_NUMBER),
        (body(b'"1e400"'), MissCode.PRICE_OUT_OF_RANGE),
        (b'{"symbol": "BTCUSDT"}', MissCode.PRICE_MISSING),
        (b"<html><body>maintenance</body></html>", MissCode.NOT_JSON),
        (b"", MissCode.NOT_JSON),
        (b'{"symbol": "BTCUSDT", "lastPri', MissCode.NOT_JSON),
        (b"\xff\xfe\x00", MissCode.NOT_JSON),
        (b"[]", MissCode.TICKER_MISSING),
        (b'"just text"', MissCode.UNEXPECTED_SHAPE),
        (b"null", MissCode.UNEXPECTED_SHAPE),
        (b'{"code": -1121, "msg": "Invalid symbol."}', MissCode.UNKNOWN_TICKER),
        (b'{"code": -1003, "msg": "Too many requests"}', MissCode.RATE_LIMITED),
    ],
)
def test_incident_17_what_is_no_price_never_becomes_one(answer: bytes, code: MissCode) -> None:
    """Zero, negatives, NaN, null, words and HTML under status 200: each has its own code."""
    assert code_of(asked(answer)[0]) == code


def test_incident_18_another_pairs_price_is_refused() -> None:
    """external-adapters-js#5104: asked for BTC, answered with ETH."""
    assert code_of(asked(body(symbol=b"ETHUSDT"))[0]) == MissCode.WRONG_PAIR


def test_incident_21_a_source_that_says_wait_is_not_asked_again_in_the_round() -> None:
    """429 with Retry-After: 7 under a deadline of two seconds: one call, and the reserve gets its turn."""

    def busy(handler: BaseHTTPRequestHandler) -> None:
        reply(handler, b"{}", status=429, headers={"Retry-After": "7"})

    outcome, server = asked(busy)

    assert code_of(outcome) == MissCode.RATE_LIMITED
    assert len(server.paths) == 1


def test_incident_22_a_slow_drip_ends_at_the_deadline() -> None:
    """One byte every 50 ms keeps no lane longer than the round has time."""

    def slow(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000000")
        handler.end_headers()
        drip(handler, prefix=b"[", seconds=10)

    started = time.monotonic()
    outcome, _ = asked(slow, seconds=1.0)

    assert isinstance(outcome, Miss)
    assert outcome.code in {MissCode.TIMEOUT, MissCode.DEADLINE_EXCEEDED}
    assert time.monotonic() - started < 8, "cut off, not waited for"


def test_incident_22_a_huge_body_is_refused() -> None:
    """More than the cap is not read, whatever Content-Length says."""

    def huge(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        for _ in range(1024):
            handler.wfile.write(b"x" * 65_536)
        handler.close_connection = True

    assert code_of(asked(huge)[0]) == MissCode.BODY_TOO_LARGE


@pytest.mark.parametrize(
    "url",
    ["http://169.254.169.254", "http://localhost", "http://[::ffff:10.0.0.1]", "http://100.64.0.1", "http://[::1]"],
)
def test_incident_23_an_address_inside_is_refused_when_saved_and_when_asked(url: str) -> None:
    """SSRF through a source's URL: the form refuses it, and so does the fetch, should it get past."""
    config = SourceConfig(slug="inside", name="inside", adapter="binance", base_url=url)
    spec = SourceSpec("inside", "binance", url, Decimal(1), 1)

    call = fetch_source(spec, [BTC], deadline=datetime.now(UTC) + timedelta(seconds=2), transport=Transport())

    assert "address_refused" in {problem.code for problem in source_rule_problems(Config(sources={"inside": config}))}
    assert code_of(call.outcomes[0]) == MissCode.ADDRESS_REFUSED
