"""Rounds that ask the same share one call: within a worker, between workers, and with the time the reply arrived."""

from __future__ import annotations

import json
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from http.server import BaseHTTPRequestHandler

import pytest
import redis

from apps.pricing.types import Ask, MissCode, Quote, SourceSpec
from apps.sources import asking, errors, fetch
from apps.sources.adapters.base import Reply
from apps.sources.asking import Tools
from apps.sources.calls import SourceCall
from apps.sources.gate import OpenGate, RedisGate
from apps.sources.http import Transport
from apps.sources.reply_cache import ReplyCache
from oracle_project.redis_clients import shared_redis
from tests.sources.server import Answer, Server, reply, serving
from tests.sources.test_fetch import BTC, codes, good, in_turn, row, status


def worker_call(server: Server, spec: SourceSpec, cache: ReplyCache, *, seconds: float = 3.0) -> SourceCall:
    """Ask as a worker of its own does."""
    tools = Tools(Transport(extra_allowed=frozenset({server.host})), OpenGate(), cache, lambda: 0.0, time.sleep)
    run = fetch._Run(spec, deadline=datetime.now(UTC) + timedelta(seconds=seconds), tools=tools)
    run.ask_all([BTC])
    return run.result([BTC])


def slowly(answer: Answer, seconds: float = 0.3) -> Answer:
    """Return an answer that takes its time."""

    def answer_slowly(handler: BaseHTTPRequestHandler) -> None:
        time.sleep(seconds)
        answer(handler)

    return answer_slowly


@pytest.mark.parametrize("workers", [1, 3])
def test_concurrent_rounds_share_one_call(spec: SourceSpec, workers: int) -> None:
    """Six rounds at once, in one worker or in three, are one request; all have its quote and the time it arrived."""
    caches = [ReplyCache(shared_redis()) for _ in range(workers)]
    with serving(slowly(good)) as server:
        own = replace(spec, base_url=server.url, timeout_s=Decimal(30), cache_ttl_ms=60_000)
        with ThreadPoolExecutor(6) as pool:
            calls = list(pool.map(lambda n: worker_call(server, own, caches[n % workers], seconds=30), range(6)))

        assert len(server.paths) == 1
    quotes = [call.outcomes[0] for call in calls]
    assert all(isinstance(quote, Quote) for quote in quotes)
    assert len({quote.received_at for quote in quotes if isinstance(quote, Quote)}) == 1
    assert sorted(call.attempts[0].cached for call in calls) == [False] + [True] * 5
    assert {(call.attempts[0].url, call.attempts[0].body_sha256) for call in calls} == {
        (calls[0].attempts[0].url, calls[0].attempts[0].body_sha256)
    }


def test_a_reply_is_asked_for_anew_after_its_time(spec: SourceSpec) -> None:
    """Neither this worker nor another keeps it longer."""
    with serving(good) as server:
        own = replace(spec, base_url=server.url, cache_ttl_ms=200)
        cache = ReplyCache(shared_redis())
        first, second = worker_call(server, own, cache), worker_call(server, own, cache)
        time.sleep(0.25)
        third = worker_call(server, own, cache)

        assert len(server.paths) == 2
    assert [call.attempts[0].cached for call in (first, second, third)] == [False, True, False]
    assert third.outcomes[0].received_at > second.outcomes[0].received_at  # type: ignore[union-attr]


def test_without_a_time_to_live_every_round_asks(spec: SourceSpec) -> None:
    """0 is the default: a round has its own prices."""
    with serving(good) as server:
        cache = ReplyCache(shared_redis())
        for _ in range(2):
            worker_call(server, replace(spec, base_url=server.url), cache)

        assert len(server.paths) == 2


def test_a_reply_of_no_use_is_not_shared(spec: SourceSpec) -> None:
    """Who waited asks again, one after the other, until one gets a price."""
    with serving(in_turn(slowly(status(500)), slowly(good))) as server:
        own = replace(spec, base_url=server.url, timeout_s=Decimal(30), cache_ttl_ms=60_000)
        caches = [ReplyCache(shared_redis()) for _ in range(2)]
        with ThreadPoolExecutor(4) as pool:
            calls = list(pool.map(lambda n: worker_call(server, own, caches[n % 2], seconds=30), range(4)))

        assert len(server.paths) == 2
    assert sorted(codes(call) for call in calls) == [[""], [""], [""], [MissCode.SERVER_ERROR]]


def test_other_tickers_are_another_request(spec: SourceSpec) -> None:
    """Only the same endpoint, query and configuration share."""
    with serving(lambda handler: reply(handler, json.dumps(row("ETHUSDT")).encode())) as server:
        cache = ReplyCache(shared_redis())
        own = replace(spec, base_url=server.url, cache_ttl_ms=2000)
        tools = Tools(Transport(extra_allowed=frozenset({server.host})), OpenGate(), cache, lambda: 0.0, time.sleep)
        for ask, asked in ((BTC, own), (Ask("ETH/USD", "ETHUSDT"), own), (BTC, replace(own, options={"x": "y"}))):
            run = fetch._Run(asked, deadline=datetime.now(UTC) + timedelta(seconds=2), tools=tools)
            run.ask_all([ask])

        assert len(server.paths) == 3


