"""Modes, control API and log over HTTP."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from decimal import Decimal

import pytest
import requests

from simulator.server import NotLoopback, require_loopback
from simulator.testing import ROOT, Simulator, SimulatorFailed

TICKER = "/0/public/Ticker?pair=XBTUSD"


def get(simulator: Simulator, slug: str = "kraken", path: str = TICKER, timeout: float = 5) -> requests.Response:
    """Return the reply of one exchange."""
    return requests.get(simulator.url(slug) + path, timeout=timeout)


def last(simulator: Simulator) -> str:
    """Return Kraken's last trade of BTC/USD."""
    return str(get(simulator).json()["result"]["XXBTZUSD"]["c"][0])


def test_dead_source_closes_without_an_answer(simulator: Simulator) -> None:
    """The connection ends before a byte of the reply."""
    simulator.set_mode("kraken", "dead")

    with pytest.raises(requests.ConnectionError):
        get(simulator)
    assert get(simulator, "okx", "/api/v5/market/ticker?instId=BTC-USDT").ok


def test_slow_source_answers_late(simulator: Simulator) -> None:
    """The reply comes, after the delay."""
    simulator.set_mode("kraken", "slow", delay_ms=300)
    started = time.monotonic()

    assert get(simulator).ok
    assert time.monotonic() - started >= 0.3


def test_drip_source_keeps_the_read_alive(simulator: Simulator) -> None:
    """The body arrives whole though each piece comes before a read timeout shorter than the whole."""
    simulator.set_mode("kraken", "drip", delay_ms=600)
    started = time.monotonic()

    assert get(simulator, timeout=0.3).json()["error"] == []
    assert time.monotonic() - started >= 0.5


def test_wrong_source_is_off_by_the_factor(simulator: Simulator) -> None:
    """Prices are multiplied, only for the pairs named."""
    honest = Decimal(last(simulator))
    simulator.set_mode("kraken", "wrong", factor="1.05", pairs=["BTC/USD"])

    assert Decimal(last(simulator)) == pytest.approx(honest * Decimal("1.05"), rel=Decimal("1e-5"))
    tickers = simulator.quotes(source="kraken")["kraken"]["tickers"]
    assert Decimal(tickers["XETHZUSD"]["price"]) < 2600


@pytest.mark.parametrize(("factor", "price"), [("0", "0.00000"), ("-1", "-84053.40000")])
def test_wrong_source_can_say_what_is_no_price(simulator: Simulator, factor: str, price: str) -> None:
    """Zero and negative prices go over the wire."""
    simulator.set_mode("kraken", "wrong", factor=factor)

    assert last(simulator) == price


def test_frozen_source_repeats_itself(simulator: Simulator) -> None:
    """Prices and times stay while the market moves."""
    simulator.set_mode("bitstamp", "frozen")
    before = get(simulator, "bitstamp", "/api/v2/ticker/btcusd/").json()
    simulator.multiply("1.02")

    assert get(simulator, "bitstamp", "/api/v2/ticker/btcusd/").json() == before
    assert Decimal(last(simulator)) > 85_000


@pytest.mark.parametrize(
    ("slug", "mode", "status", "words"),
    [
        ("kraken", "rate_limited", 200, "EGeneral:Too many requests"),
        ("binance", "rate_limited", 429, "-1003"),
        ("okx", "rate_limited", 429, "50011"),
        ("bybit", "rate_limited", 200, "10006"),
        ("kucoin", "rate_limited", 429, "429000"),
        ("coinbase_exchange", "rate_limited", 429, "Public rate limit exceeded"),
        ("binance", "banned", 418, "banned"),
        ("bybit", "banned", 403, "too frequent"),
        ("kraken", "html", 200, "<html>"),
        ("kraken", "empty", 200, ""),
        ("kraken", "status", 500, "simulated"),
    ],
)
def test_faults_answer_in_the_exchanges_own_words(
    simulator: Simulator, slug: str, mode: str, status: int, words: str
) -> None:
    """Status and body are those of the mode."""
    simulator.set_mode(slug, mode, retry_after_s=17)

    reply = get(simulator, slug, "/anything")

    assert (reply.status_code, reply.headers["Retry-After"]) == (status, "17")
    assert words in reply.text


def test_truncated_source_sends_half_the_json(simulator: Simulator) -> None:
    """The reply is whole HTTP and broken JSON."""
    simulator.set_mode("kraken", "truncated")

    with pytest.raises(ValueError, match=r".*"):
        get(simulator).json()


def test_body_and_status_are_sent_as_given(simulator: Simulator) -> None:
    """A test can put any reply in place."""
    simulator.set_mode("kraken", "body", body="[1]", status=302, headers={"Location": "/x"}, content_type="text/plain")

    reply = requests.get(simulator.url("kraken") + TICKER, timeout=5, allow_redirects=False)

    assert (reply.status_code, reply.text, reply.headers["Location"]) == (302, "[1]", "/x")
    assert reply.headers["Content-Type"].startswith("text/plain")


def test_fault_for_one_pair_spares_calls_for_others(simulator: Simulator) -> None:
    """A call that touches the pair fails as a whole; one that does not is answered."""
    simulator.set_mode("kraken", "status", status=503, pairs=["ETH/USD"])

    assert get(simulator).status_code == 200
    assert get(simulator, path="/0/public/Ticker?pair=XBTUSD,ETHUSD").status_code == 503


