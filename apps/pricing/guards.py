"""What stops a price that could be computed: bounds, jumps, too little agreement, sources split into camps.

A stopped price is not thrown away: it is HELD for a person (see ``apps.rounds.holds``), and a leg that is stopped
converts nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, localcontext
from itertools import pairwise

from apps.pricing.fixed_point import price_text
from apps.pricing.observations import FeedPrice, Stop
from apps.pricing.types import AnswerReason, FeedSpec, OnChainValue

BPS = 10_000
LIMIT_DIGITS = 12  # a limit in bps needs no more, and powers cost by the digit
# The biggest camp must hold more than this share of the sources, else nobody knows which camp is right.
MAJORITY = Decimal("0.6")
RELAX_AFTER_S = 60  # the limits are those of a one-minute move
# Largest moves of the median in March 2023: 194 bps in 1 minute, 271 in 5, 677 in 60. The cube root follows that; the
# square root of a random walk would let 1,549 bps pass after an hour.
RELAX_EXPONENT = Decimal(1) / 3
# However old the last value is, a move beyond this needs a person (RedStone's production limit is the same 30 %).
JUMP_CEILING_BPS = 3000


@dataclass(frozen=True, slots=True)
class Release:
    """A person's word for prices within ``tolerance_bps`` of ``answer``: guards on moves and camps rest there."""

    answer: int
    tolerance_bps: int


def stop_of(
    price: FeedPrice, *, references: Sequence[OnChainValue], release: Release | None, now: datetime
) -> Stop | None:
    """Return what stops the price, None when nothing does or there is no price.

    references: earlier values of the feed to measure the move from: what the chain holds, which keeps a slow drift in
    view, and the last answer that passed, which is seconds old and so allows little.
    """
    if price.price is None or price.answer is None:
        return None
    if stop := _out_of_bounds(price.price, price.answer, feed=price.feed):
        return stop
    if release is not None and _distance_bps(price.answer, release.answer) <= release.tolerance_bps:
        return None
    if price.alarm is not None:
        return price.alarm
    stops = (_jumped(price, price.answer, reference=reference, now=now) for reference in references)
    return next((stop for stop in stops if stop), None)


def camps_of(ordered: Sequence[Decimal], *, camp_bps: int) -> Stop | None:
    """Return why the sources count as split, None when they do not.

    ordered: their prices, ascending.  Camps are parted by gaps wider than ``camp_bps``; one that is bigger than the
    majority share speaks for the feed, and the filter deals with the rest.
    """
    if not camp_bps or len(ordered) < 2 or ordered[-1] * BPS <= ordered[0] * (BPS + camp_bps):
        return None
    sizes = [1]
    for below, above in pairwise(ordered):
        if above * BPS > below * (BPS + camp_bps):
            sizes.append(1)
        else:
            sizes[-1] += 1
    if max(sizes) > MAJORITY * len(ordered):
        return None
    parts = " and ".join(str(size) for size in sizes)
    message = (
        f"{len(ordered)} sources split into camps of {parts}, from {ordered[0]:.8f} to {ordered[-1]:.8f}: no camp has "
        f"more than {MAJORITY * 100:.0f} %"
    )
    return Stop(AnswerReason.SPLIT, message)


def relaxed_bps(limit_bps: int, *, age_s: float) -> Decimal:
    """Return the limit for a move since a value of that age; it grows with the cube root of the time."""
    if age_s <= RELAX_AFTER_S:
        return Decimal(limit_bps)
    with localcontext(prec=LIMIT_DIGITS):
        return limit_bps * (Decimal(int(age_s)) / RELAX_AFTER_S) ** RELAX_EXPONENT


def _out_of_bounds(price: Decimal, answer: int, *, feed: FeedSpec) -> Stop | None:
    if answer <= 0:
        return Stop(AnswerReason.OUT_OF_BOUNDS, f"price {price} is nil at {feed.decimals} decimals")
    if feed.min_answer is not None and price < feed.min_answer:
        return Stop(AnswerReason.OUT_OF_BOUNDS, f"price {price:f} below min_answer {feed.min_answer:f}")
    if feed.max_answer is not None and price > feed.max_answer:
        return Stop(AnswerReason.OUT_OF_BOUNDS, f"price {price:f} above max_answer {feed.max_answer:f}")
    return None


def _jumped(price: FeedPrice, answer: int, *, reference: OnChainValue, now: datetime) -> Stop | None:
    feed = price.feed
    if not (feed.jump_bps or feed.agree_bps):
        return None
    moved_bps = _distance_bps(answer, reference.answer)
    age_s = (now - reference.observed_at).total_seconds()
    since = f"from {price_text(reference.answer, decimals=feed.decimals)} of {max(age_s, 0):.0f} s ago"
    limit_bps = min(relaxed_bps(feed.jump_bps, age_s=age_s), Decimal(max(JUMP_CEILING_BPS, feed.jump_bps)))
    if feed.jump_bps and moved_bps > limit_bps:
        return Stop(AnswerReason.JUMP, f"moved {moved_bps:.0f} bps {since}, {limit_bps:.0f} allowed")
    alone_bps = relaxed_bps(feed.agree_bps, age_s=age_s)
    needed = min(feed.agree_sources, feed.active_sources)
    if feed.agree_bps and moved_bps > alone_bps and price.agreeing < needed:
        message = f"moved {moved_bps:.0f} bps {since} and {price.agreeing} sources agree, {needed} must"
        return Stop(AnswerReason.TOO_FEW_AGREE, message)
    return None


def _distance_bps(answer: int, reference: int) -> Decimal:
    return Decimal(abs(answer - reference)) * BPS / Decimal(reference)


def count_agreeing(values: Sequence[Decimal], *, price: Decimal, within_bps: int) -> int:
    """Return how many values, in ascending order, lie within ``within_bps`` of the price."""
    limit = price * within_bps
    if (values[-1] - price) * BPS <= limit and (price - values[0]) * BPS <= limit:
        return len(values)  # nearly always, at a tenth of the price
    return sum(abs(value - price) * BPS <= limit for value in values)
