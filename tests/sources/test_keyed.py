"""A source's key on its way: sealed until the request, in its place in the request, and nowhere else."""

from __future__ import annotations

import io
import json
import logging
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from http.server import BaseHTTPRequestHandler

import pytest
import redis

from apps.monitoring import logs
from apps.pricing.types import Ask, Miss, MissCode, Quote, SourceRole, SourceSpec
from apps.sources import fetch, tasks
from apps.sources.adapters.base import KeyPlace
from apps.sources.adapters.kraken import Kraken
from apps.sources.board import Seat, round_board
from apps.sources.calls import SourceCall
from apps.sources.http import Transport
from apps.sources.sealing import seal
from apps.sources.wire import call_to_json
from tests.sources.server import Answer, Server, reply, serving

KEY = "Sup3rSecret/Key+0123456789"
BTC = Ask("BTC/USD", "XBTUSD")
IN_HEADER = KeyPlace(header="X-Api-Key")
IN_BEARER = KeyPlace(header="Authorization", prefix="Bearer ")
IN_QUERY = KeyPlace(query="apiKey")


@pytest.fixture(autouse=True)
def secret(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seal with one secret."""
    monkeypatch.setenv("SOURCE_KEYS_SECRET", "a-secret-of-more-than-thirty-two-characters")


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """Everything any logger writes, down to DEBUG, as the oracle formats it."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logs.JsonFormatter())
    root, level = logging.getLogger(), logging.getLogger().level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield stream
    root.removeHandler(handler)
    root.setLevel(level)


def good(handler: BaseHTTPRequestHandler) -> None:
    """Answer as Kraken does."""
    reply(handler, json.dumps({"error": [], "result": {"XXBTZUSD": {"c": ["84000.5", "1"]}}}).encode())


def ask(server: Server, place: KeyPlace | None, monkeypatch: pytest.MonkeyPatch, **changes: str) -> SourceCall:
    """Ask the server as Kraken would be if it wanted a key in this place."""
    monkeypatch.setattr(Kraken, "key_place", lambda _self: place)
    base_url = server.url + changes.get("path", "")
    sealed = seal(KEY, origin=changes.get("origin", server.url)) if changes.get("key", KEY) else ""
    spec = SourceSpec("venue", "kraken", base_url, Decimal(10), 2, sealed_key=sealed)
    transport = Transport(extra_allowed=frozenset({server.host}))
    return fetch.fetch_source(spec, [BTC], deadline=datetime.now(UTC) + timedelta(seconds=20), transport=transport)


def everything(call: SourceCall, written: io.StringIO) -> str:
    """Return all that a call leaves behind: its JSON on board and result backend, its repr, its log lines."""
    return json.dumps(call_to_json(call, role=SourceRole.PRIMARY, promoted_for=None)) + repr(call) + written.getvalue()


@pytest.mark.parametrize(
    ("place", "name", "value"), [(IN_HEADER, "X-Api-Key", KEY), (IN_BEARER, "Authorization", f"Bearer {KEY}")]
)
def test_a_key_goes_into_its_header(
    monkeypatch: pytest.MonkeyPatch, written: io.StringIO, place: KeyPlace, name: str, value: str
) -> None:
    """The API gets it whole, and nothing else does."""
    with serving(good) as server:
        call = ask(server, place, monkeypatch)

    assert isinstance(call.outcomes[0], Quote)
    assert server.headers[0][name] == value
    assert KEY not in everything(call, written)


def test_a_key_in_the_query_reaches_the_api_and_no_record(
    monkeypatch: pytest.MonkeyPatch, written: io.StringIO
) -> None:
    """The connection pool's own DEBUG lines show the URL; the key is taken out of them too."""
    with serving(good) as server:
        call = ask(server, IN_QUERY, monkeypatch)

    assert server.paths == ["/0/public/Ticker?pair=XBTUSD&apiKey=Sup3rSecret%2FKey%2B0123456789"]
    assert call.attempts[0].url == f"{server.url}/0/public/Ticker?pair=XBTUSD"
    assert "/0/public/Ticker?pair=XBTUSD&apiKey=" in written.getvalue()
    assert "Sup3rSecret" not in everything(call, written)


def test_a_key_in_the_base_url_reaches_the_node_and_no_record(
    monkeypatch: pytest.MonkeyPatch, written: io.StringIO
) -> None:
    """Node services put the key into the path: `{key}` stands for it everywhere but on the wire."""
    with serving(good) as server:
        call = ask(server, None, monkeypatch, path="/v2/{key}")

    assert server.paths[0].startswith("/v2/Sup3rSecret%2FKey%2B0123456789/0/public/Ticker")
    assert call.attempts[0].url.startswith(f"{server.url}/v2/{{key}}/")
    assert "Sup3rSecret" not in everything(call, written)


def _echo(handler: BaseHTTPRequestHandler) -> None:
    reply(handler, f"<p>wrong key {KEY}, {handler.path}</p>".encode(), status=401)


@pytest.mark.parametrize("place", [IN_HEADER, IN_QUERY])
def test_an_api_that_repeats_the_key_does_not_publish_it(
    monkeypatch: pytest.MonkeyPatch, written: io.StringIO, place: KeyPlace
) -> None:
    """Error pages quote requests; messages are stored, shown and sent."""
    with serving(_echo) as server:
        call = ask(server, place, monkeypatch)

    (miss,) = call.outcomes
    assert isinstance(miss, Miss)
    assert (miss.code, "wrong key ***" in miss.message) == (MissCode.KEY_REFUSED, True)
    assert "Sup3rSecret" not in everything(call, written)


def _hang_up(handler: BaseHTTPRequestHandler) -> None:
    handler.close_connection = True
    handler.connection.close()


def _redirect(handler: BaseHTTPRequestHandler) -> None:
    reply(handler, b"", status=302, headers={"Location": "https://evil.example/" + handler.path})


@pytest.mark.parametrize("answer", [_hang_up, _redirect])
def test_a_failed_connection_does_not_tell_the_key(
    monkeypatch: pytest.MonkeyPatch, written: io.StringIO, answer: Answer
) -> None:
    """The libraries' errors hold the whole URL."""
    with serving(answer) as server:
        call = ask(server, IN_QUERY, monkeypatch)

    assert isinstance(call.outcomes[0], Miss)
    assert "Sup3rSecret" not in everything(call, written)


def test_a_dead_host_does_not_tell_the_key(monkeypatch: pytest.MonkeyPatch, written: io.StringIO) -> None:
    """Connection refused says where, not with what."""
    with serving(good) as server:
        pass
    call = ask(server, IN_QUERY, monkeypatch)

    (miss,) = call.outcomes
    assert isinstance(miss, Miss)
    assert miss.code == MissCode.CONNECTION_FAILED
    assert "Sup3rSecret" not in everything(call, written)


@pytest.mark.parametrize(
    ("place", "changes", "words"),
    [
        (
            IN_HEADER,
            {"origin": "https://api.kraken.com"},
            "was set for https://api.kraken.com, not for http://127.0.0.1",
        ),
        (None, {}, "adapter kraken has no place for a key"),
        (None, {"path": "/{key}", "key": ""}, "no key is set"),
    ],
)
def test_a_key_without_its_place_is_not_sent(
    monkeypatch: pytest.MonkeyPatch, place: KeyPlace | None, changes: dict[str, str], words: str
) -> None:
    """A moved source, an adapter without keys and a placeholder without a key are misconfigured; nobody is asked."""
    with serving(good) as server:
        call = ask(server, place, monkeypatch, **changes)

    (miss,) = call.outcomes
    assert isinstance(miss, Miss)
    assert miss.code == MissCode.SOURCE_MISCONFIGURED
    assert words in miss.message
    assert server.paths == []


def test_a_refusal_without_a_key_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """401 from an API that wants keys, and none is set: the message names the command."""
    with serving(lambda handler: reply(handler, b"{}", status=401)) as server:
        call = ask(server, IN_HEADER, monkeypatch, key="")

    (miss,) = call.outcomes
    assert isinstance(miss, Miss)
    assert "manage.py source_key set" in miss.message


def test_a_source_spec_does_not_print_its_key() -> None:
    """Even sealed, the key stays out of tracebacks and logs."""
    assert "gAAAA" not in repr(
        SourceSpec("a", "b", "", Decimal(1), 1, sealed_key=seal(KEY, origin="https://a.example"))
    )


@pytest.mark.parametrize("filler", range(60, 160, 7))
def test_half_a_key_is_not_told_either(monkeypatch: pytest.MonkeyPatch, filler: int) -> None:
    """Messages are cut to a length, and a cut through a key would leave its head."""

    def pad(handler: BaseHTTPRequestHandler) -> None:
        reply(handler, b"x" * (filler - 60) + KEY.encode(), status=500)

    with serving(pad) as server:
        (miss,) = ask(server, IN_HEADER, monkeypatch).outcomes
    dead = ask(server, IN_QUERY, monkeypatch, path=f"/{'x' * filler}").outcomes[0]

    assert isinstance(miss, Miss)
    assert isinstance(dead, Miss)
    assert "Sup3r" not in miss.message + dead.message


def test_a_round_leaves_the_key_nowhere_in_redis(monkeypatch: pytest.MonkeyPatch, written: io.StringIO) -> None:
    """Board, seats, results for the watchdog, gate and shared replies: a lane's whole traces, and its result."""
    monkeypatch.setattr(Kraken, "key_place", lambda _self: IN_QUERY)
    round_id, board = str(uuid.uuid4()), round_board()
    with serving(_echo) as server:
        monkeypatch.setenv("PRICE_HOST_ALLOWLIST", server.host)
        sealed = seal(KEY, origin=server.url)
        spec = SourceSpec(
            f"v{round_id[:8]}", "kraken", server.url, Decimal(10), 2, sealed_key=sealed, cache_ttl_ms=5000
        )
        deadline = datetime.now(UTC) + timedelta(seconds=20)
        board.post(round_id, seats={"venue": Seat(spec, (BTC,))}, reserves={}, deadline=deadline)

        (result,) = board.whole(round_id, [tasks.fetch_lane(round_id, "venue")])

        assert "apiKey=Sup3rSecret" in server.paths[0]
    kept = [value for name in board._redis.scan_iter("*") for value in _dump(board._redis, name)]
    board.clear(round_id)
    assert result["calls"][0]["outcomes"][0]["code"] == MissCode.KEY_REFUSED
    assert sealed in str(kept)
    assert "Sup3rSecret" not in str(kept) + json.dumps(result) + written.getvalue()


def _dump(client: redis.Redis, name: bytes) -> list[object]:
    """Return a key of Redis with whatever it holds."""
    readers = {b"string": client.get, b"hash": client.hgetall, b"set": client.smembers}
    kind = client.type(name)
    if kind == b"list":
        return [name, client.lrange(name, 0, -1)]
    if kind == b"zset":
        return [name, client.zrange(name, 0, -1)]
    return [name, readers[kind](name)] if kind in readers else [name]
