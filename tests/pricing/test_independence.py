"""Which usable quotes count."""

from __future__ import annotations

from decimal import Decimal

import pytest

from apps.pricing.aggregate import FeedPrice, aggregate_round
from apps.pricing.types import AnswerReason, FeedSpec, ListingSpec, Quote, RefusalCode
from tests.pricing.test_aggregate import NOW, feed, listing, quote, refusals

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


def _stable_round(rate: str, *, direct: int, rate_sources: int = 2) -> FeedPrice:
    """Return BTC/USD over ``direct`` dollar books at 100 and two USDC books at 103."""
    leg_rows = [listing(f"r{index}", "USDC/USD") for index in range(rate_sources)]
    leg = feed("USDC/USD", leg_rows, peg=Decimal(1), depeg_bps=100, quorum=1)
    rows = [ListingSpec(PAIR, f"d{index}", "T", index + 1) for index in range(direct)]
    rows += [ListingSpec(PAIR, f"u{index}", "T", direct + index + 1, conversion="USDC/USD") for index in range(2)]
    spec: FeedSpec = feed(PAIR, rows, outlier_floor_bps=1000)
    outcomes: dict[tuple[str, str], Quote] = {
        (row.source, "USDC/USD"): quote(row.source, "USDC/USD", rate) for row in leg_rows
    }
    outcomes |= {(row.source, PAIR): quote(row.source, PAIR, "103" if row.conversion else "100") for row in rows}
    return aggregate_round([spec, leg], outcomes, now=NOW)[PAIR]


@pytest.mark.parametrize(
    ("rate", "direct", "rate_sources", "dropped"),
    [
        ("0.98", 5, 2, True),  # well below the peg, and five others remain
        ("0.98", 4, 2, False),  # too few others: converted markets are better than none
        ("0.995", 5, 2, False),  # near the peg
        ("1.03", 5, 2, False),  # above the peg its markets are good ones
        ("1.00", 5, 1, True),  # its rate is one venue's word
    ],
)
def test_a_stablecoins_markets_are_dropped_only_below_its_peg_and_while_others_remain(
    rate: str, direct: int, rate_sources: int, dropped: bool
) -> None:
    """Distance from the peg alone is no reason; see the history of March 2023."""
    refused = refusals(_stable_round(rate, direct=direct, rate_sources=rate_sources))

    assert refused == ({"u0": RefusalCode.DEPEGGED, "u1": RefusalCode.DEPEGGED} if dropped else {})


def test_a_price_that_leans_on_a_second_broken_coin_is_stopped() -> None:
    """Tether's rate is missing and USDC is far below its peg, with too few others to do without: nobody knows."""
    usdt = feed("USDT/USD", [], peg=Decimal(1))
    usdc = feed("USDC/USD", [listing("r", "USDC/USD"), listing("q", "USDC/USD")], peg=Decimal(1))
    rows = [listing("k", PAIR), listing("u", PAIR, conversion="USDC/USD"), listing("t", PAIR, conversion="USDT/USD")]
    outcomes = {("r", "USDC/USD"): quote("r", "USDC/USD", "0.9"), ("q", "USDC/USD"): quote("q", "USDC/USD", "0.9")}
    outcomes |= {("k", PAIR): quote("k", PAIR, "100"), ("u", PAIR): quote("u", PAIR, "111")}
    outcomes[("t", PAIR)] = quote("t", PAIR, "100")

    stop = aggregate_round([feed(PAIR, rows), usdt, usdc], outcomes, now=NOW)[PAIR].stop

    assert stop is not None
    assert stop.reason == AnswerReason.COINS_BROKEN


def test_a_leg_that_a_guard_stopped_converts_nothing() -> None:
    """A rate out of its bounds is no rate."""
    leg = feed("USDT/USD", [listing("r", "USDT/USD")], min_answer=Decimal("0.8"))
    spec = feed(PAIR, [listing("b", PAIR, conversion="USDT/USD"), listing("k", PAIR)])
    outcomes = {
        ("r", "USDT/USD"): quote("r", "USDT/USD", "0.5"),
        ("b", PAIR): quote("b", PAIR, "100"),
        ("k", PAIR): quote("k", PAIR, "100"),
    }

    result = aggregate_round([spec, leg], outcomes, now=NOW)[PAIR]

    assert refusals(result) == {"b": RefusalCode.CONVERSION_MISSING}
