"""Whether a configuration makes sense: the one set of rules that admin and `oracle.yaml` share.

Pure over the plain values of ``values``. A Problem says where (a path such as ``("feeds", "BTC/USD", "quorum")``),
which rule (a stable code) and what is wrong, in words that show both values.

A disabled feed is only checked for what the database itself would refuse: it may wait half-configured.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias
from urllib.parse import urlsplit

from apps.feeds.values import Config, FeedConfig, ListingConfig, SourceConfig
from apps.pricing.storage import SHARED_MAX_ANSWER, Storage
from apps.pricing.types import Estimator, OnExpiry, Weighting
from apps.sources.venues import default_venue

Where: TypeAlias = tuple[str | int, ...]

MAX_DECIMALS = 18
MAX_BPS = 10_000
MAX_INTEGER = 2**31 - 1
MAX_SMALL_INTEGER = 2**15 - 1
MAX_ATTEMPTS = 10
MAX_TICKER = 120  # a contract's address with its settings takes 80
MAX_CACHE_TTL_MS = 60_000
MAX_MIRRORS = 5
MAX_RATE_LIMIT_CHARS = 100
PAIR = re.compile(r"[A-Z0-9]{1,12}/[A-Z0-9]{1,12}")
SLUG = re.compile(r"[a-z][a-z0-9_]{1,39}")
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
# field: (lowest, digits before the point, digits after it), as wide as the columns
CHOICES = {"estimator": Estimator, "weighting": Weighting, "hold_on_expiry": OnExpiry, "storage": Storage}
OUTLIER_K = (Decimal("0.5"), 3, 2)
ANSWER = (Decimal(0), 20, 18)
WEIGHT = (Decimal("0.01"), 4, 2)
TIMEOUT = (Decimal("0.1"), 3, 1)
MAX_TIMEOUT_S = Decimal(30)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong. ``where[-1]`` is the field, or ``listings`` for the list as a whole."""

    where: Where
    code: str
    message: str


def config_problems(config: Config, *, adapters: Collection[str]) -> list[Problem]:
    """Return everything wrong with the configuration, in file order; an empty list means it may be saved.

    adapters: slugs of the built-in adapters, ``generic`` included.
    """
    found: list[Problem] = []
    for source in config.sources.values():
        found += source_problems(source, adapters=adapters)
    return [*found, *rule_problems(config)]


def rule_problems(config: Config) -> Iterator[Problem]:
    """Yield what is wrong with the feeds and their lists, whatever the sources are asked with."""
    for feed in config.feeds.values():
        yield from feed_problems(feed)
        yield from listing_problems(feed, config=config)
    yield from cycle_problems(config)


def change_problems(before: Config, after: Config) -> list[Problem]:
    """Return what may not change in the life of a feed.

    Its decimals, which readers of the contract rely on, and a bound that its place on the contract does not hold.
    """
    both = [(before.feeds[pair], feed) for pair, feed in after.feeds.items() if pair in before.feeds]
    decimals = [
        Problem(
            ("feeds", new.pair, "decimals"),
            "decimals_changed",
            f"decimals are fixed for the life of a feed: {old.decimals} cannot become {new.decimals}",
        )
        for old, new in both
        if old.decimals != new.decimals
    ]
    return [*decimals, *(problem for old, new in both for problem in outgrown_problems(old, new))]


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


