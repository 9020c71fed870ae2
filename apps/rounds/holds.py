"""Held prices: opened and resolved as rounds settle, decided by people, expired by the clock.

An approval never sends the held price itself, which is old by then. It lets prices near it through the guards for a
while, so that the next round publishes a fresh one. Bounds are not lifted: they are the operator's rule and are edited.

Errors:
    HoldClosed: somebody else, or the clock, was first.
    HoldRefused: this person may not decide so; nothing was changed.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from django.db import transaction
from django.db.models import F

from apps.feeds.models import Feed
from apps.monitoring import metrics
from apps.pricing.guards import Release
from apps.pricing.triggers import deviation_bps
from apps.pricing.types import AnswerReason, AnswerState, OnExpiry
from apps.rounds.models import Answer, Hold, HoldEvent, Round

log = logging.getLogger(__name__)
RELEASE_FOR = timedelta(minutes=10)
State = Hold.State


class HoldClosed(Exception):
    """The hold does not wait any more."""


class Refusal(StrEnum):
    """Why a decision is not allowed. Stable: the API answers with these codes."""

    REASON_MISSING = "hold_reason_missing"
    OUT_OF_BOUNDS = "hold_out_of_bounds"
    MOVED = "hold_moved"
    SAME_PERSON = "hold_same_person"


class HoldRefused(Exception):
    """The decision is not allowed: ``code`` says why to programs, the message to people."""

    def __init__(self, code: Refusal, message: str) -> None:
        super().__init__(message)
        self.code = code


def active_releases(pairs: Sequence[str], *, now: datetime) -> dict[str, Release]:
    """Return what people let through and still stands, by pair; the newest approval counts."""
    approved = Hold.objects.filter(state=State.APPROVED, release_until__gt=now, pair__in=pairs).order_by("closed_at")
    return {hold.pair: Release(hold.answer, hold.tolerance_bps) for hold in approved}


def update_holds(round_: Round, answers: Sequence[Answer], *, now: datetime) -> None:
    """Open, refresh or resolve holds as a round settles, inside its transaction.

    A held answer opens a hold, or becomes the newest of the one that waits; a price that passes the guards again
    resolves it. Two queries when nothing is held, whatever the number of feeds.
    """
    waiting = {hold.pair: hold for hold in Hold.objects.select_for_update().filter(state=State.WAITING)}
    held = {answer.pair: answer for answer in answers if answer.state == AnswerState.HELD}
    passed = {answer.pair for answer in answers if answer.state in {AnswerState.ACCEPTED, AnswerState.SKIPPED}}
    for pair, hold in waiting.items():
        if pair in held:
            _refresh(hold, held[pair], round_)
        elif pair in passed:
            _close(hold, State.RESOLVED, who="", note="the price passed the guards", now=now)
    fresh = [answer for pair, answer in held.items() if pair not in waiting]
    feeds = Feed.objects.in_bulk([answer.pair for answer in fresh], field_name="pair") if fresh else {}
    for answer in fresh:
        _open(answer, feeds[answer.pair], round_, now=now)


@transaction.atomic
def approve(hold_id: int, *, seen: int, who: str, note: str, now: datetime) -> Hold:
    """Return the hold after this approval: APPROVED, or still WAITING for a second person.

    seen: the answer the person looked at; when the market has left it meanwhile, they must look again.

    Raises HoldClosed or HoldRefused.
    """
    hold = _waiting(hold_id, note)
    if hold.reason == AnswerReason.OUT_OF_BOUNDS:
        raise HoldRefused(
            Refusal.OUT_OF_BOUNDS, "bounds are not waved through: change min_answer or max_answer, if they are wrong"
        )
    if deviation_bps(hold.answer, seen) > hold.tolerance_bps:
        raise HoldRefused(Refusal.MOVED, f"the held answer is {hold.answer} by now, you saw {seen}: look again")
    if hold.two_persons and not hold.first_approval_by:
        Hold.objects.filter(pk=hold.pk).update(first_approval_by=who)
        hold.first_approval_by = who
        _note(hold, "approved by one", who=who, note=note, now=now)
        return hold
    if hold.two_persons and hold.first_approval_by == who:
        raise HoldRefused(Refusal.SAME_PERSON, f"two people must approve, and {who} was the first")
    return _release(hold, who=who, note=note, now=now)


@transaction.atomic
def reject(hold_id: int, *, who: str, note: str, now: datetime) -> Hold:
    """Return the rejected hold; when the next round is held again, a new one opens. Raises HoldClosed, HoldRefused."""
    return _close(_waiting(hold_id, note), State.REJECTED, who=who, note=note, now=now)


def expire_holds(*, now: datetime) -> int:
    """Close the holds nobody decided about in time, each by its feed's policy; return how many."""
    overdue = list(Hold.objects.filter(state=State.WAITING, expires_at__lte=now).values_list("pk", flat=True))
    return sum(_expire(pk, now=now) for pk in overdue)


