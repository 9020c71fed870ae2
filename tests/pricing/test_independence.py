"""Which usable quotes count."""

from __future__ import annotations

from decimal import Decimal

from apps.pricing.aggregate import aggregate_round
from apps.pricing.types import ListingSpec, RefusalCode
from tests.pricing.test_aggregate import NOW, feed, quote, refusals

PAIR = "BTC/USD"


def test_two_sources_of_one_venue_count_once() -> None:
    """The more trusted one votes; the other is refused by name, so two copies of a liar do not outvote the honest."""
    rows = [
        ListingSpec(PAIR, "coinbase_exchange", "BTC-USD", 1, venue="coinbase"),
        ListingSpec(PAIR, "coinbase_advanced", "BTC-USD", 2, venue="coinbase"),
        ListingSpec(PAIR, "kraken", "XBTUSD", 3),
    ]
    outcomes = {
        (row.source, PAIR): quote(row.source, PAIR, p) for row, p in zip(rows, ("100", "99", "102"), strict=True)
    }

    result = aggregate_round([feed(PAIR, rows)], outcomes, now=NOW)[PAIR]

    assert refusals(result) == {"coinbase_advanced": RefusalCode.DUPLICATE_SOURCE}
    assert result.price == Decimal(101)


def test_a_venues_second_source_counts_when_the_first_is_unusable() -> None:
    """What is refused anyway does not stand in the way of its sibling."""
    rows = [
        ListingSpec(PAIR, "binance", "BTCUSDT", 1, venue="binance"),
        ListingSpec(PAIR, "binance_us", "BTCUSD", 2, venue="binance"),
    ]
    outcomes = {
        ("binance", PAIR): quote("binance", PAIR, "100", volume=Decimal(0)),
        ("binance_us", PAIR): quote("binance_us", PAIR, "101"),
    }

    result = aggregate_round([feed(PAIR, rows)], outcomes, now=NOW)[PAIR]

    assert refusals(result) == {"binance": RefusalCode.NO_VOLUME}
    assert result.price == Decimal(101)


def test_an_alias_nobody_declared_is_found() -> None:
    """The same price and the same 24 h volume is the same book under another name."""
    rows = [ListingSpec(PAIR, name, "T", rank) for rank, name in enumerate(("usd", "usdc", "other"), start=1)]
    outcomes = {
        ("usd", PAIR): quote("usd", PAIR, "100", volume=Decimal("412.7731")),
        ("usdc", PAIR): quote("usdc", PAIR, "100", volume=Decimal("412.7731")),
        ("other", PAIR): quote("other", PAIR, "100", volume=Decimal("98.1")),
    }

    result = aggregate_round([feed(PAIR, rows)], outcomes, now=NOW)[PAIR]

    assert refusals(result) == {"usdc": RefusalCode.DUPLICATE_SOURCE}
