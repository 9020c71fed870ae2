"""From quotes to one price per feed.

The order of judgement: hard checks on each quote (age, future, volume, book), conversion through other feeds of the
same round, frozen sources, one vote per venue, broken or doubtful legs, camps, outlier filter, quorum, estimator,
guards. A quote is refused with a reason; a round never is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from apps.pricing import checks, guards, independence, legs
from apps.pricing.estimators import Vote, estimate, half_interquartile_range, median, middle_of, outlier_limit
from apps.pricing.fixed_point import exact, to_fixed
from apps.pricing.freeze import Watch
from apps.pricing.leaning import leaning
from apps.pricing.observations import Conversion, FeedPrice, Observation, Usable
from apps.pricing.types import (
    Estimator,
    FeedSpec,
    Grade,
    Miss,
    OnChainValue,
    Quote,
    RefusalCode,
    Weighting,
)

__all__ = ["Conversion", "ConversionCycle", "FeedPrice", "Known", "Observation", "aggregate_round"]
# Error of a median over k markets stops falling quickly here (see legs.MIN_LEFT_WITHOUT_STABLE).
SOURCES_FOR_FULL = 5


class ConversionCycle(ValueError):
    """Feeds convert through each other in a circle; the configuration check refuses this on save."""


@dataclass(frozen=True, slots=True)
class Known:
    """What the oracle knew before the round, all by pair.

    references: what the chain holds, or will hold.  last: answers that passed the guards last, published or not.
    watches: of freeze detection, by source.  releases: prices that a person let through.
    """

    references: Mapping[str, OnChainValue] = field(default_factory=dict)
    last: Mapping[str, OnChainValue] = field(default_factory=dict)
    watches: Mapping[str, Mapping[str, Watch]] = field(default_factory=dict)
    releases: Mapping[str, guards.Release] = field(default_factory=dict)


NOTHING = Known()


def aggregate_round(
    feeds: Sequence[FeedSpec],
    outcomes: Mapping[tuple[str, str], Quote | Miss],
    *,
    now: datetime,
    known: Known = NOTHING,
) -> dict[str, FeedPrice]:
    """Return the price of every feed, conversion feeds before those that convert through them.

    outcomes: by (source, pair); a listing without one is left out of the observations.

    Raises:
        ConversionCycle: the feeds convert in a circle.
    """
    prices: dict[str, FeedPrice] = {}
    with exact():
        for feed in _topological(feeds):
            price = _aggregate_feed(feed, outcomes, rates=prices, seen=known.watches.get(feed.pair, {}), now=now)
            references = [values[feed.pair] for values in (known.last, known.references) if feed.pair in values]
            release = known.releases.get(feed.pair)
            price.stop = guards.stop_of(price, references=references, release=release, now=now)
            prices[feed.pair] = price
    return prices


def _aggregate_feed(
    feed: FeedSpec,
    outcomes: Mapping[tuple[str, str], Quote | Miss],
    *,
    rates: Mapping[str, FeedPrice],
    seen: Mapping[str, Watch],
    now: datetime,
) -> FeedPrice:
    """Return one feed's price from the outcomes of its listings and the rates of its conversion feeds."""
    clock = checks.Clock.of(feed, now)
    observations = tuple(
        checks.judge(listing, outcome, feed=feed, rates=rates, clock=clock)
        for listing in feed.listings
        if (outcome := outcomes.get((listing.source, feed.pair))) is not None
    )
    usable = [observation for observation in observations if not observation.refusal]
    price = FeedPrice(feed, observations)
    price.watches = independence.refuse_frozen(usable, seen, feed=feed, now=now)
    independence.refuse_doubles(usable)
    verdict = legs.refuse_legs(observations, feed=feed, rates=rates)
    standing = [Usable(o.price, o) for o in usable if not o.refusal and o.price is not None]
    standing.sort(key=lambda one: (one.price, one.observation.listing.source))
    price.alarm = guards.camps_of([one.price for one in standing], camp_bps=feed.camp_bps) or verdict.stop
    used, is_clean = _refuse_outliers(standing, feed=feed)
    refused = verdict.doubted + len(standing) - len(used)
    if len(used) >= feed.quorum:
        # With an outlier that only the quorum kept in, nothing but the median is safe.
        _estimate(price, used, estimator=feed.estimator if is_clean else Estimator.MEDIAN, now=now)
        price.alarm = price.alarm or leaning(used, refused=refused, feed=feed)
    return price


