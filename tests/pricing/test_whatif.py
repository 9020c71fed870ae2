"""Two configurations over the same recorded quotes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from apps.pricing.types import FeedSpec, Miss, MissCode, Quote
from apps.pricing.whatif import FeedComparison, RecordedRound, affected, compare, with_legs
from tests.pricing.test_aggregate import NOW, feed, listing

STEP = timedelta(seconds=20)
SOURCES = ("a", "b", "c", "d")


def spec(sources: Sequence[str] = SOURCES, **changes: object) -> FeedSpec:
    """Return BTC/USD over these sources, first to last."""
    rows = [replace(listing(source, "BTC/USD"), priority=place) for place, source in enumerate(sources, start=1)]
    return feed("BTC/USD", rows, **{"quorum": 2, "active_sources": 3, "jump_bps": 0, "agree_bps": 0, **changes})


def recorded(*rounds: dict[str, str | None]) -> list[RecordedRound]:
    """Return rounds 20 s apart from prices by source; None is a timeout."""
    return [
        RecordedRound(
            at=NOW + STEP * number,
            outcomes={
                (source, "BTC/USD"): Miss(source, "BTC/USD", "t", MissCode.TIMEOUT)
                if price is None
                else Quote(source, "BTC/USD", "t", Decimal(price), received_at=NOW + STEP * number)
                for source, price in prices.items()
            },
        )
        for number, prices in enumerate(rounds)
    ]


def compared(rounds: list[RecordedRound], before: FeedSpec, after: FeedSpec) -> FeedComparison:
    """Return the comparison of the one feed."""
    return compare(rounds, before=[before], after=[after])[0]


QUIET = {"a": "100", "b": "100.1", "c": "100.2"}


def test_the_same_configuration_changes_nothing() -> None:
    """Whatever was recorded, comparing a configuration with itself finds no difference."""
    rounds = recorded(QUIET, {"a": "103", "b": None, "c": "103"}, {"a": None, "b": None, "c": "103"})

    found = compared(rounds, spec(), spec())

    assert not found.changes_anything
    assert (found.sent[0], found.lost, found.gained) == (found.sent[1], 0, 0)
    assert [step.before for step in found.steps] == [step.after for step in found.steps]


def test_another_order_gives_another_price_and_the_worst_minute() -> None:
    """The draft leaves the first source out of the lanes; the widest minute is named."""
    rounds = recorded(
        {"a": "100", "b": "101", "c": "102", "d": "103"},
        {"a": "100", "b": "101", "c": "102", "d": "103"},
        {"a": "100", "b": "101", "c": "102", "d": "103"},
        {"a": "100", "b": "102", "c": "104", "d": "104"},
    )

    found = compared(rounds, spec(outlier_floor_bps=1000), spec(("d", "c", "b", "a"), outlier_floor_bps=1000))

    first = found.steps[0]
    assert (first.before, first.after) == (101 * 10**8, 102 * 10**8)
    assert first.difference_bps == pytest.approx(Decimal("99.0099"), abs=Decimal("0.001"))
    assert found.worst_minute == NOW + timedelta(minutes=1)
    assert found.max_bps == found.worst_minute_bps > first.difference_bps


def test_stricter_quorum_loses_rounds_and_a_looser_one_gains_them() -> None:
    """Rounds whose price appears or disappears are counted apart."""
    rounds = recorded(QUIET, {"a": "100", "b": "100", "c": None}, {"a": "100", "b": None, "c": None})

    assert compared(rounds, spec(), spec(quorum=3)).lost == 1
    assert compared(rounds, spec(quorum=3), spec()).gained == 1


def test_smaller_deviation_publishes_more_often() -> None:
    """Triggers are judged against the value the chain would hold under each configuration."""
    rounds = recorded(*({name: str(100 + 0.1 * n) for name in ("a", "b", "c")} for n in range(11)))

    found = compared(rounds, spec(deviation_bps=100), spec(deviation_bps=9))

    assert found.sent == (1, 10)


def test_reserve_steps_in_where_its_quote_was_recorded() -> None:
    """A miss in a lane brings the draft's first reserve, as in a round."""
    rounds = recorded({"a": None, "b": "100", "c": "101", "d": "109"})

    found = compared(rounds, spec(outlier_floor_bps=2000), spec(outlier_floor_bps=2000, quorum=3))

    assert found.steps[0].after == 101 * 10**8


def test_source_nobody_asked_is_named_as_unknown() -> None:
    """Nothing is invented for a source without a recorded quote."""
    assert compared(recorded(QUIET), spec(), spec(("new", "a", "b", "c"))).unseen == ("new",)


def test_affected_are_changed_feeds_and_those_that_convert_through_them() -> None:
    """A change of the leg is a change of what it converts, at any distance; the legs come along to be priced."""
    usdt = feed("USDT/USD", [listing("a", "USDT/USD")])
    btc = feed("BTC/USD", [listing("a", "BTC/USD", conversion="USDT/USD")])
    eth = feed("ETH/USD", [listing("a", "ETH/USD", conversion="BTC/USD")])
    sol = feed("SOL/USD", [listing("a", "SOL/USD")])
    before = [usdt, btc, eth, sol]

    after = [replace(usdt, quorum=2), btc, eth, sol]

    assert affected(before, after) == {"USDT/USD", "BTC/USD", "ETH/USD"}
    assert affected(before, before) == set()
    assert [spec.pair for spec in with_legs(before, {"ETH/USD"})] == ["BTC/USD", "ETH/USD", "USDT/USD"]
