"""The hard checks: what makes one quote unusable whatever the others say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from apps.pricing.observations import Conversion, FeedPrice, Observation
from apps.pricing.types import FeedSpec, ListingSpec, Miss, Quote, RefusalCode

FUTURE_TOLERANCE = timedelta(seconds=60)
BPS = 10_000
BPS_OF_MIDDLE = Decimal(2 * BPS)  # of bid and ask together, whose sum is twice the middle


@dataclass(frozen=True, slots=True)
class Clock:
    """A round's time, with the limits of a feed worked out once instead of once a quote."""

    now: datetime
    oldest: datetime
    latest: datetime

    @classmethod
    def of(cls, feed: FeedSpec, now: datetime) -> Clock:
        """Return the clock of one feed."""
        return cls(now, now - timedelta(seconds=feed.max_age_s), now + FUTURE_TOLERANCE)


def judge(
    listing: ListingSpec, outcome: Quote | Miss, *, feed: FeedSpec, rates: Mapping[str, FeedPrice], clock: Clock
) -> Observation:
    """Return the observation of one source, converted into the feed's currency, refused when a check says so."""
    seen = Observation(outcome, listing)
    if isinstance(outcome, Miss):
        seen.refuse(outcome.code, outcome.message)
        return seen
    seen.observed_at = outcome.source_time or outcome.received_at
    if _convert(seen, outcome, rates=rates):
        _check(seen, outcome, feed=feed, clock=clock)
    return seen


def _convert(seen: Observation, quote: Quote, *, rates: Mapping[str, FeedPrice]) -> bool:
    """Give the observation its price; return whether it has one. The older of quote and leg dates it."""
    listing = seen.listing
    price = 1 / quote.price if listing.invert else quote.price
    if listing.conversion is None:
        seen.price = price
        return True
    leg = rates.get(listing.conversion)
    if leg is None or leg.price is None or leg.observed_at is None:
        seen.refuse(RefusalCode.CONVERSION_MISSING, f"{listing.conversion} has no price in this round")
        return False
    if leg.stop is not None:
        seen.refuse(RefusalCode.CONVERSION_MISSING, f"{listing.conversion} is stopped: {leg.stop.message}")
        return False
    seen.price = price * leg.price
    seen.conversion = Conversion(listing.conversion, leg.price)
    if seen.observed_at is not None and leg.observed_at < seen.observed_at:
        seen.observed_at = leg.observed_at
    return True


def _check(seen: Observation, quote: Quote, *, feed: FeedSpec, clock: Clock) -> None:
    if seen.observed_at is not None and seen.observed_at < clock.oldest:
        age_s = (clock.now - seen.observed_at).total_seconds()
        seen.refuse(RefusalCode.STALE, f"age {age_s:.0f} s exceeds max_age_s {feed.max_age_s}")
    elif quote.observed_at > clock.latest:
        ahead_s = (quote.observed_at - clock.now).total_seconds()
        seen.refuse(
            RefusalCode.FROM_FUTURE, f"{ahead_s:.0f} s ahead of our clock, {FUTURE_TOLERANCE.seconds} s allowed"
        )
    elif quote.volume is not None and quote.volume <= 0:
        seen.refuse(RefusalCode.NO_VOLUME, f"24 h volume is {quote.volume:f}: nobody trades here")
    elif quote.bid is not None and quote.ask is not None:
        _check_book(seen, bid=quote.bid, ask=quote.ask, max_spread_bps=feed.max_spread_bps)


def _check_book(seen: Observation, *, bid: Decimal, ask: Decimal, max_spread_bps: int) -> None:
    if bid > ask:
        seen.refuse(RefusalCode.CROSSED_BOOK, f"bid {bid} above ask {ask}")
    elif max_spread_bps and (ask - bid) * BPS_OF_MIDDLE > (ask + bid) * max_spread_bps:
        spread_bps = (ask - bid) * 2 * BPS / (ask + bid)
        message = f"spread {spread_bps:.1f} bps ({bid} to {ask}) exceeds max_spread_bps {max_spread_bps}"
        seen.refuse(RefusalCode.WIDE_SPREAD, message)
