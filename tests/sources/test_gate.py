"""Pause, breaker and budget as all workers share them, on a real Redis."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime

import pytest
import redis
from prometheus_client import REGISTRY

from apps.pricing.types import MissCode, SourceSpec
from apps.sources import errors
from apps.sources.breaker import Judgement, Verdict
from apps.sources.gate import Admission, Gate, RedisGate, gate_keys
from apps.sources.gate_state import close_gate, gate_states
from apps.sources.retry import Pause
from oracle_project.redis_clients import shared_redis
from tests.sources.conftest import QUICK

GOOD = Verdict(Judgement.GOOD)
FAILED = Verdict(Judgement.FAILED, "timeout", "no complete reply within 1.00 s")
REFUSED = Verdict(Judgement.PERMANENT, "geo_blocked", "HTTP 451")


def admit(gate: Gate, spec: SourceSpec, *, weight: int = 1) -> Admission:
    """Ask for leave to send one request."""
    return gate.admit(spec, weight=weight, lease_s=1)


def fail(gate: Gate, spec: SourceSpec, *, times: int = QUICK.failures, probe: str = "") -> None:
    """Report failed calls."""
    for _ in range(times):
        gate.report(spec, FAILED, probe=probe, host=0)


def state_of(spec: SourceSpec) -> str:
    """Return the breaker's state as admin shows it."""
    return gate_states([spec.slug])[spec.slug].state


def until_probe(gate: Gate, spec: SourceSpec) -> Admission:
    """Wait until the breaker lets a probe through."""
    ends_at = time.monotonic() + 10
    while time.monotonic() < ends_at:
        try:
            return admit(gate, spec)
        except errors.BreakerOpen:
            time.sleep(0.05)
    raise AssertionError("no probe was let through")


def test_a_healthy_source_needs_no_report(gate: RedisGate, spec: SourceSpec) -> None:
    """The first call of a source nobody knows is free, and its good end is no news."""
    assert admit(gate, spec) == Admission(probe="", is_clean=True, host=0)


def test_failures_in_a_row_open_the_breaker_for_all_workers(gate: RedisGate, spec: SourceSpec) -> None:
    """Another worker is refused too, with the reason; the opening is counted once."""
    other = RedisGate(shared_redis(), thresholds=QUICK)
    labels = {"source": spec.slug, "code": "timeout"}

    fail(gate, spec, times=QUICK.failures - 1)
    assert admit(other, spec).is_clean is False
    fail(other, spec, times=2)

    with pytest.raises(errors.BreakerOpen, match=r"after 3 failures, last timeout: no complete reply"):
        admit(other, spec)
    state = gate_states([spec.slug])[spec.slug]
    assert (state.state, state.openings, state.code, state.failures) == ("open", 1, "timeout", 3)
    assert REGISTRY.get_sample_value("oracle_source_breaker_openings_total", labels) == 1


def test_a_good_call_starts_the_count_anew(gate: RedisGate, spec: SourceSpec) -> None:
    """Only failures in a row count."""
    fail(gate, spec, times=QUICK.failures - 1)
    gate.report(spec, GOOD, probe="", host=0)
    fail(gate, spec, times=QUICK.failures - 1)

    assert admit(gate, spec)


def test_half_open_lets_exactly_one_probe_through(gate: RedisGate, spec: SourceSpec) -> None:
    """Of many workers that ask at once, one gets leave; its good end closes the breaker for all."""
    workers = [RedisGate(shared_redis(), thresholds=QUICK) for _ in range(8)]
    fail(gate, spec)
    time.sleep(QUICK.pause_s + 0.1)
    assert state_of(spec) == "half_open"

    def try_one(worker: RedisGate) -> Admission | None:
        try:
            return admit(worker, spec)
        except errors.BreakerOpen:
            return None

    with ThreadPoolExecutor(8) as pool:
        admitted = [each for each in pool.map(try_one, workers) if each is not None]

    assert len(admitted) == 1
    gate.report(spec, GOOD, probe=admitted[0].probe, host=0)
    assert [admit(worker, spec).is_clean for worker in workers] == [True] * 8
    assert state_of(spec) == "closed"


def test_a_failed_probe_doubles_the_pause(gate: RedisGate, spec: SourceSpec) -> None:
    """One second, then two; still one opening."""
    fail(gate, spec)
    probe = until_probe(gate, spec).probe
    fail(gate, spec, times=1, probe=probe)
    time.sleep(QUICK.pause_s + 0.2)

    with pytest.raises(errors.BreakerOpen):
        admit(gate, spec)
    time.sleep(QUICK.pause_s)
    assert admit(gate, spec).probe
    assert gate_states([spec.slug])[spec.slug].openings == 1


