"""The one place where a round's chord is drawn.

::

    header   rounds.fetch_lane(round, lane)   one per source, queue fetch, never raises
    body     rounds.settle_round(results)     queue settle, idempotent

The round's row with its deadline is committed before the chord is published. A chord that is lost, in publishing or
later, is closed by the watchdog from what the lanes left on the board.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import redis
from celery import Task, chord
from django.conf import settings
from django.db import DatabaseError
from django.utils import timezone
from kombu.exceptions import OperationalError

from apps.feeds.selectors import source_specs
from apps.pricing.plan import RoundPlan
from apps.rounds.models import Round
from apps.rounds.selectors import overdue_rounds
from apps.rounds.services import open_round
from apps.rounds.settling import settle
from apps.rounds.tasks import settle_round
from apps.sources.board import Seat, round_board
from apps.sources.tasks import fetch_lane

log = logging.getLogger(__name__)
# What the lanes leave of the round's time for joining and settling.
SETTLE_MARGIN = timedelta(milliseconds=700)
# What settling raises when a lane left something else than its calls, as a worker of another version might.
UNUSABLE = (ArithmeticError, LookupError, TypeError, ValueError)


@dataclass(frozen=True, slots=True)
class StartedRound:
    """A round that will answer, and whether the caller joined one that was already open."""

    round: Round
    joined: bool


def start_round(*, pairs: Sequence[str], trigger: Round.Trigger, requested_by: str = "") -> StartedRound:
    """Return the open round for these pairs, newly started or joined.

    Never fails because the broker does: the round is then closed by the watchdog at its deadline.

    Raises:
        UnknownFeeds: a pair is not an enabled feed.
    """
    round_, plan, joined = open_round(pairs=pairs, trigger=trigger, requested_by=requested_by, now=timezone.now())
    if not joined:
        _publish(round_, plan)
    return StartedRound(round_, joined)


def start_asked_round(pairs: Sequence[str], actor: str) -> StartedRound:
    """Return the round an operator gets who wants these feeds published afresh. Raises UnknownFeeds."""
    return start_round(pairs=pairs, trigger=Round.Trigger.ADMIN, requested_by=actor)


def close_overdue_rounds() -> int:
    """Settle every open round past its deadline with what its lanes left; return how many this call closed.

    One round's trouble stops no other, and a board that is away counts as a board with nothing on it.
    """
    return sum(_close_overdue(round_id) for round_id in overdue_rounds(now=timezone.now()))


def _close_overdue(round_id: uuid.UUID) -> bool:
    results = _left_on_board(round_id)
    try:
        is_closed = _settle_overdue(round_id, results)
    except (*UNUSABLE, DatabaseError):
        log.exception("overdue round not settled round=%s", round_id)
        return False
    if is_closed:
        log.warning("round closed by the watchdog round=%s lanes_back=%d", round_id, len(results))
    try:
        round_board().clear(str(round_id))
    except redis.RedisError:
        log.warning("round board not cleared round=%s; it expires by itself", round_id)
    return is_closed


def _settle_overdue(round_id: uuid.UUID, results: list[dict[str, Any]]) -> bool:
    """Return whether this call closed the round. Results that cannot be read are as good as lost, once logged."""
    try:
        return settle(round_id, results, closed_by=Round.ClosedBy.WATCHDOG, now=timezone.now()) is not None
    except UNUSABLE:
        log.exception("results of lanes unusable round=%s", round_id)
        return settle(round_id, [], closed_by=Round.ClosedBy.WATCHDOG, now=timezone.now()) is not None


def _left_on_board(round_id: uuid.UUID) -> list[dict[str, Any]]:
    try:
        return round_board().results(str(round_id))
    except (redis.RedisError, ValueError):
        log.exception("round board unreadable round=%s", round_id)
        return []


def publish_beside(round_id: str, plan: RoundPlan, *, opened_at: datetime, body: Task[Any, Any]) -> None:
    """Fetch for a round of another kind, whose ``body(lanes, round_id=…)`` settles it; one that is lost stays lost."""
    deadline = opened_at + timedelta(seconds=float(settings.ROUND_DEADLINE_S))
    try:
        _draw(round_id, plan, deadline=deadline, body=body)
    except (OperationalError, redis.RedisError):
        log.exception("chord not published round=%s body=%s", round_id, body.name)


def _draw(round_id: str, plan: RoundPlan, *, deadline: datetime, body: Task[Any, Any]) -> None:
    specs = source_specs(list(plan.asks))
    seats = {slug: Seat(specs[slug], asks) for slug, asks in plan.asks.items()}
    round_board().post(round_id, seats=seats, reserves=plan.reserves, deadline=deadline - SETTLE_MARGIN)
    header = [fetch_lane.si(round_id, lane) for lane in plan.lanes]
    chord(header)(body.s(round_id=round_id))


def _publish(round_: Round, plan: RoundPlan) -> None:
    round_id = str(round_.pk)
    try:
        _draw(round_id, plan, deadline=round_.deadline, body=settle_round)
    except (OperationalError, redis.RedisError):
        # The row is open and has its deadline: 202 stays true, and the watchdog answers for the round.
        log.exception("chord not published round=%s", round_id)
