"""The long tail through ccxt: its requests and its reading, our transport, our guards, our errors."""

from __future__ import annotations

import contextlib
import importlib
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.management import call_command

from apps.pricing.types import Ask, Miss, MissCode, Quote, SourceSpec
from apps.sources import ccxt_client, fetch
from apps.sources.adapters.base import PriceRequest, Reply
from apps.sources.calls import SourceCall
from apps.sources.errors import SourceError
from apps.sources.http import Transport
from apps.sources.registry import adapter
from tests.conftest import REPOSITORY
from tests.sources.server import Server, reply, serving

BTC, ETH = Ask("BTC/EUR", "BTC/EUR"), Ask("ETH/EUR", "ETH/EUR")
installed = pytest.mark.skipif(ccxt_client.is_known("kraken") is None, reason="ccxt is not installed: it is optional")


def market(base: str) -> dict[str, object]:
    """Return one market as Bitvavo lists it."""
    limits = {"minOrderInBaseAsset": "0.0001", "minOrderInQuoteAsset": "5", "orderTypes": ["market"]}
    named = {"market": f"{base}-EUR", "status": "trading", "base": base, "quote": "EUR", "pricePrecision": 5}
    return {**named, "quantityDecimals": 8, "notionalDecimals": 2, "tickSize": "0.01", **limits}


def ticker(base: str, last: str, *, age_s: int = 0) -> str:
    """Return one ticker as Bitvavo says it, its last price as a bare JSON number."""
    stamp = int((datetime.now(UTC) - timedelta(seconds=age_s)).timestamp() * 1000)
    row = {"market": f"{base}-EUR", "bid": "71000.5", "ask": "71001.5", "volume": "12.5", "timestamp": stamp}
    return json.dumps(row | {"last": "LAST"}).replace('"LAST"', last)


class Bitvavo:
    """A server that lists two markets and says their tickers; what a test wants otherwise it replaces."""

    def __init__(self) -> None:
        self.say: Callable[[BaseHTTPRequestHandler], None] = self._ticker
        self.last = "71000.1234567890123456789"
        self.age_s = 0

    def __call__(self, handler: BaseHTTPRequestHandler) -> None:
        if handler.path.endswith("/markets"):
            reply(handler, json.dumps([market("BTC"), market("ETH")]).encode())
        else:
            self.say(handler)

    def _ticker(self, handler: BaseHTTPRequestHandler) -> None:
        asked = parse_qs(urlsplit(handler.path).query).get("market")
        one = ticker("BTC", self.last, age_s=self.age_s)
        body = one if asked else f"[{one}, {ticker('ETH', '2500', age_s=self.age_s)}]"
        reply(handler, body.encode())


@pytest.fixture
def bitvavo() -> Iterator[tuple[Server, Bitvavo]]:
    """A running exchange, and no memory of an earlier one; ccxt is imported before any clock runs."""
    if ccxt_client.is_known("kraken"):
        importlib.import_module("ccxt")
    ccxt_client._talks.clear()
    exchange = Bitvavo()
    with serving(exchange) as server:
        yield server, exchange
    ccxt_client._talks.clear()


def ask(server: Server, *asks: Ask, exchange: str = "bitvavo", seconds: float = 20.0) -> SourceCall:
    """Ask an exchange by its id at ccxt; its hosts are replaced by the test's server."""
    spec = SourceSpec("tail", "ccxt", server.url, Decimal(10), 1, options={"exchange": exchange})
    transport = Transport(extra_allowed=frozenset({server.host}))
    deadline = datetime.now(UTC) + timedelta(seconds=seconds)
    return fetch.fetch_source(spec, asks, deadline=deadline, transport=transport)


def code(outcome: Quote | Miss) -> str:
    """Return the code of a miss, empty for a quote."""
    return outcome.code if isinstance(outcome, Miss) else ""


