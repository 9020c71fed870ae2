"""One source asked over real HTTP through the gate: pauses, breaker, budget and mirrors."""

from __future__ import annotations

import time
import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from prometheus_client import REGISTRY

from apps.pricing.types import Ask, Miss, MissCode, SourceSpec
from apps.sources import fetch, lanes
from apps.sources.board import Seat, round_board
from apps.sources.calls import SourceCall
from apps.sources.gate import Gate, OpenGate, RedisGate, gate_keys
from apps.sources.gate_state import gate_states
from apps.sources.http import Transport
from oracle_project.redis_clients import shared_redis
from tests.sources.conftest import QUICK
from tests.sources.samples import WIRES, good_body
from tests.sources.server import Server, reply, serving
from tests.sources.test_fetch import BTC, codes, good, in_turn, status


def lane_spec(server: Server, spec: SourceSpec, **changes: object) -> SourceSpec:
    """Return a source of this test's own that asks the test server."""
    return replace(spec, base_url=server.url, **changes)  # type: ignore[arg-type]


def ask_gated(server: Server, spec: SourceSpec, gate: Gate, *asks: Ask, seconds: float = 2.0) -> SourceCall:
    """Ask a test server through a gate."""
    deadline = datetime.now(UTC) + timedelta(seconds=seconds)
    transport = Transport(extra_allowed=frozenset({"127.0.0.1"}))
    return fetch.fetch_source(spec, asks or (BTC,), deadline=deadline, transport=transport, gate=gate)


def test_nobody_calls_before_retry_after_is_over(gate: RedisGate, spec: SourceSpec) -> None:
    """429 with Retry-After: 7: the next rounds, of any worker, make no call and say why."""
    with serving(in_turn(status(429, Retry_After="7"), good)) as server:
        own = lane_spec(server, spec, max_attempts=3)
        first = ask_gated(server, own, gate)
        second = ask_gated(server, own, RedisGate(shared_redis(), thresholds=QUICK))

        assert len(server.paths) == 1
    assert codes(first) == [MissCode.RATE_LIMITED]
    assert codes(second) == [MissCode.PAUSED_BY_SOURCE]
    assert second.attempts == ()
    paused_s = (gate_states([own.slug])[own.slug].paused_until - datetime.now(UTC)).total_seconds()  # type: ignore[operator]
    assert 5 < paused_s <= 7


@pytest.mark.parametrize("code", [418, 403])
def test_a_ban_without_a_length_is_a_pause_too(gate: RedisGate, spec: SourceSpec, code: int) -> None:
    """Asking into a ban prolongs it."""
    with serving(in_turn(status(code), good)) as server:
        own = lane_spec(server, spec)
        ask_gated(server, own, gate)

        assert codes(ask_gated(server, own, gate)) == [MissCode.PAUSED_BY_SOURCE]
    paused_s = (gate_states([own.slug])[own.slug].paused_until - datetime.now(UTC)).total_seconds()  # type: ignore[operator]
    assert 8 < paused_s <= 10


def test_a_pause_within_the_deadline_is_waited_out_by_its_own_call(gate: RedisGate, spec: SourceSpec) -> None:
    """The gate lets the retry through when the pause is over."""
    with serving(in_turn(status(429, Retry_After="1"), good)) as server:
        call = ask_gated(server, lane_spec(server, spec, max_attempts=2), gate, seconds=4)

    assert codes(call) == [""]
    assert len(call.attempts) == 2


def test_a_pause_that_a_call_waited_out_lengthens_no_later_one(gate: RedisGate, spec: SourceSpec) -> None:
    """The retry was good, so the next rate limit without a length begins at a second again, and is waited out too."""
    with serving(in_turn(status(429), good, status(429), good)) as server:
        own = lane_spec(server, spec, max_attempts=2)
        calls = [ask_gated(server, own, gate, seconds=6) for _ in range(2)]

    assert [codes(call) for call in calls] == [[""], [""]]
    assert [len(call.attempts) for call in calls] == [2, 2]


