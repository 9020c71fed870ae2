"""Answers of one report share an observation time where none of them claims too much."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from apps.submissions.services import SHARED_WITHIN_S, shared_times

times = st.dictionaries(st.sampled_from("ABCDEF"), st.integers(0, 30), min_size=1)


def test_close_times_become_the_oldest() -> None:
    """Four feeds a second or two apart go out as one page."""
    assert shared_times({"A": 102, "B": 100, "C": 105}, {"A": 90}) == {"A": 100, "B": 100, "C": 100}


def test_a_far_answer_keeps_its_time() -> None:
    """One feed with old quotes does not make the others look old."""
    assert shared_times({"A": 102, "B": 80}, {}) == {"A": 102, "B": 80}


def test_an_answer_keeps_its_time_where_the_older_one_is_no_news() -> None:
    """The contract takes only what is newer than what it has of that feed."""
    assert shared_times({"A": 102, "B": 100}, {"A": 100, "B": 99}) == {"A": 102, "B": 100}


@given(own=times, on_chain=times)
def test_no_answer_claims_to_be_newer_or_stops_being_news(own: dict[str, int], on_chain: dict[str, int]) -> None:
    """A shared time is at most SHARED_WITHIN_S older than the own, never newer, and news where the own is."""
    shared = shared_times(own, on_chain)

    assert shared.keys() == own.keys()
    for pair, time_s in own.items():
        assert 0 <= time_s - shared[pair] <= SHARED_WITHIN_S
        assert (time_s > on_chain.get(pair, 0)) == (shared[pair] > on_chain.get(pair, 0))