def test_who_waits_gives_up_at_its_own_deadline(spec: SourceSpec) -> None:
    """A short round does not wait for the call of a long one."""
    with serving(slowly(good, 1.0)) as server:
        own = replace(spec, base_url=server.url, cache_ttl_ms=2000)
        for caches in ([ReplyCache(shared_redis())] * 2, [ReplyCache(shared_redis()), ReplyCache(shared_redis())]):
            fresh = replace(own, slug=own.slug + uuid.uuid4().hex[:4])
            leader = threading.Thread(target=worker_call, args=(server, fresh, caches[0]))
            leader.start()
            time.sleep(0.2)
            started = time.monotonic()
            call = worker_call(server, fresh, caches[1], seconds=0.3)
            leader.join()

            assert codes(call) == [MissCode.DEADLINE_EXCEEDED]
            assert call.attempts == ()
            assert time.monotonic() - started < 1.5


def test_a_worker_that_died_in_flight_holds_nobody_up_for_long() -> None:
    """Its claim ends a second after its time."""
    key = uuid.uuid4().hex
    shared_redis().set(f"oracle:reply:{{{key}}}:flight", "1", px=200)
    cache = ReplyCache(shared_redis())

    with cache.flight(key, ttl_ms=100, wait_s=2) as flight:
        assert flight.shared is None


def test_a_flight_that_lands_while_another_claims_it_is_not_flown_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who looked before the reply lay there, and claims once it does, has the reply, and the way is free."""
    key, landed = uuid.uuid4().hex, Reply(200, {}, b"{}", datetime.now(UTC))
    late_client = redis.Redis(connection_pool=shared_redis().connection_pool)
    early, late = ReplyCache(shared_redis()), ReplyCache(late_client)

    def look_and_let_land(name: str) -> object:
        found = shared_redis().get(name)
        with early.flight(key, ttl_ms=60_000, wait_s=30) as flight:
            flight.keep(landed, url="https://a.example")
        return found

    monkeypatch.setattr(late_client, "get", look_and_let_land)
    with late.flight(key, ttl_ms=60_000, wait_s=30) as flight:
        assert flight.shared is not None
        assert flight.shared.reply == landed
    assert not shared_redis().exists(f"oracle:reply:{{{key}}}:flight")


def test_a_large_body_is_shared_within_its_worker_only() -> None:
    """Redis is no place for megabytes."""
    key, now = uuid.uuid4().hex, datetime.now(UTC)
    cache, other = ReplyCache(shared_redis()), ReplyCache(shared_redis())
    with cache.flight(key, ttl_ms=5000, wait_s=1) as flight:
        flight.keep(Reply(200, {}, b"x" * (3 * 2**20), now), url="https://a.example")

    with cache.flight(key, ttl_ms=5000, wait_s=1) as flight:
        assert flight.shared is not None
    with other.flight(key, ttl_ms=5000, wait_s=1) as flight:
        assert flight.shared is None


def test_without_redis_a_worker_shares_with_itself() -> None:
    """Nothing fails, and nobody else hears of it."""
    cache, key = ReplyCache(redis.Redis(port=1)), uuid.uuid4().hex
    kept = Reply(200, {"a": "b"}, b"{}", datetime.now(UTC))

    with cache.flight(key, ttl_ms=5000, wait_s=1) as flight:
        assert flight.shared is None
        flight.keep(kept, url="https://a.example")
    with cache.flight(key, ttl_ms=5000, wait_s=1) as flight:
        assert flight.shared is not None
        assert flight.shared.reply == kept


def test_a_cached_reply_says_nothing_about_the_source(
    gate: RedisGate, spec: SourceSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The breaker hears of requests, not of replies that lay about."""
    told: list[object] = []
    monkeypatch.setattr(RedisGate, "report", lambda *args, **kwargs: told.append(kwargs))
    monkeypatch.setattr(asking, "judge", lambda finals: told.append(finals) or judge(finals))
    from apps.sources.breaker import judge  # noqa: PLC0415 - the real one

    with serving(good) as server:
        own = replace(spec, base_url=server.url, cache_ttl_ms=2000)
        cache = ReplyCache(shared_redis())
        worker_call(server, own, cache)
        worker_call(server, own, cache)

    assert [len(finals) for finals in told if isinstance(finals, list)] == [1, 0]


def test_the_flight_ends_when_its_caller_fails() -> None:
    """An error in flight frees the way at once."""
    cache, key = ReplyCache(shared_redis()), uuid.uuid4().hex
    with pytest.raises(errors.OutOfBudget), cache.flight(key, ttl_ms=1000, wait_s=1):
        raise errors.OutOfBudget("used up")

    started = time.monotonic()
    with ReplyCache(shared_redis()).flight(key, ttl_ms=1000, wait_s=2) as flight:
        assert flight.shared is None
    assert time.monotonic() - started < 1