def _estimate(price: FeedPrice, used: Sequence[Usable], *, estimator: str, now: datetime) -> None:
    """Fill in the price and how well it is supported. used: at least quorum, ascending by price."""
    feed, values = price.feed, [one.price for one in used]
    value = _value(used, feed=feed, estimator=estimator)
    spread = half_interquartile_range(values)
    price.price = value
    price.answer = to_fixed(value, decimals=feed.decimals)
    price.confidence = to_fixed(spread, decimals=feed.decimals)
    price.observed_at = _median_time([one.observation.observed_at or now for one in used], now=now)
    price.agreeing = guards.count_agreeing(values, price=value, within_bps=feed.outlier_floor_bps)
    is_tight = spread * checks.BPS <= value * feed.outlier_floor_bps
    if len(used) <= feed.quorum or not is_tight:
        price.grade = Grade.THIN
    else:
        price.grade = Grade.FULL if len(used) >= SOURCES_FOR_FULL else Grade.GOOD


def _value(used: Sequence[Usable], *, feed: FeedSpec, estimator: str) -> Decimal:
    if estimator == Estimator.MEDIAN:
        return middle_of([one.price for one in used])
    volumes = [_volume(one.observation) for one in used]
    if estimator != Estimator.VWAP and feed.weighting != Weighting.VOLUME:
        volumes = [Decimal(1)] * len(used)
    known = [volume for volume in volumes if volume is not None]
    neutral = median(known) if known else Decimal(1)
    votes = [
        Vote(
            price=one.price,
            weight=one.observation.listing.weight * (neutral if volume is None else volume),
            rank=one.observation.listing.priority,
        )
        for one, volume in zip(used, volumes, strict=True)
    ]
    return estimate(votes, estimator)


def _volume(observation: Observation) -> Decimal | None:
    """Return the 24 h volume in units of the feed's base, None when the source gives none."""
    quote = observation.outcome
    if not isinstance(quote, Quote) or quote.volume is None:
        return None
    return quote.volume * quote.price if observation.listing.invert else quote.volume


def _refuse_outliers(standing: Sequence[Usable], *, feed: FeedSpec) -> tuple[Sequence[Usable], bool]:
    """Refuse outliers, farthest first, but never below quorum by this filter alone.

    Below quorum a feed stops; with the nearest quotes kept, one liar among three still leaves an honest median.
    Return who is left, and whether no outlier had to be kept.
    """
    if not standing:
        return standing, True
    values = [one.price for one in standing]
    centre = middle_of(values)
    if _are_within(values, centre=centre, floor_bps=feed.outlier_floor_bps):
        return standing, True
    limit = outlier_limit(values, centre=centre, k=feed.outlier_k, floor_bps=feed.outlier_floor_bps)
    if centre - values[0] <= limit and values[-1] - centre <= limit:
        return standing, True
    far = [one for one in standing if abs(one.price - centre) > limit]
    far.sort(key=lambda one: (-abs(one.price - centre), one.observation.listing.source))
    to_spare = max(len(standing) - feed.quorum, 0)
    for one in far[:to_spare]:
        message = f"{one.price:.8f} lies farther than {limit:.8f} from the median {centre:.8f}"
        one.observation.refuse(RefusalCode.OUTLIER, message)
    return [one for one in standing if not one.observation.refusal], len(far) <= to_spare


def _are_within(ordered: Sequence[Decimal], *, centre: Decimal, floor_bps: int) -> bool:
    """Return whether all lie within the floor, which is never an outlier: most rounds need no deviation at all."""
    floor = centre * floor_bps / checks.BPS
    return centre - ordered[0] <= floor and ordered[-1] - centre <= floor


def _median_time(times: Sequence[datetime], *, now: datetime) -> datetime:
    """Return the lower middle time, never later than ``now``: one fast clock cannot date the answer ahead."""
    ordered = sorted(times)
    return min(ordered[(len(ordered) - 1) // 2], now)


def _topological(feeds: Sequence[FeedSpec]) -> list[FeedSpec]:
    done: list[FeedSpec] = []
    waiting = {feed.pair: feed for feed in feeds}
    while waiting:
        ready = [pair for pair, feed in waiting.items() if not (_legs(feed) & waiting.keys())]
        if not ready:
            raise ConversionCycle(f"conversion cycle among {', '.join(sorted(waiting))}")
        done += [waiting.pop(pair) for pair in ready]
    return done


def _legs(feed: FeedSpec) -> set[str]:
    return {listing.conversion for listing in feed.listings if listing.conversion is not None}
