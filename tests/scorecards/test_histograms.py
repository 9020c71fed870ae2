"""Percentiles from counts by size."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.scorecards.histograms import DEVIATION_BPS, LATENCY_MS, empty, percentile, place_of


@pytest.mark.parametrize(("size", "place"), [(0, 0), (25, 0), (26, 1), (10_000, 11), (10_001, 12)])
def test_a_bound_belongs_to_the_bucket_below_it(size: int, place: int) -> None:
    """What is above the highest bound has a place of its own."""
    assert place_of(size, LATENCY_MS) == place


def test_nothing_counted_has_no_percentile() -> None:
    """No data is not zero."""
    assert percentile(empty(LATENCY_MS), LATENCY_MS, share=Decimal("0.5")) is None


@given(
    sizes=st.lists(st.integers(0, 20_000), min_size=1, max_size=200),
    share=st.sampled_from([Decimal("0.5"), Decimal("0.95"), Decimal(1)]),
    bounds=st.sampled_from([LATENCY_MS, DEVIATION_BPS]),
)
def test_a_percentile_is_exact_to_its_bucket(sizes: list[int], share: Decimal, bounds: tuple[int, ...]) -> None:
    """It lies in the bucket that holds the true one, whatever was counted."""
    counts = empty(bounds)
    for size in sizes:
        counts[place_of(size, bounds)] += 1

    found = percentile(counts, bounds, share=share)

    true = sorted(sizes)[-(-len(sizes) * int(share * 100) // 100) - 1]
    place = place_of(true, bounds)
    assert found is not None
    assert found <= (bounds[place] if place < len(bounds) else bounds[-1])
    assert found >= (bounds[place - 1] if place else 0)