@installed
def test_a_ticker_is_read_to_the_digit(bitvavo: tuple[Server, Bitvavo]) -> None:
    """Digits that a float would lose arrive, though ccxt reads floats by itself; the markets are loaded first."""
    server, _ = bitvavo

    call = ask(server, BTC)

    (quote,) = call.outcomes
    assert isinstance(quote, Quote), quote
    assert (str(quote.price), quote.bid, quote.ask) == (
        "71000.1234567890123456789",
        Decimal("71000.5"),
        Decimal("71001.5"),
    )
    assert (quote.volume, quote.source, quote.source_time) == (Decimal("12.5"), "tail", None)
    assert [urlsplit(path).path for path in server.paths] == ["/v2/markets", "/v2/ticker/24h"]
    assert [(attempt.status, attempt.code) for attempt in call.attempts] == [(200, ""), (200, "")]


@installed
def test_markets_are_loaded_once_and_many_tickers_share_a_call(bitvavo: tuple[Server, Bitvavo]) -> None:
    """The second round asks for tickers only."""
    server, _ = bitvavo
    ask(server, BTC)

    outcomes = ask(server, BTC, ETH).outcomes

    assert [str(outcome.price) for outcome in outcomes if isinstance(outcome, Quote)] == [
        "71000.1234567890123456789",
        "2500",
    ]
    assert [urlsplit(path).path for path in server.paths].count("/v2/markets") == 1
    assert len(server.paths) == 3


@installed
def test_an_unlisted_symbol_spoils_nothing(bitvavo: tuple[Server, Bitvavo]) -> None:
    """It is known before anybody is asked."""
    server, _ = bitvavo

    outcomes = ask(server, Ask("X/EUR", "XXX/EUR"), BTC).outcomes

    assert [code(outcome) for outcome in outcomes] == [MissCode.UNKNOWN_TICKER, ""]


@installed
def test_an_old_price_says_how_old_it_is(bitvavo: tuple[Server, Bitvavo]) -> None:
    """A fresh timestamp claims nothing, an old one unmasks the price."""
    server, exchange = bitvavo
    exchange.age_s = 600

    (quote,) = ask(server, BTC).outcomes

    assert isinstance(quote, Quote)
    assert quote.source_time is not None
    assert 595 < (datetime.now(UTC) - quote.source_time).total_seconds() < 700


@installed
@pytest.mark.parametrize(
    ("body", "status", "expected"),
    [
        (b'{"errorCode": 205, "error": "market parameter is invalid."}', 400, MissCode.ERROR_IN_BODY),
        (b'{"errorCode": 105, "error": "Your IP or API key has been banned"}', 429, MissCode.RATE_LIMITED),
        (b"<html>busy</html>", 503, MissCode.SERVER_ERROR),
        (b"<html>hello</html>", 200, MissCode.NOT_JSON),
        (b"<html>not from here</html>", 451, MissCode.GEO_BLOCKED),
        (b"[" * 5000, 200, MissCode.NOT_JSON),
        (b'{"a": [', 200, MissCode.NOT_JSON),
        (b"[1, 2]", 200, MissCode.PRICE_NULL),
    ],
)
def test_its_errors_are_ours(bitvavo: tuple[Server, Bitvavo], body: bytes, status: int, expected: MissCode) -> None:
    """What an exchange says, what ccxt says about it, and what no exchange should say are told apart."""
    server, exchange = bitvavo
    exchange.say = lambda handler: reply(handler, body, status=status)

    (outcome,) = ask(server, BTC).outcomes

    assert code(outcome) == expected, outcome


@installed
def test_any_exchange_can_be_probed_by_its_id(
    bitvavo: tuple[Server, Bitvavo], capsys: pytest.CaptureFixture[str]
) -> None:
    """`manage.py probe ccxt:ID` needs no configuration."""
    server, _ = bitvavo

    call_command("probe", "ccxt:bitvavo", "BTC/EUR", "--base-url", server.url, "--allow-private", "--json")

    (row,) = json.loads(capsys.readouterr().out)
    assert (row["source"], row["pair"], row["price"]) == ("ccxt:bitvavo", "BTC/EUR", "71000.1234567890123456789")


@installed
def test_its_requests_meet_the_address_guard() -> None:
    """ccxt opens no socket: a private address is refused by the oracle's transport."""
    ccxt_client._talks.clear()
    spec = SourceSpec("tail", "ccxt", "http://127.0.0.1:9", Decimal(2), 1, options={"exchange": "bitvavo"})

    call = fetch.fetch_source(spec, [BTC], deadline=datetime.now(UTC) + timedelta(seconds=2))

    assert [code(outcome) for outcome in call.outcomes] == [MissCode.ADDRESS_REFUSED]


