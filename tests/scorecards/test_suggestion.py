"""The suggested order of a feed's sources."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from apps.scorecards.histograms import DEVIATION_BPS, LATENCY_MS, empty
from apps.scorecards.suggestion import MARGIN, is_other_order, suggested_order
from tests.scorecards.makers import card


def order(listed: list[str], **cards: Any) -> list[str]:
    """Return the sources in suggested order."""
    return [place.source for place in suggested_order(listed, cards)]


def latency(place: int) -> list[int]:
    """Return a thousand calls of one duration."""
    counts = empty(LATENCY_MS)
    counts[place] = 1000
    return counts


def test_a_source_that_fails_moves_down_with_its_reason() -> None:
    """The better ones move up past it, and each place says why."""
    places = suggested_order(
        ["a", "b", "c"], {"a": card("a", used=800, refusals={"timeout": 200}), "b": card("b"), "c": card("c")}
    )

    assert [(place.source, place.current, place.suggested) for place in places] == [
        ("b", 2, 1),
        ("c", 3, 2),
        ("a", 1, 3),
    ]
    assert places[2].reason == "80.0 % usable, most often timeout"
    assert is_other_order(places)


def test_noise_moves_nobody() -> None:
    """Less than a point apart, sources stay where their operator put them."""
    places = suggested_order(["a", "b"], {"a": card("a", used=995), "b": card("b", used=1000)})

    assert not is_other_order(places)


def test_a_source_that_was_hardly_asked_keeps_its_place() -> None:
    """Reserves nobody needed are not judged, and the others are ordered around them."""
    cards = {"a": card("a", used=500), "b": card("b", asked=9), "c": card("c")}
    places = suggested_order(["a", "b", "c", "d"], cards)

    assert [place.source for place in places] == ["c", "b", "a", "d"]
    assert places[1].reason == "asked 9 times, fewer than 50: keeps its place"
    assert places[3].points is None


def test_distance_and_slowness_count_too() -> None:
    """A source far off or slow gives way to one that is neither."""
    far = empty(DEVIATION_BPS)
    far[9] = 1000  # 30 to 50 bps

    assert order(["far", "good"], far=card("far", deviation=far), good=card("good")) == ["good", "far"]
    assert order(["slow", "good"], slow=card("slow", latency=latency(9)), good=card("good")) == ["good", "slow"]


def test_what_is_not_its_doing_is_not_held_against_a_source() -> None:
    """A venue that counts once, an ill conversion feed, a lost worker."""
    excused = card("a", used=400, refusals={"duplicate_source": 300, "conversion_missing": 200, "lane_lost": 100})

    assert order(["a", "b"], a=excused, b=card("b")) == ["a", "b"]


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=12))
def test_the_suggestion_is_the_same_list_and_stands(used: list[int]) -> None:
    """Every source once; suggesting again from the suggested order changes nothing; no neighbour is a margin worse."""
    cards = {f"s{index}": card(f"s{index}", used=each) for index, each in enumerate(used)}
    places = suggested_order(list(cards), cards)
    names = [place.source for place in places]

    assert sorted(names) == sorted(cards)
    assert [place.source for place in suggested_order(names, cards)] == names
    points = [place.points for place in places if place.points is not None]
    assert all(upper < lower + MARGIN for upper, lower in pairwise(points))
