"""What the oracle remembers of a feed from round to round."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

from apps.pricing.freeze import Watch
from apps.pricing.observations import FeedPrice, Stop
from apps.pricing.types import AnswerReason, OnChainValue
from apps.rounds.memory import recall, remember
from tests.pricing.test_aggregate import feed

AT = datetime(2026, 11, 24, 12, tzinfo=UTC)
PRICE = FeedPrice(feed("A/B", []), (), price=Decimal("1.1"), answer=2**70, observed_at=AT)


def test_memory_comes_back_as_it_was_kept() -> None:
    """Prices stay exact, and a feed nothing was kept for is absent."""
    watch = Watch("1.10 7", AT, Decimal("1.09"), Decimal("1.11"), frozen=True)

    remember({"A/B": replace(PRICE, watches={"kraken": watch})}, recall([]))
    memory = recall(["A/B", "C/D"])

    assert memory.watches == {"A/B": {"kraken": watch}}
    assert memory.last == {"A/B": OnChainValue(2**70, AT, AT)}


def test_a_stopped_price_does_not_become_the_last_one() -> None:
    """What a guard stopped is nothing to measure the next move from."""
    remember({"A/B": PRICE}, recall([]))

    stopped = replace(PRICE, answer=5, stop=Stop(AnswerReason.JUMP, "moved"))
    remember({"A/B": stopped}, recall(["A/B"]))

    assert recall(["A/B"]).last["A/B"].answer == 2**70
