"""What the tables say: feeds and sources frozen for a round, and the whole configuration as values."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from urllib.parse import urlsplit

from django.conf import settings

from apps.feeds.models import ConfigurationStamp, ConfigVersion, Destination, Feed, Listing, Source, SourceKey
from apps.feeds.specs import spec_rules
from apps.feeds.values import (
    DESTINATION_KEYS,
    FEED_KEYS,
    SOURCE_KEYS,
    Config,
    DestinationConfig,
    FeedConfig,
    ListingConfig,
    SourceConfig,
)
from apps.pricing.types import FeedSpec, ListingSpec, SourceSpec
from apps.sources.registry import UnknownAdapter, adapter
from apps.sources.sealing import origin_of
from apps.sources.venues import default_venue


def feed_specs(pairs: Sequence[str] | None = None) -> list[FeedSpec]:
    """Return the enabled feeds among ``pairs`` (None: all), with every feed their listings convert through, by pair.

    Only enabled listings of enabled sources are in a spec, in priority order. Two queries for each step of conversion.
    """
    found: dict[str, FeedSpec] = {}
    wanted: set[str] | None = None if pairs is None else set(pairs)
    while wanted is None or wanted:
        fresh = _load_specs(wanted)
        found |= {spec.pair: spec for spec in fresh}
        conversions = {row.conversion for spec in fresh for row in spec.listings if row.conversion is not None}
        wanted = conversions - found.keys() if wanted is not None else set()
    return [found[pair] for pair in sorted(found)]


def _load_specs(pairs: Collection[str] | None) -> list[FeedSpec]:
    feeds = Feed.objects.filter(enabled=True)
    if pairs is not None:
        feeds = feeds.filter(pair__in=pairs)
    by_id = {feed.pk: feed for feed in feeds}
    listings = Listing.objects.filter(feed_id__in=by_id, enabled=True, source__enabled=True)
    rows = listings.order_by("feed_id", "priority").values_list(
        "feed_id",
        "source__slug",
        "ticker",
        "priority",
        "weight",
        "invert",
        "conversion__pair",
        "source__venue",
        "source__adapter",
        "source__options",
    )
    lists: defaultdict[int, list[ListingSpec]] = defaultdict(list)
    for feed_id, source, ticker, priority, weight, invert, conversion, venue, own, options in rows:
        lists[feed_id].append(
            ListingSpec(
                pair=by_id[feed_id].pair,
                source=source,
                ticker=ticker,
                priority=priority,
                weight=weight,
                invert=invert,
                conversion=conversion,
                venue=venue or default_venue(own, source=source, options=options),
            )
        )
    return [_feed_spec(feed, listings=tuple(lists[feed.pk])) for feed in by_id.values()]


def _feed_spec(feed: Feed, *, listings: tuple[ListingSpec, ...]) -> FeedSpec:
    return FeedSpec(pair=feed.pair, listings=listings, **spec_rules(feed))


def listings_of(source: str) -> list[ListingSpec]:
    """Return the enabled listings of a source by slug, by pair, of disabled feeds too; empty for an unknown source."""
    rows = Listing.objects.filter(source__slug=source, enabled=True).order_by("feed__pair")
    return [
        ListingSpec(
            pair=row.feed.pair,
            source=source,
            ticker=row.ticker,
            priority=row.priority,
            weight=row.weight,
            invert=row.invert,
            conversion=row.conversion.pair if row.conversion else None,
        )
        for row in rows.select_related("feed", "conversion")
    ]


def source_specs(slugs: Iterable[str]) -> dict[str, SourceSpec]:
    """Return the sources by slug, disabled ones too.

    In a simulated market every one points at the simulator, which gets no key.
    """
    sources = Source.objects.filter(slug__in=set(slugs)).select_related("key")
    return {source.slug: source_spec(source) for source in sources}


def source_spec(source: Source) -> SourceSpec:
    """Return what a fetch worker must know to ask this row, saved or not."""
    return SourceSpec(
        slug=source.slug,
        adapter=source.adapter,
        base_url=_base_url(source),
        timeout_s=source.timeout_s,
        max_attempts=source.max_attempts,
        options=source.options,
        sealed_key="" if settings.MARKET == "simulated" else _sealed_key(source),
        rate_limit=rate_limit_of(source),
        cache_ttl_ms=source.cache_ttl_ms,
        mirrors=_mirrors(source),
    )


def _sealed_key(source: Source) -> str:
    key: SourceKey | None = getattr(source, "key", None)
    return key.sealed if key else ""


def venue_of(source: Source) -> str:
    """Return what the source fails with: the venue it names, else its adapter's."""
    return source.venue or default_venue(source.adapter, source=source.slug, options=source.options)


