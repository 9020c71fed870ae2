"""`manage.py probe`, without a database."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from http.server import BaseHTTPRequestHandler

import pytest
from django.core.management import CommandError, call_command

from tests.conftest import REPOSITORY
from tests.sources.samples import NOW_MS
from tests.sources.server import reply, serving

FIELDS = [
    *("source", "pair", "ticker", "ok", "price", "bid", "ask", "volume", "source_time"),
    *("code", "message", "latency_ms"),
]


def okx(handler: BaseHTTPRequestHandler) -> None:
    """Answer as OKX does for one instrument, or for all."""
    rows = [{"instId": "BTC-USDT", "last": "84000.50", "bidPx": "84000", "askPx": "84001", "ts": str(NOW_MS)}]
    reply(handler, json.dumps({"code": "0", "data": rows}).encode())


def test_json_rows_have_every_field(capsys: pytest.CaptureFixture[str]) -> None:
    """Decimals are strings, what is absent is null, and success returns without an exit code."""
    with serving(okx) as server:
        call_command("probe", "okx", "BTC-USD", "--base-url", server.url, "--allow-private", "--json")

    (row,) = json.loads(capsys.readouterr().out)
    assert list(row) == FIELDS
    assert (row["source"], row["pair"], row["ticker"], row["ok"]) == ("okx", "BTC/USD", "BTC-USDT", True)
    assert (row["price"], row["volume"], row["code"]) == ("84000.50", None, None)
    assert row["source_time"] == "2026-11-24T12:00:00+00:00"


def test_a_missing_row_exits_with_one(capsys: pytest.CaptureFixture[str]) -> None:
    """The good row is printed beside the bad one."""
    with serving(okx) as server, pytest.raises(SystemExit) as ended:
        call_command("probe", "okx", "BTC/USD", "ETH/USD", "--base-url", server.url, "--allow-private", "--json")

    rows = json.loads(capsys.readouterr().out)
    assert ended.value.code == 1
    assert [(row["ok"], row["code"]) for row in rows] == [(True, None), (False, "ticker_missing")]


def test_a_ticker_of_the_sources_own_is_asked_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    """--ticker needs no pair."""
    with serving(okx) as server:
        call_command("probe", "okx", "--ticker", "BTC-USDT", "--base-url", server.url, "--allow-private", "--json")

        assert server.paths == ["/api/v5/market/ticker?instId=BTC-USDT"]
    assert json.loads(capsys.readouterr().out)[0]["pair"] is None


def test_loopback_needs_allow_private(capsys: pytest.CaptureFixture[str]) -> None:
    """Without the flag nobody is asked."""
    with serving(okx) as server, pytest.raises(SystemExit):
        call_command("probe", "okx", "BTC/USD", "--base-url", server.url, "--json")

    assert server.paths == []
    assert json.loads(capsys.readouterr().out)[0]["code"] == "address_refused"


def test_people_get_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    """Request, status and price are on screen, and that USDT is not USD."""
    with serving(okx) as server:
        call_command("probe", "okx", "BTC/USD", "--base-url", server.url, "--allow-private")

    shown = capsys.readouterr().out
    assert "200" in shown
    assert "/api/v5/market/ticker?instId=BTC-USDT" in shown
    assert "84000.50" in shown
    assert "not in USD" in shown


@pytest.mark.parametrize("arguments", [["okx", "A/B", "C/D", "--ticker", "X"], ["okx", "BITCOIN"]])
def test_nonsense_exits_with_two(arguments: list[str]) -> None:
    """The command line is at fault, not the source."""
    with pytest.raises(CommandError) as refused:
        call_command("probe", *arguments, "--base-url", "https://example.com")

    assert refused.value.returncode == 2


def test_a_built_in_source_needs_no_database() -> None:
    """With no database reachable the built-in defaults are used; an unknown source is refused."""
    environment = {**os.environ, "DATABASE_URL": "postgres://nobody@127.0.0.1:1/none"}

    def probe(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "manage.py", "probe", *arguments]
        return subprocess.run(command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False)

    with serving(okx) as server:
        environment |= {"MARKET": "simulated", "MARKET_SIMULATOR_URL": server.url, "PRICE_HOST_ALLOWLIST": server.host}
        built_in = probe("okx", "BTC/USD", "--json")
        unknown = probe("nosuch", "--json")

    assert (built_in.returncode, json.loads(built_in.stdout)[0]["price"]) == (0, "84000.50")
    assert server.paths == ["/okx/api/v5/market/ticker?instId=BTC-USDT"]
    assert (unknown.returncode, unknown.stdout) == (2, "")