def test_only_the_probe_is_heard_while_the_breaker_is_open(gate: RedisGate, spec: SourceSpec) -> None:
    """A call that began before the opening, or a probe that was given up, changes nothing any more."""
    fail(gate, spec)
    gate.report(spec, GOOD, probe="", host=0)
    assert state_of(spec) == "open"

    probe = until_probe(gate, spec).probe
    gate.report(spec, GOOD, probe="another", host=0)
    assert state_of(spec) == "half_open"

    gate.report(spec, Verdict(Judgement.UNKNOWN), probe=probe, host=0)
    assert admit(gate, spec).probe != probe


def test_a_probe_whose_worker_died_is_given_up(gate: RedisGate, spec: SourceSpec) -> None:
    """The next one is let through after the first one's time."""
    fail(gate, spec)
    time.sleep(QUICK.pause_s + 0.1)
    lost = gate.admit(spec, weight=1, lease_s=0.2)

    with pytest.raises(errors.BreakerOpen):
        admit(gate, spec)
    assert until_probe(gate, spec).probe not in {"", lost.probe}


def test_a_refusal_for_good_opens_at_once_and_for_longer(gate: RedisGate, spec: SourceSpec) -> None:
    """No five rounds of the same 451."""
    gate.report(spec, REFUSED, probe="", host=0)

    with pytest.raises(errors.BreakerOpen, match="geo_blocked"):
        admit(gate, spec)
    time.sleep(QUICK.pause_s + 0.1)
    assert state_of(spec) == "open"


def test_a_source_configured_anew_starts_anew(gate: RedisGate, spec: SourceSpec) -> None:
    """The operator mended the key: nobody waits for the old one's pause."""
    mended = replace(spec, base_url="https://other.example.com")
    admit(gate, spec)
    gate.report(spec, REFUSED, probe="", host=0)
    gate.pause(spec, Pause(60), code=MissCode.BANNED, message="HTTP 418")

    assert admit(gate, mended).is_clean
    gate.report(mended, REFUSED, probe="", host=0)
    with pytest.raises(errors.BreakerOpen):
        admit(gate, mended)


def test_an_operator_closes_it(gate: RedisGate, spec: SourceSpec) -> None:
    """Breaker and pause go, the number of openings stays."""
    gate.pause(spec, Pause(60), code=MissCode.BANNED, message="HTTP 418")
    fail(gate, spec)

    assert close_gate(spec.slug)
    assert not close_gate(spec.slug)

    assert admit(gate, spec).is_clean
    assert gate_states([spec.slug])[spec.slug].openings == 1


def test_a_demanded_pause_holds_for_all_workers_until_it_is_over(gate: RedisGate, spec: SourceSpec) -> None:
    """Retry-After: 1 means no call for one second; a shorter demand does not shorten it."""
    other = RedisGate(shared_redis(), thresholds=QUICK)
    gate.pause(spec, Pause(1), code=MissCode.RATE_LIMITED, message="HTTP 429")
    gate.pause(spec, Pause(0.1), code=MissCode.RATE_LIMITED, message="HTTP 429")
    started = time.monotonic()

    with pytest.raises(errors.PausedBySource, match=r"rate_limited: HTTP 429"):
        admit(other, spec)
    state = gate_states([spec.slug])[spec.slug]
    assert (state.state, state.pause_code, state.paused_until is not None) == ("closed", "rate_limited", True)
    while True:
        try:
            admit(other, spec)
            break
        except errors.PausedBySource:
            time.sleep(0.02)
    assert time.monotonic() - started >= 0.95


def test_a_pause_without_a_length_grows_until_a_call_is_good(gate: RedisGate, spec: SourceSpec) -> None:
    """10, 20, 40 s, then the ceiling; refused twice at once is one demand; after a good call it begins again."""

    def paused_s() -> float:
        shared_redis().hdel(gate_keys(spec.slug)[0], "not_before")  # the pause before is over
        for _ in range(2):
            gate.pause(spec, Pause(10, grows_to_s=60), code=MissCode.BANNED, message="HTTP 403")
        state = gate_states([spec.slug])[spec.slug]
        assert state.paused_until is not None
        return (state.paused_until - datetime.now(UTC)).total_seconds()

    assert [round(paused_s(), -1) for _ in range(5)] == [10, 20, 40, 60, 60]
    gate.report(spec, GOOD, probe="", host=0)

    assert round(paused_s(), -1) == 10


