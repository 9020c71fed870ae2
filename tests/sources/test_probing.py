"""Asking one source beside the rounds, with what went over the wire."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from decimal import Decimal
from http.server import BaseHTTPRequestHandler
from urllib.parse import quote

import pytest

from apps.pricing.types import Ask, Miss, Quote, SourceSpec
from apps.sources import probing
from apps.sources.probing import MAX_AT_ONCE, ProbeOverdue, ProbesBusy, probe, probe_within
from apps.sources.sealing import seal
from tests.sources.server import Server, reply, serving

OPTIONS: dict[str, object] = {
    "url": "/q?pair={ticker}&api_key=hunter2hunter2",
    "method": "POST",
    "body": {"pair": "{ticker}"},
    "headers": {"X-Api-Token": "hunter2hunter2", "X-Client": "oracle"},
    "price": "$.p",
}
ASKS = [Ask("BTC/USD", "BTC")]


def spec(server: Server, *, options: dict[str, object] = OPTIONS, timeout_s: str = "2") -> SourceSpec:
    """Return a described source at the server."""
    return SourceSpec("own", "generic", server.url, Decimal(timeout_s), 1, options)


def answer(handler: BaseHTTPRequestHandler) -> None:
    """Say a price, and more than is shown."""
    body = json.dumps({"p": "84000.5", "more": "x" * 5000}).encode()
    reply(handler, body, headers={"Content-Type": "application/json"})


def test_a_probe_shows_the_request_without_its_secrets() -> None:
    """Method, URL, headers and body as sent; whatever is named like a secret is hidden."""
    with serving(answer) as server:
        asked = probe(spec(server), ASKS, seconds=5, extra_allowed=frozenset({server.host}))

    (exchange,) = asked.exchanges
    assert (exchange.method, exchange.body) == ("POST", '{"pair":"BTC"}')
    assert exchange.url == f"{server.url}/q?pair=BTC&api_key=hidden"
    assert dict(exchange.headers) == {"X-Api-Token": "hidden", "X-Client": "oracle"}
    assert server.headers[0]["X-Api-Token"] == "hunter2hunter2"


def test_a_probe_shows_the_reply_and_what_was_read_in_it() -> None:
    """Status, type, size and the head of the body stand beside the quote."""
    with serving(answer) as server:
        asked = probe(spec(server), ASKS, seconds=5, extra_allowed=frozenset({server.host}))

    (exchange,) = asked.exchanges
    assert (exchange.status, exchange.content_type, exchange.reply_bytes) == (200, "application/json", 5028)
    assert exchange.head.startswith('{"p": "84000.5", "more": "xxx')
    assert len(exchange.head) == probing.HEAD_CHARS
    (said,) = asked.call.outcomes
    assert isinstance(said, Quote)
    assert str(said.price) == "84000.5"


def test_a_private_address_is_refused_as_in_a_round() -> None:
    """The probe is no way around the guard, and says why nobody was asked."""
    with serving(answer) as server:
        asked = probe(spec(server), ASKS, seconds=5)

    assert server.paths == []
    (exchange,) = asked.exchanges
    assert (exchange.status, exchange.code) == (None, "address_refused")
    (miss,) = asked.call.outcomes
    assert isinstance(miss, Miss)
    assert miss.code == "address_refused"


def test_text_that_cannot_be_shown_is_marked() -> None:
    """Bytes that are no text, and control characters, do not reach the page."""
    with serving(lambda handler: reply(handler, b'{"p":\x00\xff"\x1b[31m\n"}')) as server:
        asked = probe(spec(server), ASKS, seconds=5, extra_allowed=frozenset({server.host}))

    assert asked.exchanges[0].head == '{"p":\ufffd\ufffd"\ufffd[31m\n"}'


def test_what_hangs_outside_sockets_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    """The caller is free at the deadline, and hanging probes never take more than their few threads."""
    hang = threading.Event()
    monkeypatch.setattr(probing, "GRACE_S", 0.0)
    monkeypatch.setattr(probing, "probe", lambda *args, **kwargs: hang.wait(30))
    source = SourceSpec("own", "generic", "https://api.example", Decimal(1), 1, OPTIONS)

    try:
        for _ in range(MAX_AT_ONCE):
            with pytest.raises(ProbeOverdue, match="no result within"):
                probe_within(source, ASKS, seconds=0.01)
        with pytest.raises(ProbesBusy, match="4 tests are under way"):
            probe_within(source, ASKS, seconds=0.01)
    finally:
        hang.set()
        probing._pool().shutdown()
        probing._pool.cache_clear()
        probing._slots.cache_clear()


def test_a_sealed_key_is_in_nothing_that_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """The key reaches the API, and neither URL, headers, body head nor outcome of the probe."""
    key = "Sup3rSecret/Key+0123456789"
    monkeypatch.setenv("SOURCE_KEYS_SECRET", "a-secret-of-more-than-thirty-two-characters")
    with serving(lambda handler: reply(handler, f'{{"told": "{key}"}}'.encode())) as server:
        described = replace(spec(server), base_url=f"{server.url}/{{key}}", sealed_key=seal(key, origin=server.url))
        asked = probe(described, ASKS, seconds=5, extra_allowed=frozenset({server.host}))

    assert quote(key, safe="") in server.paths[0]
    assert key not in repr(asked)
    assert quote(key, safe="") not in repr(asked)
    assert '{"told": "***"}' in asked.exchanges[0].head
