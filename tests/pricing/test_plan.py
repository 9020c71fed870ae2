"""Lanes and reserves."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from apps.pricing.evidence import evidence_hash, merkle_root
from apps.pricing.fixed_point import from_fixed, price_text, to_fixed
from apps.pricing.plan import plan_from_json, plan_round, plan_to_json
from apps.pricing.types import ListingSpec
from tests.pricing.test_aggregate import feed, listing


def test_first_sources_get_lanes_and_the_rest_are_reserves_in_order() -> None:
    """The top of each list is asked at once, the tail waits in priority order."""
    btc = feed("BTC/USD", [listing(s, "BTC/USD") for s in ("kraken", "coinbase", "gemini", "okx")], active_sources=2)
    eth = feed("ETH/USD", [listing(s, "ETH/USD") for s in ("okx", "kraken", "bybit")], active_sources=1)

    plan = plan_round([btc, eth])

    assert plan.lanes == ("kraken", "okx", "coinbase")
    assert plan.reserves == {"BTC/USD": ("gemini",), "ETH/USD": ("bybit",)}
    assert [ask.pair for ask in plan.asks["okx"]] == ["BTC/USD", "ETH/USD"], "one call serves all feeds"


def test_plan_survives_storage() -> None:
    """A round settles with the plan it was opened with."""
    spec = feed(
        "BTC/USD", [listing("a", "BTC/USD", weight=Decimal("1.5"), conversion="USDT/USD")], min_answer=Decimal("0.5")
    )
    plan = plan_round([spec])

    assert plan_from_json(plan_to_json(plan)) == plan


@given(st.integers(min_value=1, max_value=2**191), st.integers(min_value=0, max_value=18))
def test_fixed_point_round_trip_is_identity(answer: int, decimals: int) -> None:
    """An on-chain integer becomes a price and the same integer again."""
    assert to_fixed(from_fixed(answer, decimals=decimals), decimals=decimals) == answer
    assert to_fixed(Decimal(price_text(answer, decimals=decimals)), decimals=decimals) == answer


def test_evidence_hash_ignores_order_and_sees_every_change() -> None:
    """The root commits to the set of observations."""
    rows = [{"source": "a", "price": "1"}, {"source": "b", "price": "2"}, {"source": "c", "price": "3"}]

    assert evidence_hash(rows) == evidence_hash(rows[::-1])
    assert evidence_hash(rows) != evidence_hash([*rows[:2], {"source": "c", "price": "3.0"}])
    assert merkle_root([]) == bytes(32)


def test_a_second_source_of_a_venue_is_a_reserve() -> None:
    """A lane is an independent opinion: the sibling waits for the first one to be lost."""
    rows = [
        ListingSpec("BTC/USD", "coinbase_exchange", "T", 1, venue="coinbase"),
        ListingSpec("BTC/USD", "coinbase_advanced", "T", 2, venue="coinbase"),
        ListingSpec("BTC/USD", "kraken", "T", 3),
    ]

    plan = plan_round([feed("BTC/USD", rows, active_sources=2)])

    assert plan.lanes == ("coinbase_exchange", "kraken")
    assert plan.reserves == {"BTC/USD": ("coinbase_advanced",)}


def test_a_plan_stored_before_a_rule_existed_is_read_with_its_default() -> None:
    """Rounds outlive the version that opened them."""
    stored = plan_to_json(plan_round([feed("BTC/USD", [listing("a", "BTC/USD")])]))
    for name in ("estimator", "peg", "camp_bps", "quiet_hours"):
        del stored["feeds"][0][name]
    del stored["feeds"][0]["listings"][0]["venue"]

    assert plan_from_json(stored).feeds[0].estimator == "median"
