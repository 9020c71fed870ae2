"""A configuration as the specs rounds run with, without the tables: for files that are tried and not applied."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from apps.feeds.source_rules import venue_of
from apps.feeds.values import FEED_KEYS, Config, FeedConfig
from apps.pricing.types import FeedSpec, ListingSpec

if TYPE_CHECKING:
    from apps.feeds.models import Feed

# A feed's rules that a round runs with: all of its keys that FeedSpec knows.
SPEC_KEYS = tuple(name for name in FEED_KEYS if name in FeedSpec.__slots__)


def specs_of(config: Config) -> list[FeedSpec]:
    """Return the enabled feeds by pair, with the enabled listings of enabled sources in priority order."""
    return [_spec(feed, config) for _, feed in sorted(config.feeds.items()) if feed.enabled]


def spec_rules(feed: FeedConfig | Feed) -> dict[str, Any]:
    """Return the rules of a feed, row or plain value, as FeedSpec takes them."""
    rules = {name: getattr(feed, name) for name in SPEC_KEYS}
    return {**rules, "destinations": tuple(rules["destinations"])}


def _spec(feed: FeedConfig, config: Config) -> FeedSpec:
    listings = tuple(
        ListingSpec(
            pair=feed.pair,
            source=row.source,
            ticker=row.ticker,
            priority=priority,
            weight=row.weight,
            invert=row.invert,
            conversion=row.conversion,
            venue=venue_of(config.sources[row.source]),
        )
        for priority, row in enumerate(feed.listings, start=1)
        if row.enabled and config.sources[row.source].enabled
    )
    return FeedSpec(pair=feed.pair, listings=listings, **spec_rules(feed))
