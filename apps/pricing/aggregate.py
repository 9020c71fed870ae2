"""From quotes to one price per feed.

The order of judgement: hard checks on each quote (age, future, crossed book), conversion through other feeds of the
same round, one quote per source, outlier filter, median. A quote is refused with a reason; a round never is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal, localcontext

from apps.pricing.estimators import half_interquartile_range, median, outlier_limit
from apps.pricing.fixed_point import PRECISION, to_fixed
from apps.pricing.types import FeedSpec, ListingSpec, Miss, Quote, RefusalCode

FUTURE_TOLERANCE = timedelta(seconds=60)


class ConversionCycle(ValueError):
    """Feeds convert through each other in a circle; the configuration check refuses this on save."""


@dataclass(frozen=True, slots=True)
class Conversion:
    """The leg a quote went through: ``rate`` is the price of ``pair`` in this round."""

    pair: str
    rate: Decimal


@dataclass(frozen=True, slots=True)
class Observation:
    """What became of one source for one feed.

    price: in the feed's quote currency after inversion and conversion; None for a miss or a missing leg.
    observed_at: the older of the quote's and its conversion leg's time; None for a miss.
    refusal: empty when the quote was used, else a RefusalCode or MissCode; ``message`` explains it to people.
    """

    outcome: Quote | Miss
    price: Decimal | None
    observed_at: datetime | None
    conversion: Conversion | None
    refusal: str
    message: str = ""

    @property
    def is_used(self) -> bool:
        """Whether the answer rests on this observation."""
        return not self.refusal


@dataclass(frozen=True, slots=True)
class FeedPrice:
    """The price of one feed in a round, before bounds and triggers.

    price, answer, confidence and observed_at are None when fewer than ``quorum`` quotes were usable.
    confidence: half the interquartile range of the used quotes, scaled like the answer.
    """

    feed: FeedSpec
    observations: tuple[Observation, ...]
    price: Decimal | None
    answer: int | None
    confidence: int | None
    observed_at: datetime | None

    @property
    def used(self) -> tuple[Observation, ...]:
        """The observations the price rests on."""
        return tuple(observation for observation in self.observations if observation.is_used)


def aggregate_round(
    feeds: Sequence[FeedSpec], outcomes: Mapping[tuple[str, str], Quote | Miss], *, now: datetime
) -> dict[str, FeedPrice]:
    """Return the price of every feed, conversion feeds before those that convert through them.

    outcomes: by (source, pair); a listing without one is left out of the observations.

    Raises:
        ConversionCycle: the feeds convert in a circle.
    """
    prices: dict[str, FeedPrice] = {}
    for feed in _topological(feeds):
        prices[feed.pair] = aggregate_feed(feed, outcomes, rates=prices, now=now)
    return prices


def aggregate_feed(
    feed: FeedSpec,
    outcomes: Mapping[tuple[str, str], Quote | Miss],
    *,
    rates: Mapping[str, FeedPrice],
    now: datetime,
) -> FeedPrice:
    """Return one feed's price from the outcomes of its listings and the rates of its conversion feeds."""
    judged = [
        _judge(listing, outcomes[listing.source, feed.pair], feed=feed, rates=rates, now=now)
        for listing in feed.listings
        if (listing.source, feed.pair) in outcomes
    ]
    observations = _refuse_outliers(judged, feed=feed)
    used = [observation for observation in observations if observation.is_used]
    if len(used) < feed.quorum:
        return FeedPrice(feed, tuple(observations), price=None, answer=None, confidence=None, observed_at=None)
    values = [observation.price for observation in used if observation.price is not None]
    price = median(values)
    return FeedPrice(
        feed,
        tuple(observations),
        price=price,
        answer=to_fixed(price, decimals=feed.decimals),
        confidence=to_fixed(half_interquartile_range(values), decimals=feed.decimals),
        observed_at=_median_time([o.observed_at for o in used if o.observed_at is not None], now=now),
    )


