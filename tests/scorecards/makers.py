"""Settled prices and calls as rounds leave them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from apps.pricing.observations import FeedPrice, Observation
from apps.pricing.types import FeedSpec, ListingSpec, Miss, MissCode, Quote
from apps.scorecards.selectors import Scorecard, scorecard
from apps.scorecards.tally import Tally

NOW = datetime(2026, 11, 24, 12, 3, tzinfo=UTC)


def observation(source: str, price: str | None, *, pair: str = "BTC/USD", refusal: str = "") -> Observation:
    """Return what one source said: a price, or nothing (a timeout unless ``refusal`` says otherwise)."""
    listing = ListingSpec(pair, source, "T", 1)
    if price is None:
        code = refusal or "timeout"
        return Observation(Miss(source, pair, "T", MissCode(code)), listing, refusal=code)
    quote = Quote(source, pair, "T", Decimal(price), received_at=NOW)
    return Observation(quote, listing, price=Decimal(price), observed_at=NOW, refusal=refusal)


def feed_price(*observations: Observation, price: str | None = "100", pair: str = "BTC/USD") -> FeedPrice:
    """Return the price of a feed in a round."""
    spec = FeedSpec(
        pair=pair, decimals=8, quorum=1, active_sources=9, max_age_s=90, heartbeat_s=3600, deviation_bps=50,
        outlier_k=Decimal(3), outlier_floor_bps=50, min_answer=None, max_answer=None,
        listings=tuple(each.listing for each in observations),
    )  # fmt: skip
    return FeedPrice(spec, observations, price=None if price is None else Decimal(price))


def call(source: str, latency_ms: int, *, made: bool = True) -> Mapping[str, Any]:
    """Return a source call as a lane brings it."""
    return {"source": source, "latency_ms": latency_ms, "attempts": [{}] if made else []}


def card(source: str, *, asked: int = 1000, used: int | None = None, **counts: Any) -> Scorecard:
    """Return a card over these counts, all used unless said otherwise."""
    tally = Tally(asked=asked, quotes=asked, used=asked if used is None else used, **counts)
    return scorecard(source, "BTC/USD", tally)