def test_a_source_that_keeps_failing_is_not_asked_and_comes_back(gate: RedisGate, spec: SourceSpec) -> None:
    """Three failed calls, retries and all, open the breaker; one probe closes it."""
    answers = [status(500)] * (2 * QUICK.failures)
    with serving(in_turn(*answers, good)) as server:
        own = lane_spec(server, spec, max_attempts=2)
        for _ in range(QUICK.failures):
            assert codes(ask_gated(server, own, gate)) == [MissCode.SERVER_ERROR]
        refused = ask_gated(server, own, gate)
        asked = len(server.paths)
        time.sleep(QUICK.pause_s + 0.1)
        probed = ask_gated(server, own, gate)

    assert asked == 2 * QUICK.failures
    assert (codes(refused), refused.attempts) == ([MissCode.BREAKER_OPEN], ())
    assert codes(probed) == [""]
    assert gate_states([own.slug])[own.slug].state == "closed"


def test_a_probe_of_a_source_with_many_requests_is_one_request(gate: RedisGate, spec: SourceSpec) -> None:
    """The other tickers wait for the next round."""
    with serving(in_turn(*[status(500)] * QUICK.failures, status(404))) as server:
        own = lane_spec(server, spec, adapter="coinbase_exchange")
        for _ in range(QUICK.failures):
            ask_gated(server, own, gate)
        time.sleep(QUICK.pause_s + 0.1)
        asked = len(server.paths)
        call = ask_gated(server, own, gate, *(Ask(f"P{n}/USD", f"P{n}-USD") for n in range(5)))

        assert len(server.paths) == asked + 1
    assert codes(call).count(MissCode.BREAKER_OPEN) == 4


def test_a_geo_block_is_one_call_for_all(gate: RedisGate, spec: SourceSpec) -> None:
    """It does not mend in seconds, so the breaker opens at once and says what it was."""
    with serving(status(451)) as server:
        own = lane_spec(server, spec, max_attempts=3)
        ask_gated(server, own, gate)
        call = ask_gated(server, own, gate)

        assert len(server.paths) == 1
    assert codes(call) == [MissCode.BREAKER_OPEN]
    assert isinstance(call.outcomes[0], Miss)
    assert "geo_blocked" in call.outcomes[0].message


def test_a_source_out_of_budget_gives_up_at_once(gate: RedisGate, spec: SourceSpec) -> None:
    """What fits into the budget is asked, the rest is a miss without a call."""
    wire = next(wire for wire in WIRES if wire.slug == "coinbase_exchange")
    with serving(lambda handler: reply(handler, good_body(wire, price="5"))) as server:
        own = lane_spec(server, spec, adapter="coinbase_exchange", rate_limit="3/minute")
        started = time.monotonic()
        call = ask_gated(server, own, gate, *(Ask(f"P{n}/USD", f"P{n}-USD") for n in range(5)), seconds=5)

        assert len(server.paths) == 3
    assert sorted(codes(call)) == ["", "", "", MissCode.OUT_OF_BUDGET, MissCode.OUT_OF_BUDGET]
    assert time.monotonic() - started < 3


def test_a_mirror_answers_for_its_source(gate: RedisGate, spec: SourceSpec) -> None:
    """A geo-blocked host costs one request; the mirror is asked in the same call and remembered for the next."""
    with serving(status(451)) as blocked, serving(good) as mirror:
        own = lane_spec(blocked, spec, mirrors=(mirror.url,))
        first = ask_gated(blocked, own, gate)
        second = ask_gated(blocked, own, gate)

        assert (len(blocked.paths), len(mirror.paths)) == (1, 2)
    assert codes(first) == codes(second) == [""]
    assert [attempt.code for attempt in first.attempts] == ["geo_blocked", ""]
    assert [attempt.url.startswith(mirror.url) for attempt in first.attempts] == [False, True]
    assert REGISTRY.get_sample_value("oracle_source_host_changes_total", {"source": own.slug}) == 1
    assert gate_states([own.slug])[own.slug].state == "closed"


