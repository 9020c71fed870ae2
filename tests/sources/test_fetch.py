"""One source asked over real HTTP: retries, fall-backs, deadlines, and never an exception."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs, urlsplit

import pytest

from apps.pricing.types import Ask, Miss, MissCode, Quote, SourceRole, SourceSpec
from apps.sources import fetch
from apps.sources.calls import SourceCall
from apps.sources.http import Transport
from apps.sources.wire import call_to_json, outcome_from_json
from tests.conftest import REPOSITORY
from tests.sources.samples import NOW_MS, WIRES, good_body
from tests.sources.server import Answer, Server, reply, serving

BTC, ETH = Ask("BTC/USD", "BTCUSDT"), Ask("ETH/USD", "ETHUSDT")


def ask(
    server: Server, *asks: Ask, adapter: str = "binance", seconds: float = 3.0, attempts: int = 3, timeout: str = "1"
) -> SourceCall:
    """Ask a test server as the source ``venue``."""
    spec = SourceSpec("venue", adapter, server.url, Decimal(timeout), attempts)
    deadline = datetime.now(UTC) + timedelta(seconds=seconds)
    transport = Transport(extra_allowed=frozenset({server.host}))
    return fetch.fetch_source(spec, asks, deadline=deadline, transport=transport)


def codes(call: SourceCall) -> list[str]:
    """Return the code of every outcome, empty for a quote."""
    return [outcome.code if isinstance(outcome, Miss) else "" for outcome in call.outcomes]


def in_turn(*answers: Answer) -> Answer:
    """Return an answer that gives each of the answers once, the last for ever."""
    left = list(answers)

    def answer(handler: BaseHTTPRequestHandler) -> None:
        current = left.pop(0) if len(left) > 1 else left[0]
        current(handler)

    return answer


def status(code: int, **headers: str) -> Answer:
    """Return an answer with a status and no body worth reading."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda handler: reply(handler, b"{}", status=code, headers=named)


def row(symbol: str, price: str = "84000.5") -> dict[str, object]:
    """Return one row as Binance writes it."""
    return {"symbol": symbol, "lastPrice": price, "closeTime": NOW_MS}


def good(handler: BaseHTTPRequestHandler) -> None:
    """Answer as Binance does for one symbol."""
    reply(handler, json.dumps(row("BTCUSDT")).encode())


def test_a_quote_carries_the_sources_own_slug() -> None:
    """Two sources may share an adapter; attempts and outcomes name the source."""
    with serving(good) as server:
        call = ask(server, BTC)

    assert isinstance(call.outcomes[0], Quote)
    assert (call.source, call.outcomes[0].source, call.outcomes[0].pair) == ("venue", "venue", "BTC/USD")
    assert call.attempts[0].url == f"{server.url}/api/v3/ticker/24hr?symbol=BTCUSDT"
    assert (call.attempts[0].status, call.attempts[0].code, len(call.attempts[0].body_sha256)) == (200, "", 64)


def test_a_passing_illness_is_asked_again() -> None:
    """500, then a cut connection, then a price."""

    def cut(handler: BaseHTTPRequestHandler) -> None:
        handler.close_connection = True

    with serving(in_turn(status(500), cut, good)) as server:
        call = ask(server, BTC)

    assert codes(call) == [""]
    assert [attempt.code for attempt in call.attempts] == ["server_error", "connection_failed", ""]


def test_attempts_are_bounded() -> None:
    """max_attempts counts the first one."""
    with serving(status(500)) as server:
        call = ask(server, BTC, attempts=2)

    assert codes(call) == [MissCode.SERVER_ERROR]
    assert len(call.attempts) == 2


@pytest.mark.parametrize("code", [401, 403, 404, 418, 451])
def test_a_permanent_refusal_is_not_asked_again(code: int) -> None:
    """Bans and refusals cost one request."""
    with serving(status(code)) as server:
        call = ask(server, BTC)

    assert len(call.attempts) == 1


def test_retry_after_is_waited_out_when_it_fits() -> None:
    """The source names the pause, the source gets it."""
    with serving(in_turn(status(429, Retry_After="1"), good)) as server:
        started = time.monotonic()
        call = ask(server, BTC)

    assert codes(call) == [""]
    assert time.monotonic() - started >= 1


