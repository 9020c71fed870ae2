"""The rules of a configuration, one row each."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from apps.feeds.validation import change_problems, config_problems
from apps.feeds.values import Config, FeedConfig, ListingConfig, SourceConfig

ADAPTERS = ("kraken", "bitstamp", "binance", "generic")
SOURCES = {slug: SourceConfig(slug=slug, name=slug, adapter=slug) for slug in ("kraken", "bitstamp", "binance")}
ROWS = tuple(ListingConfig(source=slug, ticker="T") for slug in SOURCES)
USDT = FeedConfig(pair="USDT/USD", listings=ROWS)
BTC = FeedConfig(pair="BTC/USD", listings=(*ROWS[:2], replace(ROWS[2], conversion="USDT/USD")))


def problems_of(*feeds: FeedConfig, **sources: SourceConfig) -> list[tuple[Any, str]]:
    """Return (where, code) of everything wrong with a configuration of these feeds."""
    config = Config(sources={**SOURCES, **sources}, feeds={feed.pair: feed for feed in feeds})
    return [(problem.where, problem.code) for problem in config_problems(config, adapters=ADAPTERS)]


def test_a_sound_configuration_has_no_problem() -> None:
    """Nothing is said about a configuration that makes sense."""
    assert problems_of(BTC, USDT) == []


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"decimals": 19}, "decimals", "out_of_range"),
        ({"decimals": -1}, "decimals", "out_of_range"),
        ({"quorum": 0}, "quorum", "out_of_range"),
        ({"quorum": 4}, "quorum", "quorum_above_listings"),
        ({"active_sources": 2}, "active_sources", "active_sources_below_quorum"),
        ({"max_age_s": 0}, "max_age_s", "out_of_range"),
        ({"heartbeat_s": 2**31}, "heartbeat_s", "out_of_range"),
        ({"deviation_bps": 10_001}, "deviation_bps", "out_of_range"),
        ({"outlier_k": Decimal("0.4")}, "outlier_k", "out_of_range"),
        ({"outlier_k": Decimal("1.001")}, "outlier_k", "too_precise"),
        ({"outlier_k": Decimal("NaN")}, "outlier_k", "not_finite"),
        ({"min_answer": Decimal(0)}, "min_answer", "not_positive"),
        ({"min_answer": Decimal("1e-9")}, "min_answer", "below_resolution"),
        ({"max_answer": Decimal("1e20")}, "max_answer", "out_of_range"),
        ({"min_answer": Decimal(5), "max_answer": Decimal(5)}, "max_answer", "bounds_not_ordered"),
        ({"min_answer": Decimal(6), "max_answer": Decimal(5)}, "max_answer", "bounds_not_ordered"),
        ({"storage": "deep"}, "storage", "unknown_choice"),
        ({"storage": "shared"}, "max_answer", "beyond_storage"),
        ({"storage": "alone", "max_answer": Decimal("1407374.88355328")}, "max_answer", "beyond_storage"),
        ({"description": "x" * 121}, "description", "too_long"),
        ({"estimator": "mode"}, "estimator", "unknown_choice"),
        ({"weighting": "size"}, "weighting", "unknown_choice"),
        ({"min_interval_s": 3600}, "min_interval_s", "interval_above_heartbeat"),
        ({"quiet_hours": "22-6"}, "quiet_hours", "bad_hours"),
        ({"agree_bps": 1001}, "agree_bps", "agree_above_jump"),
        ({"peg": Decimal(0)}, "peg", "not_positive"),
        ({"hold_expiry_s": 59}, "hold_expiry_s", "out_of_range"),
    ],
)
def test_nonsense_in_a_feeds_rules_is_named_at_its_field(change: dict[str, Any], field: str, code: str) -> None:
    """Each rule of a feed reports its field and a stable code."""
    assert (("feeds", "BTC/USD", field), code) in problems_of(replace(BTC, **change), USDT)


@pytest.mark.parametrize(
    ("row", "field", "code"),
    [
        (ListingConfig("kraken", "T"), "source", "duplicate_source"),
        (ListingConfig("nowhere", "T"), "source", "unknown_source"),
        (ListingConfig("binance", ""), "ticker", "bad_ticker"),
        (ListingConfig("binance", "T", weight=Decimal(0)), "weight", "out_of_range"),
        (ListingConfig("binance", "T", conversion="BTC/USD"), "conversion", "conversion_cycle"),
        (ListingConfig("binance", "T", conversion="GONE/USD"), "conversion", "conversion_missing"),
        (ListingConfig("binance", "T", conversion="ETH/BTC"), "conversion", "conversion_mismatch"),
        (ListingConfig("binance", "T", conversion="OFF/USD"), "conversion", "conversion_disabled"),
    ],
)
def test_nonsense_in_a_listing_is_named_at_its_row(row: ListingConfig, field: str, code: str) -> None:
    """Each rule of a listing reports its row, its field and a stable code."""
    others = (FeedConfig(pair="ETH/BTC", listings=ROWS), FeedConfig(pair="OFF/USD", enabled=False))

    found = problems_of(replace(BTC, listings=(*ROWS[:2], row)), USDT, *others)

    assert (("feeds", "BTC/USD", "listings", 2, field), code) in found


def test_a_conversion_cycle_across_feeds_is_found_on_every_row_of_it() -> None:
    """Three feeds that convert in a ring are refused, each at its own row."""
    ring = [
        FeedConfig(pair=pair, listings=(*ROWS[:2], replace(ROWS[2], conversion=following)))
        for pair, following in (("A/USD", "B/USD"), ("B/USD", "C/USD"), ("C/USD", "A/USD"))
    ]
    leads_in = replace(BTC, listings=(*ROWS[:2], replace(ROWS[2], conversion="A/USD")))

    found = problems_of(*ring, leads_in)

    assert found == [
        (("feeds", pair, "listings", 2, "conversion"), "conversion_cycle") for pair in ("A/USD", "B/USD", "C/USD")
    ]


def test_disabled_listings_and_disabled_sources_do_not_count_for_the_quorum() -> None:
    """A quorum of three needs three listings that are on, of sources that are on."""
    found = problems_of(BTC, USDT, kraken=replace(SOURCES["kraken"], enabled=False))

    assert (("feeds", "BTC/USD", "quorum"), "quorum_above_listings") in found


def test_a_disabled_feed_may_wait_without_listings() -> None:
    """What is off needs no sources yet."""
    assert problems_of(FeedConfig(pair="NEW/USD", enabled=False)) == []


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"adapter": "krakken"}, "adapter", "unknown_adapter"),
        ({"name": ""}, "name", "bad_name"),
        ({"base_url": "ftp://example.org"}, "base_url", "bad_base_url"),
        ({"base_url": "https://example.org:99999"}, "base_url", "bad_base_url"),
        ({"max_attempts": 11}, "max_attempts", "out_of_range"),
        ({"timeout_s": Decimal(31)}, "timeout_s", "out_of_range"),
        ({"timeout_s": Decimal("0.05")}, "timeout_s", "out_of_range"),
        ({"cache_ttl_ms": 60_001}, "cache_ttl_ms", "out_of_range"),
        ({"rate_limit": "1/second;" * 20}, "rate_limit", "too_long"),
        ({"mirrors": ["https://a.example"] * 6}, "mirrors", "bad_mirrors"),
        ({"mirrors": ["ftp://a.example"]}, "mirrors", "bad_mirrors"),
        ({"mirrors": [1]}, "mirrors", "bad_mirrors"),
        ({"mirrors": "https://a.example"}, "mirrors", "bad_mirrors"),
    ],
)
def test_nonsense_in_a_source_is_named_at_its_field(change: dict[str, Any], field: str, code: str) -> None:
    """Each rule of a source reports its field and a stable code."""
    found = problems_of(BTC, USDT, kraken=replace(SOURCES["kraken"], **change))

    assert (("sources", "kraken", field), code) in found


def test_decimals_are_fixed_for_the_life_of_a_feed() -> None:
    """Readers of the contract rely on the decimals they saw first."""
    before = Config(feeds={"BTC/USD": BTC})

    found = change_problems(before, Config(feeds={"BTC/USD": replace(BTC, decimals=18)}))

    assert [(p.where, p.code) for p in found] == [(("feeds", "BTC/USD", "decimals"), "decimals_changed")]


def test_a_quorum_needs_independent_venues() -> None:
    """Three sources of one venue are one vote, so they cannot fill a quorum of two."""
    shared = {slug: replace(source, venue="one") for slug, source in SOURCES.items()}

    assert problems_of(replace(BTC, quorum=2), USDT, **shared) == [
        (("feeds", "BTC/USD", "quorum"), "quorum_above_venues"),
        (("feeds", "USDT/USD", "quorum"), "quorum_above_venues"),
    ]


@pytest.mark.parametrize(
    "change",
    [
        {"storage": "shared", "max_answer": Decimal("1407374.88355327")},
        {"storage": "alone", "max_answer": Decimal(1)},
        {"storage": "wide"},
        {"storage": "auto"},
    ],
)
def test_bounds_that_fit_their_storage_are_sound(change: dict[str, Any]) -> None:
    """Up to the last unit a shared slot takes a bound, and wide and auto take any, or none."""
    assert problems_of(replace(BTC, **change), USDT) == []


@pytest.mark.parametrize(
    ("before", "after", "codes"),
    [
        ({"max_answer": Decimal(1_000_000)}, {"max_answer": Decimal(2_000_000)}, ["outgrows_storage"]),
        ({"max_answer": Decimal(1_000_000)}, {"max_answer": None}, ["outgrows_storage"]),
        ({"max_answer": Decimal(1_000_000)}, {"max_answer": Decimal(1_400_000)}, []),
        ({"max_answer": Decimal(1_000_000)}, {"max_answer": None, "storage": "wide"}, []),
        ({"max_answer": None}, {"max_answer": Decimal(2_000_000)}, []),
    ],
)
def test_a_bound_does_not_outgrow_the_slot_of_its_feed(
    before: dict[str, Any], after: dict[str, Any], codes: list[str]
) -> None:
    """A feed that fits a shared slot stays in it for life: a bound beyond is refused, with the bound that holds."""
    old, new = (Config(feeds={"BTC/USD": replace(BTC, **change)}) for change in (before, after))

    found = change_problems(old, new)

    assert [problem.code for problem in found] == codes
    assert all("1407374.88355327" in problem.message and "wide" in problem.message for problem in found)
