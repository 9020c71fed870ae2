"""Whether a feed's price becomes an answer on chain, and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from apps.pricing.aggregate import FeedPrice
from apps.pricing.estimators import BPS
from apps.pricing.types import AnswerReason, AnswerState, OnChainValue


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of a feed in a round. ``message`` gives the values compared."""

    state: AnswerState
    reason: AnswerReason
    message: str = ""


def decide(price: FeedPrice, *, reference: OnChainValue | None, on_demand: bool, now: datetime) -> Decision:
    """Return ACCEPTED with its trigger, SKIPPED without news, or REJECTED with what stopped it.

    reference: what the chain holds, or will hold once a submission in flight lands; None before the first answer.
    on_demand: a client asked for this round, so any newer price is news.
    """
    if refused := _refuse(price):
        return refused
    if reference is None:
        return Decision(AnswerState.ACCEPTED, AnswerReason.FIRST_ANSWER)
    if price.answer is None or price.observed_at is None:  # _refuse has seen to it
        raise AssertionError("a price that passed its checks has an answer and a time")
    # The contract keeps whole seconds and wants each observation strictly newer.
    if int(price.observed_at.timestamp()) <= int(reference.observed_at.timestamp()):
        message = f"observed at {price.observed_at:%H:%M:%S}, the chain has {reference.observed_at:%H:%M:%S}"
        return Decision(AnswerState.SKIPPED, AnswerReason.NOT_NEWER, message)
    return _trigger(price, reference=reference, on_demand=on_demand, now=now)


def deviation_bps(answer: int, reference: int) -> Decimal:
    """Return the distance of two answers in basis points of the reference (> 0)."""
    return Decimal(abs(answer - reference)) * BPS / Decimal(reference)


def _refuse(price: FeedPrice) -> Decision | None:
    feed, used = price.feed, len(price.used)
    if price.price is None or price.answer is None:
        reason = AnswerReason.BELOW_QUORUM if used else AnswerReason.NO_QUOTES
        return Decision(AnswerState.REJECTED, reason, f"{used} usable quotes, quorum {feed.quorum}")
    if price.answer <= 0:
        message = f"price {price.price} is nil at {feed.decimals} decimals"
        return Decision(AnswerState.REJECTED, AnswerReason.OUT_OF_BOUNDS, message)
    if feed.min_answer is not None and price.price < feed.min_answer:
        message = f"price {price.price:f} below min_answer {feed.min_answer:f}"
        return Decision(AnswerState.REJECTED, AnswerReason.OUT_OF_BOUNDS, message)
    if feed.max_answer is not None and price.price > feed.max_answer:
        message = f"price {price.price:f} above max_answer {feed.max_answer:f}"
        return Decision(AnswerState.REJECTED, AnswerReason.OUT_OF_BOUNDS, message)
    return None


def _trigger(price: FeedPrice, *, reference: OnChainValue, on_demand: bool, now: datetime) -> Decision:
    if on_demand:
        return Decision(AnswerState.ACCEPTED, AnswerReason.ON_DEMAND)
    age_s = (now - reference.observed_at).total_seconds()
    if age_s >= price.feed.heartbeat_s:
        message = f"chain value is {age_s:.0f} s old, heartbeat {price.feed.heartbeat_s} s"
        return Decision(AnswerState.ACCEPTED, AnswerReason.HEARTBEAT, message)
    moved = deviation_bps(price.answer or 0, reference.answer)
    message = f"{moved:.2f} bps from the chain's value, deviation {price.feed.deviation_bps} bps"
    if moved >= price.feed.deviation_bps:
        return Decision(AnswerState.ACCEPTED, AnswerReason.DEVIATION, message)
    return Decision(AnswerState.SKIPPED, AnswerReason.NO_NEWS, message)
