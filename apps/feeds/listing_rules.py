"""Whether the lists of feeds make sense: doubles, unknown sources, conversions, and quorums nobody can reach."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from decimal import Decimal

from apps.feeds.problems import Problem, Where, decimal_problems
from apps.feeds.source_rules import venue_of
from apps.feeds.values import Config, FeedConfig, ListingConfig

MAX_TICKER = 120  # a contract's address with its settings takes 80
WEIGHT = (Decimal("0.01"), 4, 2)  # lowest, digits before the point, digits after it: as wide as the column


def listing_problems(feed: FeedConfig, *, config: Config) -> Iterator[Problem]:
    """Yield what is wrong with a feed's list: doubles, unknown sources, conversions, and a quorum nobody can reach."""
    seen: set[str] = set()
    for index, listing in enumerate(feed.listings):
        where: Where = ("feeds", feed.pair, "listings", index)
        if listing.source in seen:
            message = f"{listing.source} is listed twice; a source counts once per feed"
            yield Problem((*where, "source"), "duplicate_source", message)
        seen.add(listing.source)
        if listing.source not in config.sources:
            yield Problem((*where, "source"), "unknown_source", f"there is no source {listing.source!r}")
        if not listing.ticker or len(listing.ticker) > MAX_TICKER:
            yield Problem((*where, "ticker"), "bad_ticker", f"a ticker has 1 to {MAX_TICKER} characters")
        yield from decimal_problems(listing.weight, WEIGHT, where=(*where, "weight"))
        yield from _conversion_problems(feed, listing, config=config, where=(*where, "conversion"))
    yield from _quorum_problems(feed, config=config)


def _quorum_problems(feed: FeedConfig, *, config: Config) -> Iterator[Problem]:
    usable = {
        listing.source
        for listing in feed.listings
        if listing.enabled and listing.source in config.sources and config.sources[listing.source].enabled
    }
    venues = {venue_of(config.sources[slug]) for slug in usable}
    if not feed.enabled or len(venues) >= feed.quorum:
        return
    if len(usable) >= feed.quorum:
        message = f"quorum {feed.quorum} is above the {len(venues)} independent venues of {feed.pair}: {_named(venues)}"
        yield Problem(("feeds", feed.pair, "quorum"), "quorum_above_venues", message)
    else:
        message = f"quorum {feed.quorum} is above the {len(usable)} enabled listings of enabled sources of {feed.pair}"
        yield Problem(("feeds", feed.pair, "quorum"), "quorum_above_listings", message)


def _named(venues: Collection[str]) -> str:
    return ", ".join(sorted(venues))


def _conversion_problems(
    feed: FeedConfig, listing: ListingConfig, *, config: Config, where: Where
) -> Iterator[Problem]:
    conversion = listing.conversion
    if conversion is None:
        return
    if conversion == feed.pair:
        yield Problem(where, "conversion_cycle", f"{feed.pair} cannot convert through itself")
        return
    if conversion not in config.feeds:
        yield Problem(where, "conversion_missing", f"there is no feed {conversion!r} to convert through")
        return
    if conversion.partition("/")[2] != feed.pair.partition("/")[2]:
        message = f"{conversion} does not end in {feed.pair.partition('/')[2]}, the quote currency of {feed.pair}"
        yield Problem(where, "conversion_mismatch", message)
    if feed.enabled and listing.enabled and not config.feeds[conversion].enabled:
        message = f"{listing.source} of {feed.pair} converts through {conversion}, which is disabled"
        yield Problem(where, "conversion_disabled", message)


def cycle_problems(config: Config) -> Iterator[Problem]:
    """Yield one Problem per listing that lies on a conversion cycle of two or more feeds."""
    edges = {
        pair: {row.conversion for row in feed.listings if row.conversion in config.feeds and row.conversion != pair}
        for pair, feed in config.feeds.items()
    }
    reach: dict[str, frozenset[str]] = {}
    for pair, feed in config.feeds.items():
        for index, listing in enumerate(feed.listings):
            conversion = listing.conversion
            if conversion is None or conversion == pair or conversion not in edges:
                continue
            if conversion not in reach:
                reach[conversion] = _reachable(conversion, edges=edges)
            if pair in reach[conversion]:
                where: Where = ("feeds", pair, "listings", index, "conversion")
                message = f"conversion cycle: {pair} converts through {conversion}, which leads back to {pair}"
                yield Problem(where, "conversion_cycle", message)


def _reachable(start: str, *, edges: Mapping[str, Collection[str | None]]) -> frozenset[str]:
    found: set[str] = set()
    pending = [start]
    while pending:
        for following in edges[pending.pop()]:
            if following is not None and following not in found:
                found.add(following)
                pending.append(following)
    return frozenset(found)
