"""What stops a price that could be computed."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from apps.pricing.aggregate import FeedPrice, Known, aggregate_round
from apps.pricing.guards import Release, camps_of, relaxed_bps
from apps.pricing.types import AnswerReason, OnChainValue
from tests.pricing.test_aggregate import NOW, feed, listing, quote

PAIR = "BTC/USD"


def moved_to(price: str, *, age_s: int, sources: int = 5, release: Release | None = None, **rules: object) -> FeedPrice:
    """Return the price of ``sources`` that all say ``price`` while the chain holds 100 for ``age_s``."""
    names = [f"s{index}" for index in range(sources)]
    spec = feed(PAIR, [listing(name, PAIR) for name in names], **{"jump_bps": 500, "agree_bps": 200, **rules})
    at = NOW - timedelta(seconds=age_s)
    known = Known(
        references={PAIR: OnChainValue(100 * 10**8, at, at)}, releases={PAIR: release} if release is not None else {}
    )
    return aggregate_round([spec], {(n, PAIR): quote(n, PAIR, price) for n in names}, now=NOW, known=known)[PAIR]


@pytest.mark.parametrize(
    ("price", "age_s", "sources", "reason"),
    [
        ("102", 60, 3, None),
        ("103", 60, 3, AnswerReason.TOO_FEW_AGREE),
        ("103", 60, 5, None),
        ("106", 60, 5, AnswerReason.JUMP),
        ("94", 60, 5, AnswerReason.JUMP),
        ("106", 600, 5, None),
        ("150", 13 * 86_400, 5, AnswerReason.JUMP),
    ],
)
def test_a_move_needs_agreement_then_a_person(
    price: str, age_s: int, sources: int, reason: AnswerReason | None
) -> None:
    """Small moves pass, larger ones need five agreeing sources, the largest a person; all of it relaxes with age."""
    stop = moved_to(price, age_s=age_s, sources=sources).stop

    assert (stop.reason if stop else None) == reason


def test_a_feed_with_few_sources_needs_the_agreement_of_all() -> None:
    """A feed that asks three sources can never have five that agree; three must do."""
    assert moved_to("103", age_s=60, sources=3, active_sources=3).stop is None


def test_a_release_lets_prices_near_it_through() -> None:
    """What a person approved passes the guards on moves, and only near the approved price."""
    release = Release(140 * 10**8, tolerance_bps=200)

    assert moved_to("141", age_s=60, release=release).stop is None
    assert moved_to("150", age_s=60, release=release).stop is not None


def test_a_release_does_not_lift_bounds() -> None:
    """Bounds are the operator's own rule: they are changed, not waved through."""
    stop = moved_to("141", age_s=60, release=Release(141 * 10**8, 200), max_answer=Decimal(120)).stop

    assert stop is not None
    assert stop.reason == AnswerReason.OUT_OF_BOUNDS


@pytest.mark.parametrize(
    ("prices", "split"),
    [
        (["0.117", "0.156"], True),  # POL on 10 October 2025
        (["100", "100", "130"], False),  # two of three are a majority
        (["100", "100", "130", "130"], True),
        (["100", "100", "100", "130", "130"], True),
        (["100", "100", "100", "100", "130", "130"], False),
        (["100", "101", "102", "103", "104"], False),  # spread, but no gap
        (["90", "100", "110"], True),
        (["100"], False),
        ([], False),
    ],
)
def test_camps(prices: list[str], split: bool) -> None:
    """Sources are split when no group without a gap holds more than 60 % of them."""
    assert bool(camps_of([Decimal(price) for price in prices], camp_bps=200)) is split


def test_limits_relax_with_the_cube_root_of_the_age() -> None:
    """Eight minutes allow twice the move of one, an hour four times as much."""
    assert relaxed_bps(200, age_s=480).quantize(Decimal("0.001")) == 400
    assert round(relaxed_bps(200, age_s=3600)) == 783


def test_a_move_is_also_measured_from_the_last_answer_that_passed() -> None:
    """An old chain value allows much; the answer of a minute ago does not."""
    spec = feed(PAIR, [listing(f"s{index}", PAIR) for index in range(5)], jump_bps=500)
    old, recent = NOW - timedelta(hours=1), NOW - timedelta(seconds=60)
    known = Known(
        references={PAIR: OnChainValue(100 * 10**8, old, old)}, last={PAIR: OnChainValue(101 * 10**8, recent, recent)}
    )
    outcomes = {(f"s{index}", PAIR): quote(f"s{index}", PAIR, "110") for index in range(5)}

    stop = aggregate_round([spec], outcomes, now=NOW, known=known)[PAIR].stop

    assert stop is not None
    assert "from 101.00000000 of 60 s ago" in stop.message


def test_an_outlier_the_quorum_keeps_in_leaves_only_the_median() -> None:
    """With two honest quotes and a liar among a quorum of three, a mean would be the liar's."""
    spec = feed(PAIR, [listing(f"s{index}", PAIR) for index in range(3)], quorum=3, estimator="filtered_mean")
    outcomes = {(f"s{i}", PAIR): quote(f"s{i}", PAIR, price) for i, price in enumerate(("100", "100.1", "103"))}

    assert aggregate_round([spec], outcomes, now=NOW)[PAIR].price == Decimal("100.1")