def _judge(
    listing: ListingSpec, outcome: Quote | Miss, *, feed: FeedSpec, rates: Mapping[str, FeedPrice], now: datetime
) -> Observation:
    if isinstance(outcome, Miss):
        return Observation(outcome, None, None, None, refusal=outcome.code, message=outcome.message)
    converted = _convert(listing, outcome, rates=rates)
    if fault := _fault(outcome, observed_at=converted.observed_at or outcome.observed_at, feed=feed, now=now):
        code, message = fault
        return Observation(outcome, converted.price, converted.observed_at, converted.conversion, code, message)
    return converted


def _convert(listing: ListingSpec, quote: Quote, *, rates: Mapping[str, FeedPrice]) -> Observation:
    with localcontext() as context:
        context.prec = PRECISION
        price = 1 / quote.price if listing.invert else quote.price
        if listing.conversion is None:
            return Observation(quote, price, quote.observed_at, None, refusal="")
        rate = rates.get(listing.conversion)
        if rate is None or rate.price is None or rate.observed_at is None:
            message = f"{listing.conversion} has no price in this round"
            return Observation(quote, None, quote.observed_at, None, RefusalCode.CONVERSION_MISSING, message)
        return Observation(
            quote,
            price * rate.price,
            min(quote.observed_at, rate.observed_at),
            Conversion(listing.conversion, rate.price),
            refusal="",
        )


def _fault(quote: Quote, *, observed_at: datetime, feed: FeedSpec, now: datetime) -> tuple[RefusalCode, str] | None:
    age_s = (now - observed_at).total_seconds()
    if age_s > feed.max_age_s:
        return RefusalCode.STALE, f"age {age_s:.0f} s exceeds max_age_s {feed.max_age_s}"
    if quote.observed_at - now > FUTURE_TOLERANCE:
        return RefusalCode.FROM_FUTURE, f"{-age_s:.0f} s ahead of our clock, {FUTURE_TOLERANCE.seconds} s allowed"
    if quote.bid is not None and quote.ask is not None and quote.bid > quote.ask:
        return RefusalCode.CROSSED_BOOK, f"bid {quote.bid} above ask {quote.ask}"
    return None


def _refuse_outliers(observations: Sequence[Observation], *, feed: FeedSpec) -> list[Observation]:
    """Return the observations with outliers refused, farthest first, but never below quorum by this filter alone.

    Below quorum a feed stops; with the nearest quotes kept, one liar among three still leaves an honest median.
    """
    usable = [o.price for o in observations if o.is_used and o.price is not None]
    if len(usable) <= feed.quorum:
        return list(observations)
    centre = median(usable)
    limit = outlier_limit(usable, k=feed.outlier_k, floor_bps=feed.outlier_floor_bps)
    distances = {
        index: abs(o.price - centre) for index, o in enumerate(observations) if o.is_used and o.price is not None
    }
    farthest = sorted(
        (index for index in distances if distances[index] > limit),
        key=lambda index: (-distances[index], observations[index].outcome.source),
    )
    doomed = set(farthest[: len(usable) - feed.quorum])
    return [
        _as_outlier(o, centre=centre, limit=limit) if index in doomed else o for index, o in enumerate(observations)
    ]


def _as_outlier(observation: Observation, *, centre: Decimal, limit: Decimal) -> Observation:
    message = f"{observation.price:.8f} lies farther than {limit:.8f} from the median {centre:.8f}"
    return Observation(
        observation.outcome,
        observation.price,
        observation.observed_at,
        observation.conversion,
        RefusalCode.OUTLIER,
        message,
    )


def _median_time(times: Sequence[datetime], *, now: datetime) -> datetime:
    """Return the lower middle time, never later than ``now``: one fast clock cannot date the answer ahead."""
    ordered = sorted(times)
    return min(ordered[(len(ordered) - 1) // 2], now)


def _topological(feeds: Sequence[FeedSpec]) -> list[FeedSpec]:
    by_pair = {feed.pair: feed for feed in feeds}
    done: dict[str, FeedSpec] = {}
    waiting = dict(by_pair)
    while waiting:
        ready = [pair for pair, feed in waiting.items() if not (_legs(feed) & waiting.keys())]
        if not ready:
            raise ConversionCycle(f"conversion cycle among {', '.join(sorted(waiting))}")
        for pair in ready:
            done[pair] = waiting.pop(pair)
    return list(done.values())


def _legs(feed: FeedSpec) -> set[str]:
    return {listing.conversion for listing in feed.listings if listing.conversion is not None}