@transaction.atomic
def _expire(hold_id: int, *, now: datetime) -> bool:
    hold = Hold.objects.select_for_update().filter(pk=hold_id, state=State.WAITING).first()
    if hold is None:
        return False
    policy = Feed.objects.values_list("hold_on_expiry", flat=True).get(pair=hold.pair)
    if policy == OnExpiry.RELEASE and hold.reason != AnswerReason.OUT_OF_BOUNDS:
        _release(hold, who="", note="expired; the feed's policy releases", now=now)
    else:
        _close(hold, State.EXPIRED, who="", note="nobody decided in time", now=now)
    return True


def _waiting(hold_id: int, note: str) -> Hold:
    """Return the hold, locked. Raises HoldClosed or HoldRefused."""
    if not note.strip():
        raise HoldRefused(Refusal.REASON_MISSING, "a decision needs a reason")
    hold = Hold.objects.select_for_update().get(pk=hold_id)
    if hold.state != State.WAITING:
        raise HoldClosed(f"{hold.pair} is {hold.state} already")
    return hold


def _open(answer: Answer, feed: Feed, round_: Round, *, now: datetime) -> None:
    hold = Hold.objects.create(
        pair=answer.pair,
        reason=answer.reason,
        message=answer.message,
        answer=answer.answer,
        decimals=answer.decimals,
        round=round_,
        two_persons=feed.two_persons,
        tolerance_bps=feed.agree_bps or feed.deviation_bps,
        opened_at=now,
        expires_at=now + timedelta(seconds=feed.hold_expiry_s),
    )
    _note(hold, "held", who="", note=answer.message, now=now)
    log.warning("price held pair=%s reason=%s round=%s", hold.pair, hold.reason, round_.pk)


def _refresh(hold: Hold, answer: Answer, round_: Round) -> None:
    """Make the answer the newest of a hold, so that an approval is of what the market says now."""
    Hold.objects.filter(pk=hold.pk).update(
        answer=answer.answer,
        reason=answer.reason,
        message=answer.message,
        round=round_,
        rounds_held=F("rounds_held") + 1,
    )


def _release(hold: Hold, *, who: str, note: str, now: datetime) -> Hold:
    hold.release_until = now + RELEASE_FOR
    return _close(hold, State.APPROVED, who=who, note=note, now=now)


def _close(hold: Hold, state: Hold.State, *, who: str, note: str, now: datetime) -> Hold:
    hold.state, hold.decided_by, hold.closed_at = state, who, now
    hold.save(update_fields=["state", "decided_by", "closed_at", "release_until"])
    _note(hold, state.lower(), who=who, note=note, now=now)
    metrics.hold_closed(state)
    log.info("hold closed pair=%s state=%s who=%s", hold.pair, state, who or "-")
    return hold


def _note(hold: Hold, action: str, *, who: str, note: str, now: datetime) -> None:
    HoldEvent.objects.create(hold=hold, at=now, action=action, who=who, note=note[:500])
