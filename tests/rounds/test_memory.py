"""What freeze detection remembers between rounds."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from apps.pricing.freeze import Watch
from apps.pricing.observations import FeedPrice
from apps.rounds.memory import remember_watches, remembered_watches
from tests.pricing.test_aggregate import feed


def test_watches_come_back_as_they_were_kept() -> None:
    """Prices stay exact, and a feed nothing was kept for is absent."""
    watch = Watch("1.10 7", datetime(2026, 11, 24, 12, tzinfo=UTC), Decimal("1.09"), Decimal("1.11"), frozen=True)

    remember_watches({"A/B": FeedPrice(feed("A/B", []), (), watches={"kraken": watch})})

    assert remembered_watches(["A/B", "C/D"]) == {"A/B": {"kraken": watch}}