@installed
def test_the_deadline_holds(bitvavo: tuple[Server, Bitvavo]) -> None:
    """A server that drips is cut off, inside ccxt too."""
    server, exchange = bitvavo
    exchange.say = lambda handler: handler.rfile.read(1) and None

    (outcome,) = ask(server, BTC, seconds=0.7).outcomes

    assert code(outcome) == MissCode.DEADLINE_EXCEEDED


@pytest.mark.parametrize(
    ("types", "expected"),
    [
        (["spot", "linear", "option"], ["spot"]),
        (["linear"], ["linear"]),
        ({"spot": True, "linear": True}, {"spot": True, "linear": False}),
        ({"spot": True, "swap": {"linear": True}}, {"spot": True, "swap": {}}),
    ],
)
def test_only_spot_markets_are_listed(types: object, expected: object) -> None:
    """In each form in which ccxt's exchanges write the choice."""
    assert ccxt_client._only_spot(types) == expected


@installed
def test_no_exchange_of_ccxt_breaks_on_a_reply_it_does_not_know() -> None:
    """All of them, with nothing, another shape and a web page: a miss or an error of ours, and only https."""
    import ccxt  # noqa: PLC0415 - optional

    urls: list[str] = []
    for body in (b"{}", b"[]", b"<html>busy</html>", b'[[1, 2], {"a": null}]'):
        for name in ccxt.exchanges:
            ccxt_client._talks.clear()

            def send(step: PriceRequest, body: bytes = body) -> Reply:
                urls.append(step.path)
                return Reply(200, {}, body, datetime.now(UTC))

            own = adapter("ccxt").with_options({"exchange": name})
            (request,) = own.build([Ask("BTC/USDT", "BTC/USDT")])
            with contextlib.suppress(SourceError):
                assert not [each for each in own.converse(request, send=send) if isinstance(each, Quote)]
    ccxt_client._talks.clear()
    assert len(urls) > 300
    assert {urlsplit(url).scheme for url in urls} == {"https"}


@installed
def test_an_exchange_ccxt_does_not_have_is_misconfigured(bitvavo: tuple[Server, Bitvavo]) -> None:
    """When the option is saved, and when it is asked."""
    server, _ = bitvavo

    (outcome,) = ask(server, BTC, exchange="nosuchvenue").outcomes

    assert code(outcome) == MissCode.SOURCE_MISCONFIGURED
    assert "has no exchange 'nosuchvenue'" in adapter("ccxt").option_faults({"exchange": "nosuchvenue"})[0]
    assert adapter("ccxt").option_faults({"exchange": "bitvavo"}) == []


def test_without_ccxt_a_source_says_what_to_install(
    bitvavo: tuple[Server, Bitvavo], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing else of the oracle misses it."""
    server, _ = bitvavo
    monkeypatch.setitem(sys.modules, "ccxt", None)

    (outcome,) = ask(server, BTC).outcomes

    assert isinstance(outcome, Miss)
    assert outcome.code == MissCode.SOURCE_MISCONFIGURED
    assert "pip install --no-deps -r requirements/ccxt.txt" in outcome.message


@pytest.mark.parametrize("options", [{}, {"exchange": "../x"}, {"exchange": 5}, {"exchange": "kraken", "key": "x"}])
def test_options_that_cannot_work_are_refused(options: dict[str, object]) -> None:
    """The exchange's id is needed, and there is nothing else."""
    assert len(adapter("ccxt").option_faults(options)) == 1


def test_ccxt_is_imported_when_it_is_used_and_not_before() -> None:
    """A worker without such a source pays nothing for it."""
    program = (
        "import sys, apps.sources.tasks, apps.sources.registry as r; "
        "r.adapter('ccxt').option_faults({'exchange': 'x1'})"
    )
    done = subprocess.run(
        [sys.executable, "-c", program + "; print('ccxt' in sys.modules)"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.strip() == "False"