def test_retry_after_beyond_the_deadline_gives_up_at_once() -> None:
    """No second request, no waiting, and the code of the first."""
    with serving(in_turn(status(429, Retry_After="7"), good)) as server:
        started = time.monotonic()
        call = ask(server, BTC)

    assert codes(call) == [MissCode.RATE_LIMITED]
    assert len(server.paths) == 1
    assert time.monotonic() - started < 1


def test_one_unknown_ticker_does_not_cost_the_others() -> None:
    """When a shared request fails over one name, its halves are asked until the name is alone."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        query = parse_qs(urlsplit(handler.path).query)
        if query.get("symbol") == ["BTCUSDT"]:
            return good(handler)
        return reply(handler, b'{"code":-1121,"msg":"Invalid symbol."}', status=400)

    with serving(answer) as server:
        call = ask(server, ETH, BTC)

    assert codes(call) == [MissCode.UNKNOWN_TICKER, ""]
    assert len(call.attempts) == 3


def test_an_unknown_ticker_among_many_costs_few_requests() -> None:
    """One bad name of sixty-four is found by halving: asking one by one would use up a rate limit such as Kraken's."""
    asks = [Ask(f"P{index}/USDT", f"T{index}") for index in range(64)]

    def answer(handler: BaseHTTPRequestHandler) -> None:
        query = parse_qs(urlsplit(handler.path).query)
        tickers = query.get("symbol") or json.loads(query["symbols"][0])
        if "T37" in tickers:
            return reply(handler, b'{"code":-1121,"msg":"Invalid symbol."}', status=400)
        return reply(handler, json.dumps([row(ticker, "2000") for ticker in tickers]).encode())

    with serving(answer) as server:
        call = ask(server, *asks)

    assert [outcome.ticker for outcome in call.outcomes if isinstance(outcome, Miss)] == ["T37"]
    assert len(server.paths) == 13  # the whole, and two halves of each of six spoiled requests


def test_a_row_that_is_missing_costs_nothing_more() -> None:
    """A partly good reply is not asked for again."""
    with serving(lambda handler: reply(handler, json.dumps([row("ETHUSDT", "2000")]).encode())) as server:
        call = ask(server, BTC, ETH)

    assert codes(call) == [MissCode.TICKER_MISSING, ""]
    assert len(server.paths) == 1


def test_a_source_with_a_call_per_ticker_asks_in_parallel() -> None:
    """Twelve products are asked at the same time; outcomes keep the order of the asks."""
    wire = next(wire for wire in WIRES if wire.slug == "coinbase_exchange")
    together = threading.Barrier(12)

    def answer(handler: BaseHTTPRequestHandler) -> None:
        together.wait(timeout=20)  # breaks, and fails every reply, unless all twelve are under way at once
        number = handler.path.split("/")[2].removeprefix("T")
        reply(handler, good_body(wire, price=f"{int(number) + 1}"))

    asks = [Ask(f"P{index}/USD", f"T{index}") for index in range(12)]
    with serving(answer) as server:
        call = ask(server, *asks, adapter="coinbase_exchange", seconds=30, timeout="25", attempts=1)

    assert [str(outcome.price) for outcome in call.outcomes if isinstance(outcome, Quote)] == [
        str(index + 1) for index in range(12)
    ]


def test_a_hanging_source_ends_at_the_deadline() -> None:
    """The deadline bounds all attempts together, parallel ones too."""
    with serving(lambda _handler: time.sleep(2)) as server:
        started = time.monotonic()
        single = ask(server, BTC, seconds=0.5, timeout="5")
        several = ask(server, BTC, ETH, adapter="coinbase_exchange", seconds=0.5, timeout="5")

    assert codes(single) == [MissCode.DEADLINE_EXCEEDED]
    assert codes(several) == [MissCode.DEADLINE_EXCEEDED] * 2
    assert time.monotonic() - started < 2.5