def source_problems(source: SourceConfig, *, adapters: Collection[str]) -> Iterator[Problem]:
    """Yield what is wrong with a source by itself, its adapter's options excepted."""
    where: Where = ("sources", source.slug)
    if not SLUG.fullmatch(source.slug):
        yield Problem(where, "bad_slug", f"{source.slug!r}: a slug has 2-40 lower-case letters, digits and underscores")
    if source.adapter not in adapters:
        known = ", ".join(sorted(adapters))
        yield Problem((*where, "adapter"), "unknown_adapter", f"unknown adapter {source.adapter!r}; known: {known}")
    if not source.name or len(source.name) > 60:
        yield Problem((*where, "name"), "bad_name", "a name has 1 to 60 characters")
    if source.base_url and not is_http_url(source.base_url):
        yield Problem((*where, "base_url"), "bad_base_url", f"{source.base_url!r} is not an http(s) URL with a host")
    if source.venue and not SLUG.fullmatch(source.venue):
        message = f"{source.venue!r}: a venue has 2-40 lower-case letters, digits and underscores"
        yield Problem((*where, "venue"), "bad_venue", message)
    if not 1 <= source.max_attempts <= MAX_ATTEMPTS:
        message = f"{source.max_attempts} is not between 1 and {MAX_ATTEMPTS}"
        yield Problem((*where, "max_attempts"), "out_of_range", message)
    if not 0 <= source.cache_ttl_ms <= MAX_CACHE_TTL_MS:
        message = f"{source.cache_ttl_ms} is not between 0 and {MAX_CACHE_TTL_MS}"
        yield Problem((*where, "cache_ttl_ms"), "out_of_range", message)
    if len(source.rate_limit) > MAX_RATE_LIMIT_CHARS:
        yield Problem((*where, "rate_limit"), "too_long", f"a rate limit has at most {MAX_RATE_LIMIT_CHARS} characters")
    yield from _mirror_problems(source)
    yield from _decimal_problems(source.timeout_s, TIMEOUT, where=(*where, "timeout_s"))
    if source.timeout_s > MAX_TIMEOUT_S:
        yield Problem((*where, "timeout_s"), "out_of_range", f"{source.timeout_s} s exceeds {MAX_TIMEOUT_S} s")


def _mirror_problems(source: SourceConfig) -> Iterator[Problem]:
    where: Where = ("sources", source.slug, "mirrors")
    if not isinstance(source.mirrors, list):
        yield Problem(where, "bad_mirrors", "mirrors are a list of URLs")
        return
    if len(source.mirrors) > MAX_MIRRORS:
        yield Problem(where, "bad_mirrors", f"{len(source.mirrors)} mirrors are more than {MAX_MIRRORS}")
    for url in source.mirrors:
        if not isinstance(url, str) or not is_http_url(url):
            yield Problem(where, "bad_mirrors", f"{url!r} is not an http(s) URL with a host")


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
    yield from _decimal_problems(feed.outlier_k, OUTLIER_K, where=(*where, "outlier_k"))
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
        yield from _decimal_problems(feed.peg, ANSWER, where=(*where, "peg"))
        if feed.peg <= 0:
            yield Problem((*where, "peg"), "not_positive", f"peg {feed.peg} must be above zero")


def _bound_problems(feed: FeedConfig) -> Iterator[Problem]:
    where: Where = ("feeds", feed.pair)
    for name in ("min_answer", "max_answer"):
        value: Decimal | None = getattr(feed, name)
        if value is None:
            continue
        yield from _decimal_problems(value, ANSWER, where=(*where, name))
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
        yield from _decimal_problems(listing.weight, WEIGHT, where=(*where, "weight"))
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


def venue_of(source: SourceConfig) -> str:
    """Return what the source fails with: its own venue, else its adapter's."""
    return source.venue or default_venue(source.adapter, source=source.slug, options=source.options)


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


def _decimal_problems(value: Decimal, limits: tuple[Decimal, int, int], *, where: Where) -> Iterator[Problem]:
    lowest, before_point, after_point = limits
    if not value.is_finite():
        yield Problem(where, "not_finite", f"{value} is not a finite number")
        return
    if value < lowest:
        yield Problem(where, "out_of_range", f"{value:f} is below {lowest}")
    exponent = value.normalize().as_tuple().exponent
    if isinstance(exponent, int) and -exponent > after_point:
        yield Problem(where, "too_precise", f"{value:f} has more than {after_point} digits after the point")
    if value.adjusted() >= before_point:
        yield Problem(where, "out_of_range", f"{value:f} has more than {before_point} digits before the point")


def is_http_url(value: str) -> bool:
    """Return whether this is an http(s) URL with a host, of at most 300 characters."""
    try:
        parts = urlsplit(value)
        parts.port  # noqa: B018 - reading it is what validates it
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and len(value) <= 300
