"""The aggregation alone: pure functions over quotes made here, on one core."""

from __future__ import annotations

import random
import statistics
import tracemalloc
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from apps.pricing.aggregate import Known, aggregate_round
from apps.pricing.types import FeedSpec, ListingSpec, Miss, Quote
from bench.measure import Scale, cpu_of, interleave
from bench.rows import Row, row

SOURCES = 20
FEEDS = 1_000
GROWTH = (10, 100, 1_000, 10_000)
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
Outcomes = dict[tuple[str, str], Quote | Miss]
AGAINST = "aggregate_round with every check, freeze detection and guards / the median of the same Decimals and no check"


def feeds_of(count: int) -> list[FeedSpec]:
    """Return so many feeds over twenty sources."""
    return [
        FeedSpec(
            pair=f"A{number}/USD",
            decimals=8,
            quorum=3,
            active_sources=SOURCES,
            max_age_s=60,
            heartbeat_s=3600,
            deviation_bps=50,
            outlier_k=Decimal(3),
            outlier_floor_bps=50,
            min_answer=None,
            max_answer=None,
            listings=tuple(ListingSpec(f"A{number}/USD", f"s{n}", "T", n + 1) for n in range(SOURCES)),
        )
        for number in range(count)
    ]


def quotes_of(feeds: list[FeedSpec]) -> Outcomes:
    """Return a quote of every listing, within a few bps of each other."""
    dice, found = random.Random(1), Outcomes()
    for feed in feeds:
        for listing in feed.listings:
            price = Decimal(1_000_000 + dice.randrange(500)).scaleb(-4)
            found[listing.source, feed.pair] = Quote(
                source=listing.source,
                pair=feed.pair,
                ticker="T",
                price=price,
                received_at=NOW,
                source_time=NOW - timedelta(seconds=2),
                bid=price - Decimal("0.01"),
                ask=price + Decimal("0.01"),
                volume=Decimal(dice.randrange(10**7)).scaleb(-4),
            )
    return found


def measure_pure(scale: Scale) -> list[Row]:
    """Return CPU and peak memory of one round over a thousand feeds."""
    feeds = feeds_of(scale.of(FEEDS))
    outcomes = quotes_of(feeds)
    known = _remembered(feeds, outcomes)
    work = {
        "floor": lambda: cpu_of(lambda: _floor(feeds, outcomes)) * 1000 / len(feeds),
        "ours": lambda: cpu_of(lambda: aggregate_round(feeds, outcomes, now=NOW, known=known)) * 1000 / len(feeds),
    }
    tracemalloc.start()
    aggregate_round(feeds, outcomes, now=NOW, known=known)
    peak = tracemalloc.get_traced_memory()[1] / 2**20
    tracemalloc.stop()
    what = f"{len(feeds)} feeds x {SOURCES} sources"
    return [
        row(f"aggregate, {what}", AGAINST, unit="ms/feed", samples=interleave(work, repeats=scale.repeats)),
        row(f"aggregate, {what}: peak", "memory allocated in the round", unit="MiB", samples={"ours": [peak]}),
    ]


def measure_growth(scale: Scale) -> list[Row]:
    """Return the CPU per feed from ten feeds to ten thousand: linear is a straight line of equal figures."""
    rows = []
    for count in scale.some(GROWTH):
        feeds = feeds_of(count)
        outcomes = quotes_of(feeds)
        known = _remembered(feeds, outcomes)
        samples = [
            cpu_of(lambda: aggregate_round(feeds, outcomes, now=NOW, known=known)) * 1000 / count  # noqa: B023 - called at once
            for _ in range(scale.repeats)
        ]
        rows.append(
            row(f"aggregate, {count} feeds", "CPU of a round / feeds", unit="ms/feed", samples={"ours": samples})
        )
    return rows


def _remembered(feeds: list[FeedSpec], outcomes: Outcomes) -> Known:
    first = aggregate_round(feeds, outcomes, now=NOW)
    return Known(watches={pair: price.watches for pair, price in first.items()})


def _floor(feeds: list[FeedSpec], outcomes: Outcomes) -> list[Decimal]:
    """Return the median of each feed's prices, which is the least anybody can do."""
    return [
        statistics.median(
            quote.price for listing in feed.listings if isinstance(quote := outcomes[listing.source, feed.pair], Quote)
        )
        for feed in feeds
    ]
