"""Whether an answer hangs on what was refused."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.pricing.leaning import leaning
from apps.pricing.observations import Conversion, Observation, Usable
from apps.pricing.types import AnswerReason, ListingSpec
from tests.pricing.test_aggregate import feed, price_of, quote

PAIR = "BTC/USD"


def used(prices: list[str | Decimal], *, leg: str = "") -> list[Usable]:
    """Return used quotes, ascending, all through one leg when it is named."""
    found = []
    for index, text in enumerate(sorted(prices, key=Decimal)):
        name = f"{leg or 'd'}{index}"
        seen = Observation(quote(name, PAIR, text), ListingSpec(PAIR, name, "T", index + 1), Decimal(text))
        if leg:
            seen.conversion = Conversion(leg, Decimal(1))
        found.append(Usable(Decimal(text), seen))
    return found


@pytest.mark.parametrize(
    ("prices", "refused", "stops"),
    [
        (["99.99", "100", "100.01", "100.02"], 0, False),
        (["99.99", "100", "100.01", "100.02"], 1, False),  # whatever the fifth says, the median stays within 2 bps
        (["99", "100", "100.01", "101"], 1, False),  # the middle is tight; a single vote cannot reach beyond it
        (["99", "99.9", "100.1", "101"], 1, True),  # 10 bps from the middle to the next
        (["99.8", "100", "100.2"], 0, False),  # wide, but nobody was refused
        (["100", "100"], 2, True),  # as many refused as used: they could have said anything
    ],
)
def test_an_answer_stops_when_the_refused_could_have_moved_it(prices: list[str], refused: int, stops: bool) -> None:
    """The median is looked at with all the refused votes on either side."""
    stop = leaning(used(list(prices)), refused=refused, feed=feed(PAIR, [], lean_bps=5))

    assert (stop is not None) is stops
    assert stop is None or stop.reason == AnswerReason.FRAGILE


def test_with_a_liar_around_no_single_leg_may_decide() -> None:
    """Dollar books at 100 and tether books 20 bps higher: the one refused vote is not it, but the leg is."""
    quotes = sorted([*used(["99.99", "100", "100"]), *used(["100.2"] * 4, leg="USDT/USD")], key=lambda one: one.price)

    stop = leaning(quotes, refused=1, feed=feed(PAIR, [], quorum=3, lean_bps=5))

    assert stop is not None
    assert leaning(quotes, refused=0, feed=feed(PAIR, [], quorum=3, lean_bps=5)) is None


def test_a_message_names_what_was_assumed_and_both_values() -> None:
    """A person who decides about the hold reads how far the answer could be off."""
    stop = leaning(used(["99.8", "100", "100.2"]), refused=1, feed=feed(PAIR, [], lean_bps=5))

    assert stop is not None
    assert stop.message == (
        "3 quotes are used and 1 were refused: with these at the bottom the median is 99.90000000, 10.0 bps away, "
        "lean_bps 5"
    )


@given(
    honest=st.lists(st.decimals("99", "101", places=3), min_size=4, max_size=12),
    lie=st.decimals("0.5", "2", places=3).filter(lambda factor: abs(factor - 1) > Decimal("0.03")),
    share=st.integers(3, 4),
)
def test_a_minority_of_liars_moves_a_price_that_passes_by_no_more_than_the_limit(
    honest: list[Decimal], lie: Decimal, share: int
) -> None:
    """Any third of the sources multiplied by anything: the answer stays within ``lean_bps`` or is stopped.

    The lie is one that the outlier filter can see; what hides inside the honest scatter moves a median inside it.
    """
    liars = len(honest) // share
    lied = [price * lie for price in honest[:liars]] + honest[liars:]

    clean, attacked = (
        price_of(list(prices), quorum=3, outlier_floor_bps=100, outlier_k=Decimal("0.5"), lean_bps=5, camp_bps=0)
        for prices in (honest, lied)
    )

    assert attacked.price is not None
    if attacked.stop is None and clean.price is not None and not any(o.refusal for o in clean.observations):
        assert abs(attacked.price / clean.price - 1) * 10_000 <= 5
