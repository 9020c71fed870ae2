"""Counts of this process that begin at nothing for every test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from apps.scorecards import services
from apps.scorecards.tally import Tallies


@pytest.fixture(autouse=True)
def counts() -> Iterator[Tallies]:
    """The process's tallies, empty, and a clock that wrote just now."""
    services.tallies.cache_clear()
    services._clock.cache_clear()
    yield services.tallies()
    services.tallies.cache_clear()
    services._clock.cache_clear()