def test_the_budget_is_one_for_all_workers(gate: RedisGate, spec: SourceSpec) -> None:
    """Twenty workers' threads get ten leaves out of a limit of ten."""
    limited = replace(spec, rate_limit="10/2 second")
    workers = [RedisGate(shared_redis(), thresholds=QUICK) for _ in range(20)]

    def try_one(worker: RedisGate) -> bool:
        try:
            return admit(worker, limited) is not None
        except errors.OutOfBudget:
            return False

    with ThreadPoolExecutor(20) as pool:
        assert sum(pool.map(try_one, workers)) == 10
    with pytest.raises(errors.OutOfBudget, match=r"limit of 10 in 2 s is used up until \d"):
        admit(gate, limited)


def test_no_window_ever_holds_more_than_its_amount(gate: RedisGate, spec: SourceSpec) -> None:
    """Asked as fast as can be for 3 s, any window of one second has at most five; and it does not starve."""
    limited = replace(spec, rate_limit="5/second")
    granted: list[float] = []
    ends_at = time.monotonic() + 3
    while time.monotonic() < ends_at:
        before = time.monotonic()
        try:
            admit(gate, limited)
        except errors.OutOfBudget:
            time.sleep(0.005)
        else:
            granted.append(before)

    worst = max(sum(start <= moment < start + 0.99 for moment in granted) for start in granted)
    assert worst <= 5
    assert len(granted) >= 11


def test_every_window_of_a_limit_holds(gate: RedisGate, spec: SourceSpec) -> None:
    """The tighter of two ends it, and what was refused is not counted."""
    limited = replace(spec, rate_limit="4/second; 6/60 second; 100/60 second")

    for _ in range(4):
        admit(gate, limited)
    with pytest.raises(errors.OutOfBudget, match="4 in 1 s"):
        admit(gate, limited)
    time.sleep(1.15)
    for _ in range(2):
        admit(gate, limited)
    with pytest.raises(errors.OutOfBudget, match="6 in 60 s"):
        admit(gate, limited)


def test_weight_counts(gate: RedisGate, spec: SourceSpec) -> None:
    """A heavy request costs what the source says it costs."""
    limited = replace(spec, rate_limit="50/minute")

    admit(gate, limited, weight=40)
    admit(gate, limited, weight=10)
    with pytest.raises(errors.OutOfBudget):
        admit(gate, limited)


def test_what_was_not_asked_is_counted(gate: RedisGate, spec: SourceSpec) -> None:
    """By source and code."""
    fail(gate, spec)
    for _ in range(2):
        with pytest.raises(errors.BreakerOpen):
            admit(gate, spec)

    labels = {"source": spec.slug, "code": "breaker_open"}
    assert REGISTRY.get_sample_value("oracle_source_not_asked_total", labels) == 2


def test_the_answering_mirror_is_remembered(gate: RedisGate, spec: SourceSpec) -> None:
    """The next call, of any worker, begins with it; when the first host answers again, that is remembered too."""
    gate.report(spec, GOOD, probe="", host=1)
    assert admit(RedisGate(shared_redis(), thresholds=QUICK), spec).host == 1

    gate.report(spec, GOOD, probe="", host=0)
    assert admit(gate, spec).host == 0


def test_the_state_outlives_the_workers(gate: RedisGate, spec: SourceSpec) -> None:
    """It lies in Redis, for a month."""
    fail(gate, spec)

    ttl = shared_redis().pttl(gate_keys(spec.slug)[0])
    assert ttl > 29 * 86_400_000


def test_without_redis_a_worker_counts_by_itself(spec: SourceSpec, caplog: pytest.LogCaptureFixture) -> None:
    """Open for calls, within the limit and the pauses it knows; said once, not at every request."""
    away = RedisGate(redis.Redis(port=1, socket_timeout=1), thresholds=QUICK)
    limited = replace(spec, rate_limit="2/minute; 100/5 minute")

    for _ in range(2):
        assert admit(away, limited) == Admission()
    with pytest.raises(errors.OutOfBudget):
        admit(away, limited)
    fail(away, spec)
    assert admit(away, spec) == Admission()
    away.pause(spec, Pause(30), code=MissCode.BANNED, message="HTTP 418")
    with pytest.raises(errors.PausedBySource):
        admit(away, spec)
    assert [record.message for record in caplog.records if "without Redis" in record.message] == [
        "gate without Redis, budgets are counted by this worker alone error=ConnectionError"
    ]
