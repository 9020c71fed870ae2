"""Who is asked for what in a round: lanes at once, reserves in priority order when a lane fails."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

from apps.pricing.types import Ask, FeedSpec, ListingSpec

DECIMALS = ("outlier_k", "min_answer", "max_answer", "peg")


@dataclass(frozen=True, slots=True)
class RoundPlan:
    """The snapshot a round runs with; an edit of the configuration changes the next round, never this one.

    lanes: sources asked at once, most trusted first.  reserves: per pair, the sources not in a lane, in priority
    order.  asks: per source (lane or reserve) every ticker of the round it lists, so one call serves all its feeds.
    """

    feeds: tuple[FeedSpec, ...]
    lanes: tuple[str, ...]
    reserves: Mapping[str, tuple[str, ...]]
    asks: Mapping[str, tuple[Ask, ...]]


def plan_round(feeds: Sequence[FeedSpec]) -> RoundPlan:
    """Return the plan for these feeds: the first ``active_sources`` of every feed get a lane, the rest are reserves.

    A second source of a venue counts for nothing while the first answers, so it is a reserve however high it stands.
    """
    rank: dict[str, int] = {}
    asks: dict[str, list[Ask]] = {}
    for feed in feeds:
        venues: set[str] = set()
        for listing in feed.listings:
            asks.setdefault(listing.source, []).append(Ask(pair=feed.pair, ticker=listing.ticker))
            position = len(venues)
            if position < feed.active_sources and listing.independent_of not in venues:
                venues.add(listing.independent_of)
                rank[listing.source] = min(position, rank.get(listing.source, position))
    lanes = tuple(sorted(rank, key=lambda source: (rank[source], source)))
    reserves = {
        feed.pair: tuple(listing.source for listing in feed.listings if listing.source not in rank) for feed in feeds
    }
    return RoundPlan(
        feeds=tuple(feeds),
        lanes=lanes,
        reserves=reserves,
        asks={source: tuple(tickers) for source, tickers in asks.items()},
    )


def plan_to_json(plan: RoundPlan) -> dict[str, Any]:
    """Return the plan as plain JSON; lanes, reserves and asks follow from the feeds and are not stored."""
    return {"feeds": [_feed_to_json(feed) for feed in plan.feeds]}


def plan_from_json(stored: Mapping[str, Any]) -> RoundPlan:
    """Return the plan that ``plan_to_json`` wrote."""
    return plan_round([_feed_from_json(feed) for feed in stored["feeds"]])


def _feed_to_json(feed: FeedSpec) -> dict[str, Any]:
    row = {**asdict(feed), "destinations": list(feed.destinations)}
    for name in DECIMALS:
        row[name] = None if row[name] is None else str(row[name])
    row["listings"] = [
        {name: value for name, value in {**listing, "weight": str(listing["weight"])}.items() if name != "pair"}
        for listing in row["listings"]
    ]
    return row


def _feed_from_json(row: Mapping[str, Any]) -> FeedSpec:
    listings = tuple(
        ListingSpec(**{**listing, "pair": row["pair"], "weight": Decimal(listing["weight"])})
        for listing in row["listings"]
    )
    decimals = {name: None if row.get(name) is None else Decimal(row[name]) for name in DECIMALS}
    destinations = tuple(row.get("destinations", ()))
    return FeedSpec(**{**row, **decimals, "listings": listings, "destinations": destinations})
