"""Whether a feed's price becomes an answer on chain, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time
from decimal import Decimal

from apps.pricing.estimators import BPS
from apps.pricing.observations import FeedPrice
from apps.pricing.types import AnswerReason, AnswerState, OnChainValue


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of a feed in a round. ``message`` gives the values compared."""

    state: AnswerState
    reason: AnswerReason
    message: str = ""


def decide(price: FeedPrice, *, reference: OnChainValue | None, on_demand: bool, now: datetime) -> Decision:
    """Return ACCEPTED with its trigger, SKIPPED without news, HELD for a person, or REJECTED with what stopped it.

    reference: what the chain holds, or will hold once a submission in flight lands; None before the first answer.
    on_demand: a client asked for this round, so any newer price is news.
    """
    if price.answer is None or price.observed_at is None:
        used = len(price.used)
        reason = AnswerReason.BELOW_QUORUM if used else AnswerReason.NO_QUOTES
        return Decision(AnswerState.REJECTED, reason, f"{used} usable quotes, quorum {price.feed.quorum}")
    if price.stop is not None:
        # A price of nil at the feed's decimals cannot be published, so there is nothing to wait for.
        state = AnswerState.HELD if price.answer > 0 else AnswerState.REJECTED
        return Decision(state, price.stop.reason, price.stop.message)
    if reference is None:
        return Decision(AnswerState.ACCEPTED, AnswerReason.FIRST_ANSWER)
    # The contract keeps whole seconds and wants each observation strictly newer.
    if int(price.observed_at.timestamp()) <= int(reference.observed_at.timestamp()):
        message = f"observed at {price.observed_at:%H:%M:%S}, the chain has {reference.observed_at:%H:%M:%S}"
        return Decision(AnswerState.SKIPPED, AnswerReason.NOT_NEWER, message)
    return _trigger(price, price.answer, reference=reference, on_demand=on_demand, now=now)


def overall(decisions: Mapping[str, Decision]) -> Decision:
    """Return what becomes of a feed as a whole: accepted when any destination takes it, else what the first says."""
    accepted = (decision for decision in decisions.values() if decision.state == AnswerState.ACCEPTED)
    nowhere = Decision(AnswerState.SKIPPED, AnswerReason.NO_DESTINATION, "every destination of the feed is off")
    return next(accepted, next(iter(decisions.values()), nowhere))


def deviation_bps(answer: int, reference: int) -> Decimal:
    """Return the distance of two answers in basis points of the reference (> 0)."""
    return Decimal(abs(answer - reference)) * BPS / Decimal(reference)


def is_quiet(quiet_hours: str, now: datetime) -> bool:
    """Return whether ``now`` lies in the hours, ``22:00-06:00`` in UTC, the end excluded; empty is never."""
    if not quiet_hours:
        return False
    start, end = (time.fromisoformat(part) for part in quiet_hours.split("-"))
    clock = now.time()
    return start <= clock < end if start <= end else clock >= start or clock < end


def _trigger(price: FeedPrice, answer: int, *, reference: OnChainValue, on_demand: bool, now: datetime) -> Decision:
    feed = price.feed
    if on_demand:
        return Decision(AnswerState.ACCEPTED, AnswerReason.ON_DEMAND)
    since_s = (now - reference.updated_at).total_seconds()
    if since_s < feed.min_interval_s:
        message = f"published {since_s:.0f} s ago, min_interval_s {feed.min_interval_s}"
        return Decision(AnswerState.SKIPPED, AnswerReason.TOO_SOON, message)
    age_s = (now - reference.observed_at).total_seconds()
    if age_s >= feed.heartbeat_s:
        message = f"chain value is {age_s:.0f} s old, heartbeat {feed.heartbeat_s} s"
        return Decision(AnswerState.ACCEPTED, AnswerReason.HEARTBEAT, message)
    moved = deviation_bps(answer, reference.answer)
    message = f"{moved:.2f} bps from the chain's value, deviation {feed.deviation_bps} bps"
    if moved < feed.deviation_bps:
        return Decision(AnswerState.SKIPPED, AnswerReason.NO_NEWS, message)
    if is_quiet(feed.quiet_hours, now):
        return Decision(AnswerState.SKIPPED, AnswerReason.QUIET_HOURS, f"{message}; quiet {feed.quiet_hours} UTC")
    return Decision(AnswerState.ACCEPTED, AnswerReason.DEVIATION, message)
