"""A configuration run over recorded prices."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from apps.pricing.backtest import Series, Tally, Tick, percentile, root_mean_square, run
from tests.pricing.test_aggregate import feed, listing

START = datetime(2026, 1, 1, tzinfo=UTC)


def series(*prices: str) -> Series:
    return Series([Tick(START + timedelta(minutes=index), Decimal(price)) for index, price in enumerate(prices)])


def test_the_chain_is_played_along() -> None:
    """First answer, a move below the deviation, one above it: two updates, and the chain keeps the last of them."""
    spec = feed("A/B", [listing("x", "A/B")])
    times = [START + timedelta(minutes=index) for index in range(3)]
    tally = Tally()

    steps = [rounds["A/B"] for rounds in run([spec], {"A/B": series("100", "100.1", "101")}, times)]
    for step in steps:
        tally.add(step, reference=Decimal(100))

    assert [str(step.decision.reason) for step in steps] == ["first_answer", "no_news", "deviation"]
    assert [step.chain for step in steps] == [100 * 10**8, 100 * 10**8, 101 * 10**8]
    assert (tally.updates, tally.held, tally.rejected) == (2, 0, 0)
    assert tally.errors == [0, 10, 100]


def test_a_jump_stays_held_and_counts() -> None:
    """Nobody decides in a back-test, so a price that jumped is held until the limit has grown."""
    spec = feed("A/B", [listing("x", "A/B")], jump_bps=500)
    times = [START + timedelta(minutes=index) for index in range(2)]
    tally = Tally()
    for rounds in run([spec], {"A/B": series("100", "120")}, times):
        tally.add(rounds["A/B"], reference=None)

    assert tally.held == 1


def test_a_source_says_its_last_word_until_it_is_too_old() -> None:
    """A gap in the file is a source that repeats itself, and max_age_s ends that."""
    spec = feed("A/B", [listing("x", "A/B")], max_age_s=60)
    times = [START + timedelta(minutes=index) for index in range(3)]

    prices = [rounds["A/B"].price.price for rounds in run([spec], {"A/B": series("100")}, times)]

    assert prices == [100, 100, None]


def test_percentiles_and_root_mean_square() -> None:
    """Worked out on paper."""
    values = [Decimal(value) for value in (4, 1, 3, 2)]

    assert (percentile(values, 50), percentile(values, 99), percentile([], 50)) == (3, 4, 0)
    assert root_mean_square([Decimal(3), Decimal(4)]) == Decimal("12.5").sqrt()
