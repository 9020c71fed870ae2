"""Whether a feed's own rules make sense, its list aside, and whether its bound fits what a contract keeps it in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal

from apps.feeds.problems import Problem, Where, decimal_problems
from apps.feeds.values import FeedConfig
from apps.pricing.storage import SHARED_MAX_ANSWER, Storage
from apps.pricing.types import Estimator, OnExpiry, Weighting

MAX_DECIMALS = 18
MAX_BPS = 10_000
MAX_INTEGER = 2**31 - 1
MAX_SMALL_INTEGER = 2**15 - 1
PAIR = re.compile(r"[A-Z0-9]{1,12}/[A-Z0-9]{1,12}")
_CLOCK = "([01][0-9]|2[0-3]):[0-5][0-9]"
QUIET_HOURS = re.compile(f"{_CLOCK}-{_CLOCK}")
# field: (lowest, highest), both inclusive
INTEGER_BOUNDS: Mapping[str, tuple[int, int]] = {
    "decimals": (0, MAX_DECIMALS),
    "quorum": (1, MAX_SMALL_INTEGER),
    "active_sources": (1, MAX_SMALL_INTEGER),
    "max_age_s": (1, MAX_INTEGER),
    "heartbeat_s": (1, MAX_INTEGER),
    "deviation_bps": (1, MAX_BPS),
    "outlier_floor_bps": (0, MAX_BPS),
    "max_spread_bps": (0, MAX_BPS),
    "freeze_bps": (0, MAX_BPS),
    "depeg_bps": (1, MAX_BPS),
    "camp_bps": (0, MAX_BPS),
    "lean_bps": (0, MAX_BPS),
    "jump_bps": (0, MAX_BPS),
    "agree_bps": (0, MAX_BPS),
    "agree_sources": (1, MAX_SMALL_INTEGER),
    "min_interval_s": (0, MAX_INTEGER),
    "hold_expiry_s": (60, MAX_INTEGER),
}
CHOICES = {"estimator": Estimator, "weighting": Weighting, "hold_on_expiry": OnExpiry, "storage": Storage}
# lowest, digits before the point, digits after it: as wide as the columns
OUTLIER_K = (Decimal("0.5"), 3, 2)
ANSWER = (Decimal(0), 20, 18)


def feed_problems(feed: FeedConfig) -> Iterator[Problem]:
    """Yield what is wrong with a feed's own rules, its listings aside."""
    where: Where = ("feeds", feed.pair)
    if not PAIR.fullmatch(feed.pair):
        yield Problem(where, "bad_pair", f"{feed.pair!r}: a pair is written BASE/QUOTE, for example BTC/USD")
    elif len(set(feed.pair.split("/"))) == 1:
        yield Problem(where, "bad_pair", f"{feed.pair!r}: base and quote are the same")
    for name, (lowest, highest) in INTEGER_BOUNDS.items():
        value = getattr(feed, name)
        if not lowest <= value <= highest:
            yield Problem((*where, name), "out_of_range", f"{value} is not between {lowest} and {highest}")
    if feed.active_sources < feed.quorum:
        message = f"active_sources {feed.active_sources} is below quorum {feed.quorum}: no round could reach it"
        yield Problem((*where, "active_sources"), "active_sources_below_quorum", message)
    yield from decimal_problems(feed.outlier_k, OUTLIER_K, where=(*where, "outlier_k"))
    if len(feed.description) > 120:
        yield Problem((*where, "description"), "too_long", "a description has at most 120 characters")
    yield from _bound_problems(feed)
    yield from _rule_problems(feed)


def _rule_problems(feed: FeedConfig) -> Iterator[Problem]:
    where: Where = ("feeds", feed.pair)
    for name, kind in CHOICES.items():
        if getattr(feed, name) not in set(kind):
            message = f"{getattr(feed, name)!r} is none of {', '.join(kind)}"
            yield Problem((*where, name), "unknown_choice", message)
    if feed.min_interval_s >= feed.heartbeat_s:
        message = f"min_interval_s {feed.min_interval_s} is not below heartbeat_s {feed.heartbeat_s}"
        yield Problem((*where, "min_interval_s"), "interval_above_heartbeat", message)
    if feed.quiet_hours and not QUIET_HOURS.fullmatch(feed.quiet_hours):
        yield Problem((*where, "quiet_hours"), "bad_hours", f"{feed.quiet_hours!r}: write 22:00-06:00, in UTC")
    if feed.jump_bps and feed.agree_bps > feed.jump_bps:
        message = f"agree_bps {feed.agree_bps} is above jump_bps {feed.jump_bps}: no move would ever ask for agreement"
        yield Problem((*where, "agree_bps"), "agree_above_jump", message)
    if feed.peg is not None:
        yield from decimal_problems(feed.peg, ANSWER, where=(*where, "peg"))
        if feed.peg <= 0:
            yield Problem((*where, "peg"), "not_positive", f"peg {feed.peg} must be above zero")


def _bound_problems(feed: FeedConfig) -> Iterator[Problem]:
    where: Where = ("feeds", feed.pair)
    for name in ("min_answer", "max_answer"):
        value: Decimal | None = getattr(feed, name)
        if value is None:
            continue
        yield from decimal_problems(value, ANSWER, where=(*where, name))
        if value <= 0:
            yield Problem((*where, name), "not_positive", f"{name} {value} must be above zero")
        elif 0 <= feed.decimals <= MAX_DECIMALS and value.scaleb(feed.decimals) < 1:
            message = f"{name} {value:f} is zero when scaled by {feed.decimals} decimals"
            yield Problem((*where, name), "below_resolution", message)
    if feed.min_answer is not None and feed.max_answer is not None and feed.min_answer >= feed.max_answer:
        message = f"min_answer {feed.min_answer:f} is not below max_answer {feed.max_answer:f}"
        yield Problem((*where, "max_answer"), "bounds_not_ordered", message)
    if feed.storage in (Storage.SHARED, Storage.ALONE) and 0 <= feed.decimals <= MAX_DECIMALS and not _fits(feed):
        message = f"{_bound(feed)} is beyond {_lane_bound(feed)}, the most of storage {feed.storage}; wide takes it"
        yield Problem((*where, "max_answer"), "beyond_storage", message)


def outgrown_problems(before: FeedConfig, after: FeedConfig) -> Iterator[Problem]:
    """Yield the problem of an upper bound that grows out of the shared slot which ``auto`` put the feed into."""
    if after.storage != Storage.AUTO or before.storage == Storage.WIDE or before.decimals != after.decimals:
        return
    if _fits(before) and not _fits(after):
        message = (
            f"{_bound(after)} does not fit the shared slot that a contract has the feed in for life, which holds "
            f"{_lane_bound(after)}: stay below, or set storage to wide and replace the contract"
        )
        yield Problem(("feeds", after.pair, "max_answer"), "outgrows_storage", message)


def _fits(feed: FeedConfig) -> bool:
    return feed.max_answer is not None and feed.max_answer <= _lane_bound(feed)


def _lane_bound(feed: FeedConfig) -> Decimal:
    return Decimal(SHARED_MAX_ANSWER).scaleb(-feed.decimals)


def _bound(feed: FeedConfig) -> str:
    return "no max_answer" if feed.max_answer is None else f"max_answer {feed.max_answer:f}"
