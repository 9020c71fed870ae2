"""Which usable quotes do not count: frozen markets, second votes of one venue, and markets in a broken stablecoin.

Each function writes refusals into its observations and leaves the others alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from apps.pricing.freeze import Watch, watch_sources
from apps.pricing.observations import FeedPrice, Observation
from apps.pricing.types import FeedSpec, Quote, RefusalCode

BPS = 10_000
# Below five sources the error of a median grows fast (history of March 2023: p99 38 bps with 5, 64 with 3, 138 with 1).
MIN_LEFT_WITHOUT_STABLE = 5


def refuse_frozen(
    usable: Sequence[Observation], seen: Mapping[str, Watch], *, feed: FeedSpec, now: datetime
) -> Mapping[str, Watch]:
    """Refuse sources that stand still while their peers move; return what to remember for the next round."""
    if not feed.freeze_bps:
        return {}
    quotes = [(o.outcome, o.price) for o in usable if isinstance(o.outcome, Quote) and o.price is not None]
    watches = watch_sources(quotes, seen, freeze_bps=feed.freeze_bps, now=now)
    for observation in usable:
        watch = watches[observation.outcome.source]
        if watch.frozen:
            still_s = (now - watch.since).total_seconds()
            message = f"unchanged for {still_s:.0f} s while its peers moved more than {feed.freeze_bps} bps"
            observation.refuse(RefusalCode.FROZEN, message)
    return watches


def refuse_doubles(usable: Sequence[Observation]) -> None:
    """Keep one quote per venue, the most trusted; also where two sources are one book without anybody having said so.

    Two sources that print the same price and the same 24 h volume show one book: an alias, as Coinbase's BTC-USDC is.
    """
    venues: dict[str, str] = {}
    prints: dict[tuple[Decimal, Decimal], str] = {}
    for observation in sorted(usable, key=lambda o: (o.listing.priority, o.listing.source)):
        if observation.refusal or not isinstance(observation.outcome, Quote):
            continue
        quote, listing = observation.outcome, observation.listing
        first = venues.setdefault(listing.independent_of, listing.source)
        if first != listing.source:
            message = f"counts once with {first}: both are {listing.independent_of}"
            observation.refuse(RefusalCode.DUPLICATE_SOURCE, message)
        elif quote.volume is not None:
            first = prints.setdefault((quote.price, quote.volume), listing.source)
            if first != listing.source:
                message = f"same price {quote.price} and volume {quote.volume} as {first}: one book"
                observation.refuse(RefusalCode.DUPLICATE_SOURCE, message)


def refuse_depegged(observations: Sequence[Observation], *, feed: FeedSpec, rates: Mapping[str, FeedPrice]) -> str:
    """Refuse the markets in a stablecoin that is well below its peg or priced by one venue, while enough others remain.

    The most broken coin goes first. Above its peg a coin's markets stay: on 11 March 2023 tether stood at 1.017 and its
    converted markets were the best ones. Return why the price leans on a broken coin although another one is out of the
    picture already, empty when it does not: with two coins in trouble, the markets that are left are bad judges.
    """
    pegged = {pair for row in feed.listings if (pair := row.conversion) and pair in rates and rates[pair].feed.peg}
    if not pegged:
        return ""
    usable = [observation for observation in observations if not observation.refusal]
    through: defaultdict[str, list[Observation]] = defaultdict(list)
    for observation in usable:
        if observation.conversion is not None and observation.conversion.pair in pegged:
            through[observation.conversion.pair].append(observation)
    out = [pair for pair in sorted(pegged) if rates[pair].price is None or rates[pair].stop is not None]
    kept, left = [], len(usable)
    suspects = sorted(((*_suspicion(rates[pair]), pair) for pair in through), key=lambda s: (-s[0], s[2]))
    for gap_bps, message, pair in suspects:
        remaining = left - len(through[pair])
        if gap_bps <= 0:
            continue
        if remaining < max(feed.quorum, MIN_LEFT_WITHOUT_STABLE):
            kept.append(message)
            continue
        left = remaining
        out.append(pair)
        for observation in through[pair]:
            observation.refuse(RefusalCode.DEPEGGED, message)
    return f"{', '.join(out)} cannot be used, and {'; '.join(kept)}" if out and kept else ""


def _suspicion(leg: FeedPrice) -> tuple[Decimal, str]:
    """Return how far a coin is below its peg when that is too far, and why; zero for one to be trusted."""
    peg, price, pair = leg.feed.peg, leg.price, leg.feed.pair
    if not peg or price is None:
        return Decimal(0), ""
    below_bps = (peg - price) * BPS / peg
    if below_bps > leg.feed.depeg_bps:
        message = f"{pair} is {below_bps:.0f} bps below its peg {peg:f}, more than depeg_bps {leg.feed.depeg_bps}"
        return below_bps, message
    if len(leg.used) == 1:
        return Decimal("0.01"), f"{pair} rests on one venue, {leg.used[0].outcome.source}"
    return Decimal(0), ""
