"""Which usable quotes do not count: frozen markets, and second votes of one venue.

Each function writes refusals into its observations and leaves the others alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from apps.pricing.freeze import Watch, watch_sources
from apps.pricing.observations import Observation
from apps.pricing.types import FeedSpec, Quote, RefusalCode


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
        venue = listing.independent_of
        first = venues.setdefault(venue, listing.source)
        if first != listing.source:
            message = f"counts once with {first}: both are {venue}"
            observation.refuse(RefusalCode.DUPLICATE_SOURCE, message)
        elif quote.volume is not None:
            first = prints.setdefault((quote.price, quote.volume), listing.source)
            if first != listing.source:
                message = f"same price {quote.price} and volume {quote.volume} as {first}: one book"
                observation.refuse(RefusalCode.DUPLICATE_SOURCE, message)