def test_a_probe_asks_the_mirrors_too(gate: RedisGate, spec: SourceSpec) -> None:
    """A source whose first host stays blocked comes back as soon as its mirror does."""
    with serving(status(451)) as blocked, serving(in_turn(*[status(503)] * QUICK.failures, good)) as mirror:
        own = lane_spec(blocked, spec, mirrors=(mirror.url,), max_attempts=1)
        for _ in range(QUICK.failures):
            ask_gated(blocked, own, gate)
        assert gate_states([own.slug])[own.slug].state == "open"
        time.sleep(QUICK.pause_s + 0.1)
        probed = ask_gated(blocked, own, gate)

    assert codes(probed) == [""]
    assert gate_states([own.slug])[own.slug].state == "closed"


def test_a_hanging_host_leaves_time_for_its_mirror(spec: SourceSpec) -> None:
    """Every host gets its share of the source's time."""
    with serving(lambda _handler: time.sleep(3)) as hanging, serving(good) as mirror:
        own = lane_spec(hanging, spec, mirrors=(mirror.url,), timeout_s=Decimal(5))
        call = ask_gated(hanging, own, OpenGate(), seconds=1)

    assert codes(call) == [""]
    assert [attempt.code for attempt in call.attempts] == ["timeout", ""]


def test_mirrors_are_retried_after_all_of_them(spec: SourceSpec) -> None:
    """Base, mirror, pause, base, mirror: every host gets as many attempts as a source without mirrors."""
    with serving(status(500)) as base, serving(status(503)) as mirror:
        own = lane_spec(base, spec, mirrors=(mirror.url,), max_attempts=2)
        ask_gated(base, own, OpenGate())

        assert (len(base.paths), len(mirror.paths)) == (2, 2)


def test_attempts_to_reach_the_network_inside_are_counted(gate: RedisGate, spec: SourceSpec, caplog: Any) -> None:
    """Logged with the source's name, and no verdict on the source."""
    own = replace(spec, base_url="https://127.0.0.1", max_attempts=1)

    call = fetch.fetch_source(own, [BTC], deadline=datetime.now(UTC) + timedelta(seconds=1), gate=gate)

    assert codes(call) == [MissCode.ADDRESS_REFUSED]
    assert REGISTRY.get_sample_value("oracle_addresses_refused_total", {"source": own.slug}) == 1
    assert f"address refused source={own.slug}" in caplog.text


def test_an_exchange_ban_costs_one_call_and_its_reserve_answers(
    gate: RedisGate, spec: SourceSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    """429 with Retry-After: 7: the reserve answers in the same round, and in the next ones without another call."""
    monkeypatch.setenv("PRICE_HOST_ALLOWLIST", "127.0.0.1")
    reserve = replace(spec, slug=f"{spec.slug}r")
    board, ids = round_board(), [str(uuid.uuid4()) for _ in range(3)]
    with serving(status(429, Retry_After="7")) as banning, serving(good) as answering:
        seats = {
            spec.slug: Seat(replace(spec, base_url=banning.url, max_attempts=3), (BTC,)),
            reserve.slug: Seat(replace(reserve, base_url=answering.url), (BTC,)),
        }
        results = []
        for round_id in ids:
            deadline = datetime.now(UTC) + timedelta(seconds=3)
            board.post(round_id, seats=seats, reserves={BTC.pair: [reserve.slug]}, deadline=deadline)
            results.append(lanes.run_lane(board, round_id=round_id, lane=spec.slug, gate=gate))
            board.clear(round_id)

        assert (len(banning.paths), len(answering.paths)) == (1, 3)
    told = [[call["outcomes"][0].get("code", "quote") for call in result["calls"]] for result in results]
    assert told == [["rate_limited", "quote"], ["paused_by_source", "quote"], ["paused_by_source", "quote"]]
    assert [result["calls"][1]["promoted_for"] for result in results] == [spec.slug] * 3
    shared_redis().delete(*gate_keys(reserve.slug))