def test_served_log_holds_the_text_that_went_out(simulator: Simulator) -> None:
    """Source, ticker, pair, price text and mode are logged; what never went out is not."""
    since = time.time()
    price = last(simulator)
    simulator.set_mode("kraken", "dead")
    with pytest.raises(requests.ConnectionError):
        get(simulator)

    rows = simulator.served(since=since, source="kraken")

    assert [(row["ticker"], row["pair"], row["price"], row["mode"]) for row in rows] == [
        ("XXBTZUSD", "BTC/USD", price, "ok")
    ]
    assert rows[0]["t"] >= since


def test_served_log_is_bounded() -> None:
    """The oldest prices are forgotten."""
    with Simulator(served_kept=10, frozen=True) as simulator:
        get(simulator, "binance", "/api/v3/ticker/price")

        assert len(simulator.served()) == 10


def test_quotes_say_what_a_call_would(simulator: Simulator) -> None:
    """While the market is frozen the control API and the exchange give the same text."""
    quoted = simulator.quotes(source="kraken", pair="BTC/USD")["kraken"]["tickers"]["XXBTZUSD"]["price"]

    assert quoted == last(simulator)


def test_median_follows_a_set_price(simulator: Simulator) -> None:
    """With the walk frozen, the median over all sources is the price set, within a basis point."""
    simulator.set_price("BTC/USD", "100000")

    quotes = simulator.quotes(pair="BTC/USD").values()
    prices = [Decimal(row["price"]) for source in quotes for row in source["tickers"].values()]

    assert abs(statistics.median(prices) / 100_000 - 1) < Decimal("0.0001")


def test_tether_books_move_with_the_tether_price(simulator: Simulator) -> None:
    """BTC-USDT doubles when tether halves."""
    path = "/api/v5/market/ticker?instId=BTC-USDT"
    before = Decimal(get(simulator, "okx", path).json()["data"][0]["last"])
    simulator.multiply("0.5", pair="USDT/USD")

    assert Decimal(get(simulator, "okx", path).json()["data"][0]["last"]) == pytest.approx(
        before * 2, rel=Decimal("1e-5")
    )


def test_new_currency_is_listed_everywhere(simulator: Simulator) -> None:
    """A price for an unknown base opens its markets."""
    simulator.set_price("PEPE/USD", "0.00042")

    assert get(simulator, path="/0/public/Ticker?pair=PEPEUSD").json()["error"] == []
    assert get(simulator, "binance", "/api/v3/ticker/price?symbol=PEPEUSDT").ok


def test_listing_follows_a_reset(simulator: Simulator) -> None:
    """A currency added after a reset is listed, the one added before is gone."""
    simulator.set_price("PEPE/USD", "0.00042")
    simulator.quotes(source="kraken")
    simulator.reset()
    simulator.set_price("WIF/USD", "0.7")

    tickers = simulator.quotes(source="kraken")["kraken"]["tickers"]

    assert "WIFUSD" in tickers
    assert "PEPEUSD" not in tickers


def test_reset_ends_all_faults(simulator: Simulator) -> None:
    """Modes, habits and prices are as at the start."""
    first = simulator.state()["sources"]["kraken"] | {"calls": 0}
    simulator.set_mode("*", "dead", bias_bps="50", lag_ms=1000)
    simulator.reset()

    assert simulator.state()["sources"]["kraken"] | {"calls": 0} == first


@pytest.mark.parametrize(
    ("slug", "fields"),
    [
        ("nope", {"mode": "ok"}),
        ("kraken", {"mode": "nope"}),
        ("kraken", {"mode": "slow", "delay_ms": -1}),
        ("kraken", {"mode": "wrong", "factor": "NaN"}),
        ("kraken", {"mode": "wrong", "pairs": ["BTCUSD"]}),
        ("kraken", {"mode": "status", "status": 99}),
        ("binance", {"mode": "dead", "pairs": ["BTC/USD"]}),
    ],
)
def test_malformed_control_requests_change_nothing(simulator: Simulator, slug: str, fields: dict[str, object]) -> None:
    """The answer is a 400 with the reason."""
    before = simulator.state()["sources"]

    with pytest.raises(SimulatorFailed, match="error"):
        simulator._call(f"/_control/sources/{slug}", fields)
    assert simulator.state()["sources"] == before


@pytest.mark.parametrize("body", [{}, {"price": "1"}, {"pair": "BTC/USD", "price": "0"}, {"multiply": "-1"}])
def test_malformed_market_requests_are_refused(simulator: Simulator, body: dict[str, object]) -> None:
    """A price needs a pair, and must be one."""
    with pytest.raises(SimulatorFailed, match="error"):
        simulator._call("/_control/market", body)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.2", "example.org", ""])
def test_only_loopback_is_listened_on(host: str) -> None:
    """Anything that other machines could reach is refused."""
    with pytest.raises(NotLoopback):
        require_loopback(host)


def test_localhost_is_one_address() -> None:
    """The name is not left to the resolver."""
    assert require_loopback("localhost") == "127.0.0.1"


def test_command_refuses_another_host_with_a_message() -> None:
    """The command ends with status 2 and names the host."""
    command = [sys.executable, "-m", "simulator", "--port", "0", "--host", "0.0.0.0"]

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=20, check=False)

    assert done.returncode == 2
    assert "0.0.0.0" in done.stderr


def test_simulator_ends_cleanly_with_its_parent() -> None:
    """Closing standard input ends the process with status 0."""
    command = [sys.executable, "-m", "simulator", "--port", "0", "--until-eof"]

    done = subprocess.run(command, cwd=ROOT, input="", capture_output=True, text=True, timeout=20, check=False)

    assert (done.returncode, done.stderr) == (0, "")