def test_a_deadline_in_the_past_asks_nobody() -> None:
    """A late lane gives its misses at once."""
    with serving(good) as server:
        call = ask(server, BTC, seconds=-5)

        assert server.paths == []
    assert codes(call) == [MissCode.DEADLINE_EXCEEDED]


def test_the_same_ticker_for_two_pairs_is_asked_once() -> None:
    """Each ask gets an outcome with its own pair."""
    with serving(good) as server:
        call = ask(server, BTC, Ask("BTC/USDT", "BTCUSDT"), BTC)

    assert [outcome.pair for outcome in call.outcomes] == ["BTC/USD", "BTC/USDT", "BTC/USD"]
    assert codes(call) == ["", "", ""]
    assert len(server.paths) == 1


def test_no_asks_ask_nobody() -> None:
    """An empty lane is an empty call."""
    with serving(good) as server:
        assert ask(server).outcomes == ()
        assert server.paths == []


@pytest.mark.parametrize(
    ("adapter", "base_url", "code"),
    [
        ("nosuch", "https://example.com", MissCode.SOURCE_MISCONFIGURED),
        ("generic", "https://example.com", MissCode.SOURCE_MISCONFIGURED),
        ("binance", "", MissCode.SOURCE_MISCONFIGURED),
        ("binance", "not a url", MissCode.SOURCE_MISCONFIGURED),
        ("binance", "https://user:pw@example.com", MissCode.SOURCE_MISCONFIGURED),
        ("binance", "https://127.0.0.1", MissCode.ADDRESS_REFUSED),
        ("binance", "https://[::1", MissCode.SOURCE_MISCONFIGURED),
    ],
)
def test_a_source_that_cannot_work_is_a_miss(adapter: str, base_url: str, code: MissCode) -> None:
    """Misconfiguration is an outcome, not an exception."""
    spec = SourceSpec("venue", adapter, base_url, Decimal(1), 2)

    call = fetch.fetch_source(spec, [BTC, ETH], deadline=datetime.now(UTC) + timedelta(seconds=2))

    assert codes(call) == [code, code]
    assert all("pw" not in attempt.url for attempt in call.attempts)


def test_a_bug_becomes_an_internal_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever breaks, the lane has an outcome per ask."""

    def broken(_spec: SourceSpec) -> Callable[[], None]:
        raise ZeroDivisionError

    monkeypatch.setattr(fetch, "adapter_of", broken)
    spec = SourceSpec("venue", "binance", "https://example.com", Decimal(1), 2)

    call = fetch.fetch_source(spec, [BTC, ETH], deadline=datetime.now(UTC) + timedelta(seconds=2))

    assert codes(call) == [MissCode.INTERNAL_ERROR] * 2


def test_a_call_survives_its_json() -> None:
    """What travels between tasks comes back equal, to the digit and the microsecond."""
    with serving(lambda handler: reply(handler, json.dumps([row("BTCUSDT", "1.2300E-7")]).encode())) as server:
        call = ask(server, BTC, ETH)

    document = json.loads(json.dumps(call_to_json(call, role=SourceRole.RESERVE, promoted_for="okx")))

    assert tuple(outcome_from_json(outcome) for outcome in document["outcomes"]) == call.outcomes
    assert (document["source"], document["role"], document["promoted_for"]) == ("venue", "reserve", "okx")
    assert set(document["attempts"][0]) == {
        "url",
        "method",
        "status",
        "code",
        "latency_ms",
        "body_sha256",
        "cached",
        "received_at",
        "headers",
    }


def test_the_fetch_worker_needs_neither_django_nor_web3() -> None:
    """Importing everything of sources, its app config aside, loads neither; kombu loads a helper of Django's."""
    program = (
        "import sys, pkgutil, importlib, apps.sources as s\n"
        "names = [m.name for m in pkgutil.walk_packages(s.__path__, 'apps.sources.') if not m.name.endswith('.apps')]\n"
        "[importlib.import_module(name) for name in names]\n"
        "print(len(names), [n for n in ('django.apps', 'django.db', 'django.conf', 'web3') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=REPOSITORY, capture_output=True, text=True, check=False)

    assert done.stderr == ""
    assert done.stdout.split(maxsplit=1)[1].strip() == "[]"
