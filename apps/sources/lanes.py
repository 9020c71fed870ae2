"""One lane of a round: ask its source, and promote reserves for whatever feeds that source lost.

A reserve is asked for every ticker it lists in the round, at most once a round, in the priority order of the feed
that lost its source. Each call gets a share of the time left, so that a hanging source leaves room for its reserve.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import redis

from apps.monitoring import metrics
from apps.pricing.types import Miss, SourceRole
from apps.sources.board import BoardGone, RoundBoard, Seat
from apps.sources.fetch import SourceCall, fetch_source
from apps.sources.gate import Gate, shared_gate
from apps.sources.wire import call_to_json

log = logging.getLogger(__name__)
# Share of the remaining time a source may use while reserves wait behind it.
SHARE_BEFORE_RESERVES = 0.5


def run_lane(board: RoundBoard, *, round_id: str, lane: str, gate: Gate | None = None) -> dict[str, Any]:
    """Return ``{"lane", "calls"}``: the lane's own call and those of the reserves it promoted, in order.

    gate: what every request passes first; None for the one all workers share.

    When the board goes away, or the round leaves it, the calls made until then are the result; settling reports a
    lane without any as lost.
    """
    calls: list[dict[str, Any]] = []
    try:
        for call in _calls(board, round_id=round_id, lane=lane, gate=gate or shared_gate()):
            calls.append(call)  # noqa: PERF402 - one by one: what was fetched before an error must not be lost
    except BoardGone:
        log.info("round left the board round=%s lane=%s calls=%d", round_id, lane, len(calls))
    except redis.RedisError:
        log.exception("round board unreachable round=%s lane=%s calls=%d", round_id, lane, len(calls))
    return {"lane": lane, "calls": calls}


def _calls(board: RoundBoard, *, round_id: str, lane: str, gate: Gate) -> Iterator[dict[str, Any]]:
    known = board.lane(round_id, lane)
    deadline, reserves = known.deadline, known.reserves
    has_reserves = any(reserves.get(ask.pair) for ask in known.seat.asks)
    call = _ask(known.seat, deadline=_share(deadline) if has_reserves else deadline, gate=gate)
    yield call_to_json(call, role=SourceRole.PRIMARY, promoted_for=None)

    lost = _lost_pairs(call)
    while lost and (promoted := _next_reserve(board, round_id=round_id, lost=lost, reserves=reserves)):
        metrics.reserve_promoted(lane, promoted)
        call = _ask(board.seat(round_id, promoted), deadline=_share(deadline), gate=gate)
        yield call_to_json(call, role=SourceRole.RESERVE, promoted_for=lane)
        lost -= {outcome.pair for outcome in call.outcomes if not isinstance(outcome, Miss)}


def _ask(seat: Seat, *, deadline: datetime, gate: Gate) -> SourceCall:
    call = fetch_source(seat.spec, seat.asks, deadline=deadline, gate=gate)
    for attempt in call.attempts:
        if attempt.cached:
            continue  # no request of ours
        metrics.source_call(call.source, attempt.code, attempt.latency_ms / 1000)
    return call


def _share(deadline: datetime) -> datetime:
    now = datetime.now(UTC)
    left: timedelta = max(deadline - now, timedelta(0))
    return now + left * SHARE_BEFORE_RESERVES


def _lost_pairs(call: SourceCall) -> set[str]:
    return {outcome.pair for outcome in call.outcomes if isinstance(outcome, Miss)}


def _next_reserve(board: RoundBoard, *, round_id: str, lost: set[str], reserves: dict[str, list[str]]) -> str | None:
    """Return the first untaken reserve that lists a lost pair, now taken by us; None when there is none left."""
    for pair in sorted(lost):
        for source in reserves.get(pair, []):
            if board.take(round_id, source):
                return source
    return None
