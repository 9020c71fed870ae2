"""Which conversion legs are trusted."""

from __future__ import annotations

from decimal import Decimal

import pytest

from apps.pricing.aggregate import FeedPrice, aggregate_round
from apps.pricing.types import AnswerReason, FeedSpec, ListingSpec, Miss, Quote, RefusalCode
from tests.pricing.test_aggregate import NOW, feed, listing, quote, refusals

PAIR = "BTC/USD"
LEG = "USDC/USD"
UNCONVERTED = ["100", "100.01", "99.99", "100.02", "99.98"]


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


def _crossed(
    rates: list[str],
    converted: list[str],
    *,
    direct: list[str] | None = None,
    leg_rules: dict[str, object] | None = None,
    **rules: object,
) -> FeedPrice:
    """Return BTC/USD over dollar books and books converted through these rates; converted: raw prices."""
    leg_rows = [listing(f"r{index}", LEG) for index in range(len(rates))]
    leg = feed(LEG, leg_rows, **{"peg": Decimal(1), **(leg_rules or {})})
    outcomes: dict[tuple[str, str], Quote | Miss] = {
        (f"r{index}", LEG): quote(f"r{index}", LEG, rate) for index, rate in enumerate(rates)
    }
    rows = []
    for name, prices, conversion in (("d", UNCONVERTED if direct is None else direct, None), ("c", converted, LEG)):
        for index, price in enumerate(prices):
            rows.append(ListingSpec(PAIR, f"{name}{index}", "T", len(rows) + 1, conversion=conversion))
            outcomes[f"{name}{index}", PAIR] = quote(f"{name}{index}", PAIR, price)
    spec = feed(PAIR, rows, **{"quorum": 3, "lean_bps": 5, "outlier_floor_bps": 100, **rules})
    return aggregate_round([spec, leg], outcomes, now=NOW)[PAIR]


@pytest.mark.parametrize("factor", ["0.90", "0.95", "0.98", "0.99", "0.997", "1.003", "1.01", "1.05"])
def test_a_rate_that_the_markets_contradict_converts_nothing(factor: str) -> None:
    """The stable's rate is falsified at all its venues alike: BTC/USDC beside BTC/USD says what it really is."""
    price = _crossed([factor] * 2, ["100", "100.01", "99.99", "100"])

    assert set(refusals(price).values()) == {RefusalCode.LEG_DOUBTED}
    assert price.price == Decimal(100)
    assert price.stop is None


def test_a_rate_whose_venues_contradict_each_other_converts_nothing() -> None:
    """One of two venues lies by 1 %: their middle is 50 bps off, and nobody knows who it is."""
    price = _crossed(["1", "0.99"], ["100"] * 4, direct=["100"], quorum=1)

    assert {o.outcome.source for o in price.observations if o.refusal == RefusalCode.LEG_DOUBTED} == {
        "c0",
        "c1",
        "c2",
        "c3",
    }
    assert "0.990000 to 1.000000 by its venues" in price.observations[-1].message


def test_a_rate_that_agrees_with_the_markets_is_used() -> None:
    """A stable at 1.017 with markets to match, as tether in March 2023, is as good as any."""
    price = _crossed(["1.017", "1.0168"], ["98.33", "98.34", "98.32"])

    assert refusals(price) == {}
    assert price.stop is None


def test_a_doubted_leg_that_a_quorum_needs_stops_the_price() -> None:
    """Two dollar books against three through the leg: without the leg there is no quorum, with it nobody knows."""
    price = _crossed(["0.99", "0.99"], ["100", "100", "100"], direct=["100", "100"])

    assert price.stop is not None
    assert price.stop.reason == AnswerReason.LEG_DOUBTED
    assert "USDC/USD is 0.990000, the markets imply 1.000000: 101.0 bps" in price.stop.message


def test_a_depeg_that_only_the_rate_shows_is_doubted_not_believed() -> None:
    """A coin "at 0.98" whose markets say 1 is not broken: its rate is, and the quotes that go count as missing."""
    price = _crossed(["0.98", "0.98"], ["100", "100"])

    assert set(refusals(price).values()) == {RefusalCode.LEG_DOUBTED}


def test_a_depeg_that_its_markets_confirm_is_believed() -> None:
    """Rate and markets both say 0.95: the coin is broken, and its markets go without raising doubt about the rest."""
    wide = ["100", "100.2", "99.8", "100.1", "99.9"]

    price = _crossed(["0.95", "0.9502"], ["105.26", "105.27"], direct=wide)

    assert set(refusals(price).values()) == {RefusalCode.DEPEGGED}
    assert price.stop is None


def test_a_liar_among_the_dollar_books_does_not_discredit_a_rate() -> None:
    """The implied rate rests on dollar books that agree, not on the one that is ten times too high."""
    price = _crossed(["1", "1"], ["100", "100.01", "99.99"], direct=["1000", "100", "100.01"])

    assert refusals(price) == {"d0": RefusalCode.OUTLIER}
    assert price.stop is None


def test_one_dollar_book_contradicts_nobody() -> None:
    """With a single direct quote it is the more likely liar."""
    price = _crossed(["1", "1"], ["100", "100.01", "99.99", "100"], direct=["100.6"])

    assert RefusalCode.LEG_DOUBTED not in refusals(price).values()


def test_the_gap_may_grow_with_the_scatter_of_the_markets() -> None:
    """While dollar books lie 20 bps apart, an implied rate 30 bps off is no news; while they agree, it is."""
    scattered = _crossed(["1", "1"], ["100.3", "100.5", "100.1"], direct=["100", "100.2", "99.8"])
    tight = _crossed(["1", "1"], ["100.3", "100.31", "100.29"], direct=["100", "100.01", "99.99"])

    assert RefusalCode.LEG_DOUBTED not in refusals(scattered).values()
    assert set(refusals(tight).values()) == {RefusalCode.LEG_DOUBTED}


def test_without_a_limit_to_leaning_rates_are_taken_at_their_word() -> None:
    """``lean_bps`` 0, as in plans older than the guard, changes nothing of what they came to."""
    price = _crossed(["0.997", "0.997"], ["100"] * 4, lean_bps=0)

    assert refusals(price) == {}
    assert price.stop is None


def test_quotes_of_a_leg_that_a_guard_stopped_count_as_missing() -> None:
    """Half of the sources gone with their leg, the other half 10 bps apart: the answer hangs on who was lost."""
    wide = ["100", "100.1", "99.9", "100.2", "99.8"]
    stopped = {"min_answer": Decimal("0.8")}

    assert (found := _crossed(["0.5"], ["100"] * 3, direct=wide, leg_rules=stopped).stop) is not None
    assert found.reason == AnswerReason.FRAGILE
    assert _crossed(["0.5"], ["100"] * 3, leg_rules=stopped).stop is None
