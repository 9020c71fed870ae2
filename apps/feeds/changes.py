"""What differs between two configurations, as lines a person can read.

Pure. ``+`` is added, ``-`` removed (or disabled, where the row must stay), ``~`` changed from old to new.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from apps.feeds.values import (
    DESTINATION_KEYS,
    FEED_KEYS,
    LISTING_KEYS,
    SOURCE_KEYS,
    Config,
    DestinationConfig,
    FeedConfig,
    ListingConfig,
    SourceConfig,
    plain,
)


@dataclass(frozen=True, slots=True)
class Change:
    """One line of a diff: ``sign`` is ``+``, ``-`` or ``~``."""

    sign: str
    text: str

    def __str__(self) -> str:
        return f"{self.sign} {self.text}"


def target_of(current: Config, wanted: Config) -> Config:
    """Return what the tables shall hold: everything wanted, and what the file left out, disabled.

    Feeds, sources and destinations are never deleted: rounds and the contract still speak of them. Listings that left
    the file are.
    """
    destinations = {
        name: replace(row, enabled=False, is_default=False)
        for name, row in current.destinations.items()
        if name not in wanted.destinations
    }
    sources = {
        slug: replace(source, enabled=False) for slug, source in current.sources.items() if slug not in wanted.sources
    }
    feeds = {pair: replace(feed, enabled=False) for pair, feed in current.feeds.items() if pair not in wanted.feeds}
    return Config(
        sources={**sources, **wanted.sources},
        feeds={**feeds, **wanted.feeds},
        destinations={**destinations, **wanted.destinations},
    )


def changes_between(current: Config, wanted: Config) -> list[Change]:
    """Return what applying ``wanted`` would do, destinations and sources first; an empty list when nothing."""
    target = target_of(current, wanted)
    found: list[Change] = []
    for name, destination in sorted(target.destinations.items()):
        found += _destination_changes(
            current.destinations.get(name), destination, leaves=name not in wanted.destinations
        )
    for slug, source in sorted(target.sources.items()):
        found += _source_changes(current.sources.get(slug), source, leaves=slug not in wanted.sources)
    for pair, feed in sorted(target.feeds.items()):
        found += _feed_changes(current.feeds.get(pair), feed, leaves=pair not in wanted.feeds)
    return found


def _destination_changes(old: DestinationConfig | None, new: DestinationConfig, *, leaves: bool) -> Iterator[Change]:
    label = f"destination {new.name}"
    if old is None:
        yield Change("+", f"{label} (chain {new.chain_id})")
    elif leaves and old != new:
        yield Change("-", f"{label} (disabled, kept for its history)")
    else:
        yield from _field_changes(old, new, DESTINATION_KEYS, label=label)


def _source_changes(old: SourceConfig | None, new: SourceConfig, *, leaves: bool) -> Iterator[Change]:
    label = f"source {new.slug}"
    if old is None:
        yield Change("+", label)
    elif leaves and old != new:
        yield Change("-", f"{label} (disabled, kept for its history)")
    else:
        yield from _field_changes(old, new, SOURCE_KEYS, label=label)


def _feed_changes(old: FeedConfig | None, new: FeedConfig, *, leaves: bool) -> Iterator[Change]:
    label = f"feed {new.pair}"
    if old is None:
        yield Change("+", f"{label} ({len(new.listings)} listings)")
    elif leaves and old != new:
        yield Change("-", f"{label} (disabled, kept for its history)")
    else:
        yield from _field_changes(old, new, FEED_KEYS, label=label)
        yield from _listing_changes(old, new)


def _listing_changes(old: FeedConfig, new: FeedConfig) -> Iterator[Change]:
    before: Mapping[str, ListingConfig] = {listing.source: listing for listing in old.listings}
    after: Mapping[str, ListingConfig] = {listing.source: listing for listing in new.listings}
    for slug, listing in before.items():
        if slug not in after:
            yield Change("-", f"feed {new.pair} listing {slug} {listing.ticker}")
    for place, (slug, listing) in enumerate(after.items(), start=1):
        label = f"feed {new.pair} listing {slug}"
        if slug in before:
            yield from _field_changes(before[slug], listing, LISTING_KEYS, label=label)
        else:
            yield Change("+", f"{label} {listing.ticker} (priority {place})")
    kept_before = [slug for slug in before if slug in after]
    kept_after = [slug for slug in after if slug in before]
    if kept_before != kept_after:
        yield Change("~", f"feed {new.pair} order: {', '.join(kept_before)} -> {', '.join(kept_after)}")
    elif list(before) != kept_before or list(after) != kept_after:
        return


def _field_changes(old: object, new: object, names: tuple[str, ...], *, label: str) -> Iterator[Change]:
    for name in names:
        before, after = getattr(old, name), getattr(new, name)
        if before != after:
            yield Change("~", f"{label} {name}: {_shown(before)} -> {_shown(after)}")


def _shown(value: object) -> str:
    match value:
        case None | "" | []:
            return "none"
        case bool():
            return "true" if value else "false"
        case Decimal():
            return plain(value)
        case list():
            return ", ".join(map(str, value))
    return str(value)
