"""From quotes to one price per feed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.pricing.aggregate import ConversionCycle, FeedPrice, aggregate_round
from apps.pricing.types import FeedSpec, ListingSpec, Miss, MissCode, Quote, RefusalCode

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
PRICES = st.decimals(min_value="0.0001", max_value="1000000", places=6)


def listing(source: str, pair: str, **changes: object) -> ListingSpec:
    return ListingSpec(pair=pair, source=source, ticker=pair, priority=1, **changes)  # type: ignore[arg-type]


def feed(pair: str, listings: list[ListingSpec], **changes: object) -> FeedSpec:
    values: dict[str, object] = {
        "decimals": 8,
        "quorum": 1,
        "active_sources": 5,
        "max_age_s": 60,
        "heartbeat_s": 3600,
        "deviation_bps": 50,
        "outlier_k": Decimal(3),
        "outlier_floor_bps": 50,
        "min_answer": None,
        "max_answer": None,
    }
    return FeedSpec(pair=pair, listings=tuple(listings), **(values | changes))  # type: ignore[arg-type]


def quote(source: str, pair: str, price: str | Decimal, **changes: object) -> Quote:
    values: dict[str, object] = {"received_at": NOW}
    return Quote(source, pair, pair, Decimal(price), **(values | changes))  # type: ignore[arg-type]


def price_of(prices: list[str | Decimal], **changes: object) -> FeedPrice:
    names = [f"s{index}" for index in range(len(prices))]
    spec = feed("BTC/USD", [listing(name, "BTC/USD") for name in names], **changes)
    outcomes = {(n, "BTC/USD"): quote(n, "BTC/USD", p) for n, p in zip(names, prices, strict=True)}
    return aggregate_round([spec], outcomes, now=NOW)["BTC/USD"]


def refusals(price: FeedPrice) -> dict[str, str]:
    return {o.outcome.source: str(o.refusal) for o in price.observations if not o.is_used}


@given(st.lists(PRICES, min_size=1, max_size=12), st.randoms())
def test_order_of_quotes_never_changes_the_answer(prices: list[Decimal], random: object) -> None:
    """Permuting the quotes gives the same integer."""
    shuffled = list(prices)
    random.shuffle(shuffled)  # type: ignore[attr-defined]

    assert price_of(list(prices)).answer == price_of(list(shuffled)).answer


@given(st.lists(PRICES, min_size=1, max_size=12))
def test_answer_lies_within_the_used_quotes(prices: list[Decimal]) -> None:
    """The answer is between the lowest and the highest quote it rests on."""
    result = price_of(list(prices))
    used = [o.price for o in result.used if o.price is not None]

    assert result.price is not None
    assert min(used) <= result.price <= max(used)


@given(st.lists(PRICES, min_size=1, max_size=9), st.integers(min_value=2, max_value=1000))
def test_scaling_all_quotes_scales_the_answer(prices: list[Decimal], factor: int) -> None:
    """Prices in another unit give the same answer in that unit."""
    base, scaled = price_of(list(prices)), price_of([price * factor for price in prices])

    assert base.price is not None
    assert scaled.price == base.price * factor


@given(st.lists(PRICES, min_size=1, max_size=9))
def test_a_stale_quote_changes_nothing(prices: list[Decimal]) -> None:
    """A refused quote leaves the answer as it was without it."""
    names = [f"s{index}" for index in range(len(prices) + 1)]
    spec = feed("BTC/USD", [listing(name, "BTC/USD") for name in names])
    outcomes = {(n, "BTC/USD"): quote(n, "BTC/USD", p) for n, p in zip(names, prices, strict=False)}
    outcomes[names[-1], "BTC/USD"] = quote(names[-1], "BTC/USD", "5", source_time=NOW - timedelta(seconds=61))

    result = aggregate_round([spec], outcomes, now=NOW)["BTC/USD"]

    assert result.answer == price_of(list(prices)).answer
    assert refusals(result)[names[-1]] == RefusalCode.STALE


def test_one_source_far_off_is_refused_as_an_outlier() -> None:
    """One of five at +30 % is refused with its reason, and the answer stays with the other four."""
    result = price_of(["100", "100.1", "99.9", "100.05", "130"], quorum=3)

    assert refusals(result) == {"s4": RefusalCode.OUTLIER}
    assert result.price == Decimal("100.025")


def test_outlier_filter_never_drops_below_quorum_by_itself() -> None:
    """With one liar among three and a quorum of three, the honest median stands."""
    result = price_of(["100", "100.1", "100000"], quorum=3)

    assert result.price == Decimal("100.1")
    assert len(result.used) == 3


def test_quotes_within_the_floor_are_never_outliers() -> None:
    """When most venues agree to the tick, one that is 40 bps away still counts."""
    assert len(price_of(["100", "100", "100", "100", "100.4"]).used) == 5


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"source_time": NOW - timedelta(seconds=61)}, RefusalCode.STALE),
        ({"source_time": NOW + timedelta(seconds=61)}, RefusalCode.FROM_FUTURE),
        ({"bid": Decimal(101), "ask": Decimal(100)}, RefusalCode.CROSSED_BOOK),
    ],
)
def test_unusable_quotes_are_refused_by_name(changes: dict[str, object], code: RefusalCode) -> None:
    """Every hard check has its own code, and without quorum there is no price."""
    spec = feed("BTC/USD", [listing("a", "BTC/USD")])
    result = aggregate_round([spec], {("a", "BTC/USD"): quote("a", "BTC/USD", "100", **changes)}, now=NOW)["BTC/USD"]

    assert refusals(result) == {"a": code}
    assert result.answer is None


def test_a_miss_keeps_its_code() -> None:
    """What the source failed with is what the observation says."""
    spec = feed("BTC/USD", [listing("a", "BTC/USD")])
    miss = Miss("a", "BTC/USD", "BTC/USD", MissCode.TIMEOUT)

    assert refusals(aggregate_round([spec], {("a", "BTC/USD"): miss}, now=NOW)["BTC/USD"]) == {"a": "timeout"}


def test_a_broken_peg_is_converted_not_ignored() -> None:
    """With USDT at 0.90, a USDT market counts at 90 % of its number."""
    usdt = feed("USDT/USD", [listing("k", "USDT/USD")])
    btc = feed("BTC/USD", [listing("b", "BTC/USD", conversion="USDT/USD")])
    outcomes = {
        ("k", "USDT/USD"): quote("k", "USDT/USD", "0.90", source_time=NOW - timedelta(seconds=5)),
        ("b", "BTC/USD"): quote("b", "BTC/USD", "100000"),
    }

    result = aggregate_round([btc, usdt], outcomes, now=NOW)["BTC/USD"]

    assert result.price == Decimal(90000)
    assert result.observed_at == NOW - timedelta(seconds=5), "the age of the leg counts"


def test_a_missing_leg_drops_its_markets_only() -> None:
    """Without a USDT rate the USDT market is refused and the direct one still answers."""
    usdt = feed("USDT/USD", [])
    btc = feed("BTC/USD", [listing("b", "BTC/USD", conversion="USDT/USD"), listing("k", "BTC/USD")])
    outcomes = {("b", "BTC/USD"): quote("b", "BTC/USD", "1"), ("k", "BTC/USD"): quote("k", "BTC/USD", "84000")}

    result = aggregate_round([btc, usdt], outcomes, now=NOW)["BTC/USD"]

    assert refusals(result) == {"b": RefusalCode.CONVERSION_MISSING}
    assert result.price == Decimal(84000)


def test_an_inverted_listing_is_turned_round() -> None:
    """A ticker quoted the other way counts as 1 / price."""
    spec = feed("ETH/BTC", [listing("a", "ETH/BTC", invert=True)])

    assert (
        aggregate_round([spec], {("a", "ETH/BTC"): quote("a", "ETH/BTC", "20")}, now=NOW)["ETH/BTC"].answer == 5000000
    )


def test_a_conversion_cycle_is_an_error() -> None:
    """Feeds that convert through each other are refused, not resolved somehow."""
    a = feed("A/B", [listing("x", "A/B", conversion="B/A")])
    b = feed("B/A", [listing("x", "B/A", conversion="A/B")])

    with pytest.raises(ConversionCycle, match="A/B, B/A"):
        aggregate_round([a, b], {}, now=NOW)


def test_a_fast_clock_cannot_date_the_answer_ahead() -> None:
    """The answer's time is the lower median of its quotes' times, and never later than now."""
    spec = feed("BTC/USD", [listing("a", "BTC/USD")])
    outcomes = {("a", "BTC/USD"): quote("a", "BTC/USD", "1", source_time=NOW + timedelta(seconds=30))}

    assert aggregate_round([spec], outcomes, now=NOW)["BTC/USD"].observed_at == NOW