def host_of_source(source: Source, *, index: int) -> str:
    """Return the host name of the source's base URL (0) or of its n-th mirror; empty where there is none."""
    urls = (_base_url(source), *_mirrors(source))
    return urlsplit(urls[index]).hostname or "" if index < len(urls) else ""


def rate_limit_of(source: Source) -> str:
    """Return the limit that holds: the source's own, else the adapter's. The simulator has none of its own to spare."""
    if source.rate_limit or settings.MARKET == "simulated":
        return source.rate_limit
    try:
        return adapter(source.adapter).with_options(source.options).rate_limit
    except UnknownAdapter:
        return ""


def _mirrors(source: Source) -> tuple[str, ...]:
    """Return where else to ask. A source with its own base URL has no mirrors but its own."""
    if settings.MARKET == "simulated":
        return ()
    own = tuple(url.rstrip("/") for url in source.mirrors)
    if own or source.base_url:
        return own
    try:
        return tuple(adapter(source.adapter).mirrors)
    except UnknownAdapter:
        return ()


def _base_url(source: Source) -> str:
    if settings.MARKET == "simulated":
        return f"{settings.MARKET_SIMULATOR_URL.rstrip('/')}/{source.slug}"
    return live_base_url(source_config(source))


def live_base_url(source: SourceConfig) -> str:
    """Return where to ask; empty for an unknown adapter, which the fetch worker reports as misconfigured."""
    if source.base_url:
        return source.base_url.rstrip("/")
    try:
        return adapter(source.adapter).with_options(source.options).base_url
    except UnknownAdapter:
        return ""


def key_origin(source: SourceConfig) -> str:
    """Return the origin a key of this source goes to. Raises SealError when there is none."""
    return origin_of(live_base_url(source) or str(source.options.get("url", "")))


def current_config_version() -> ConfigVersion | None:
    """Return the configuration in force, None before the first was recorded."""
    return ConfigVersion.objects.order_by("-number").first()


def current_config_version_id() -> int | None:
    """Return the key of the configuration in force without its document, None before the first was recorded."""
    return ConfigVersion.objects.order_by("-number").values_list("pk", flat=True).first()


def configuration_stamp() -> int:
    """Return a number that is another one after any change of feeds, sources or listings; 0 before the first."""
    return ConfigurationStamp.objects.values_list("value", flat=True).first() or 0


def current_config() -> Config:
    """Return all sources, feeds and destinations, disabled ones included, in four queries."""
    listings: defaultdict[int, list[ListingConfig]] = defaultdict(list)
    rows = Listing.objects.order_by("feed_id", "priority", "pk").values_list(
        "feed_id", "source__slug", "ticker", "weight", "enabled", "invert", "conversion__pair"
    )
    for feed_id, source, ticker, weight, enabled, invert, conversion in rows:
        listing = ListingConfig(source, ticker, weight, enabled=enabled, invert=invert, conversion=conversion)
        listings[feed_id].append(listing)
    return Config(
        sources={source.slug: source_config(source) for source in Source.objects.all()},
        feeds={feed.pair: feed_config(feed, listings=listings[feed.pk]) for feed in Feed.objects.all()},
        destinations={row.name: destination_config(row) for row in Destination.objects.all()},
    )


def destination_config(row: Destination) -> DestinationConfig:
    """Return the row as a plain value."""
    return DestinationConfig(row.name, **{name: getattr(row, name) for name in DESTINATION_KEYS})


def source_config(source: Source) -> SourceConfig:
    """Return the row as a plain value."""
    return SourceConfig(slug=source.slug, **{name: getattr(source, name) for name in SOURCE_KEYS})


def feed_config(feed: Feed, *, listings: Iterable[ListingConfig]) -> FeedConfig:
    """Return the row as a plain value, with the listings given in priority order."""
    rules = {name: getattr(feed, name) for name in FEED_KEYS}
    return FeedConfig(pair=feed.pair, listings=tuple(listings), **rules)
