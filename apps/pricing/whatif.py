"""What rounds that were recorded would have answered under another configuration.

Both configurations run over the same recorded quotes, round by round, each against the value the chain would hold had
it been in force; what is compared is therefore the configurations and never the market. Pure.

A source that the recorded rounds did not ask has left nothing to judge; ``unseen`` names such sources, and what they
would have changed is unknown.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from apps.pricing.aggregate import Known, aggregate_round
from apps.pricing.estimators import BPS, median
from apps.pricing.freeze import Watch
from apps.pricing.observations import FeedPrice
from apps.pricing.plan import RoundPlan, plan_round
from apps.pricing.triggers import decide
from apps.pricing.types import AnswerReason, AnswerState, FeedSpec, Miss, OnChainValue, Quote

Outcomes = Mapping[tuple[str, str], Quote | Miss]


@dataclass(frozen=True, slots=True)
class RecordedRound:
    """What the sources said in one round: outcomes by (source, pair); ``at`` is when it was settled."""

    at: datetime
    outcomes: Outcomes


@dataclass(frozen=True, slots=True)
class Step:
    """One feed in one round: the answers before and after the change, None where there was no price."""

    at: datetime
    before: int | None
    after: int | None
    is_sent_before: bool
    is_sent_after: bool

    @property
    def difference_bps(self) -> Decimal | None:
        """How far the answers lie apart, in basis points of the one before; None unless both are there."""
        if not self.before or self.after is None:
            return None
        return Decimal(abs(self.after - self.before)) * BPS / Decimal(self.before)


@dataclass(frozen=True, slots=True)
class FeedComparison:
    """What a change does to one feed over the recorded rounds.

    differences in basis points: middle, 95th percentile and largest.  worst_minute: the one whose middle difference is
    largest, and that difference.  lost / gained: rounds in which only the configuration before / after has a price.
    sent: publications before and after.  unseen: sources of the new list that no recorded round asked for this feed.
    """

    pair: str
    decimals: int
    steps: tuple[Step, ...]
    p50_bps: Decimal
    p95_bps: Decimal
    max_bps: Decimal
    worst_minute: datetime | None
    worst_minute_bps: Decimal
    lost: int
    gained: int
    sent: tuple[int, int]
    unseen: tuple[str, ...]

    @property
    def changes_anything(self) -> bool:
        """Whether the recorded rounds show a difference."""
        return bool(self.max_bps or self.lost or self.gained or self.sent[0] != self.sent[1])


@dataclass(slots=True)
class _Run:
    """One configuration on its way through the rounds: what the chain would hold, what it remembers."""

    feeds: Sequence[FeedSpec]
    references: dict[str, OnChainValue] = field(default_factory=dict)
    last: dict[str, OnChainValue] = field(default_factory=dict)
    watches: dict[str, Mapping[str, Watch]] = field(default_factory=dict)

    def settle(self, recorded: RecordedRound, plan: RoundPlan) -> dict[str, tuple[int | None, bool]]:
        """Return, per pair, the answer and whether it would have been sent."""
        known = Known(references=self.references, last=self.last, watches=self.watches)
        prices = aggregate_round(self.feeds, _asked(plan, recorded.outcomes), now=recorded.at, known=known)
        settled = {pair: self._decide(pair, price, now=recorded.at) for pair, price in prices.items()}
        self.watches |= {pair: price.watches for pair, price in prices.items()}
        self.last |= {
            pair: OnChainValue(price.answer, price.observed_at, price.observed_at)
            for pair, price in prices.items()
            if price.answer is not None and price.observed_at is not None and price.stop is None
        }
        return settled

    def _decide(self, pair: str, price: FeedPrice, *, now: datetime) -> tuple[int | None, bool]:
        decision = decide(price, reference=self.references.get(pair), on_demand=False, now=now)
        if decision.state != AnswerState.ACCEPTED or price.answer is None or price.observed_at is None:
            return price.answer, False
        self.references[pair] = OnChainValue(price.answer, observed_at=price.observed_at, updated_at=now)
        # The first price only stands for what the chain held already.
        return price.answer, decision.reason != AnswerReason.FIRST_ANSWER


def compare(
    rounds: Sequence[RecordedRound], *, before: Sequence[FeedSpec], after: Sequence[FeedSpec]
) -> list[FeedComparison]:
    """Return the comparison of every feed of ``after`` that ``before`` has too, by pair. rounds: oldest first."""
    runs, plans = (_Run(before), _Run(after)), (plan_round(before), plan_round(after))
    steps: defaultdict[str, list[Step]] = defaultdict(list)
    for recorded in rounds:
        old, new = (run.settle(recorded, plan) for run, plan in zip(runs, plans, strict=True))
        for pair in old.keys() & new.keys():
            if any(asked == pair for _, asked in recorded.outcomes):
                steps[pair].append(Step(recorded.at, old[pair][0], new[pair][0], old[pair][1], new[pair][1]))
    seen = {key for recorded in rounds for key in recorded.outcomes}
    return [
        comparison_of(
            feed.pair,
            steps[feed.pair],
            decimals=feed.decimals,
            unseen=tuple(row.source for row in feed.listings if (row.source, feed.pair) not in seen),
        )
        for feed in after
        if feed.pair in steps
    ]


def affected(before: Sequence[FeedSpec], after: Sequence[FeedSpec]) -> set[str]:
    """Return the feeds whose rules differ, and those that convert through them, at any distance."""
    old = {feed.pair: feed for feed in before}
    found = {feed.pair for feed in after if old.get(feed.pair) != feed}
    while more := {feed.pair for feed in after if feed.pair not in found and found & _legs(feed)}:
        found |= more
    return found


def with_legs(feeds: Sequence[FeedSpec], pairs: set[str]) -> list[FeedSpec]:
    """Return the feeds of these pairs with every feed that they convert through."""
    by_pair = {feed.pair: feed for feed in feeds}
    wanted = pairs & by_pair.keys()
    while more := {leg for pair in wanted for leg in _legs(by_pair[pair])} & by_pair.keys() - wanted:
        wanted |= more
    return [by_pair[pair] for pair in sorted(wanted)]


def _asked(plan: RoundPlan, outcomes: Outcomes) -> Outcomes:
    """Return what the plan's lanes and the reserves they would have promoted said, as far as it was recorded."""
    chosen = set(plan.lanes)
    for pair, reserves in plan.reserves.items():
        lost = sum(isinstance(outcomes.get((source, pair)), Miss) for source in plan.lanes)
        chosen |= set([source for source in reserves if (source, pair) in outcomes][:lost])
    return {key: outcome for key, outcome in outcomes.items() if key[0] in chosen}


def _legs(feed: FeedSpec) -> set[str]:
    return {listing.conversion for listing in feed.listings if listing.conversion is not None}


def comparison_of(pair: str, steps: Sequence[Step], *, decimals: int, unseen: tuple[str, ...] = ()) -> FeedComparison:
    """Return the figures of one feed's steps, which are in order of time."""
    differences = sorted(step.difference_bps for step in steps if step.difference_bps is not None)
    minutes = [(median(sample), minute) for minute, sample in _by_minute(steps)]
    worst_bps, worst_minute = max(minutes, default=(Decimal(0), None), key=lambda one: one[0])
    return FeedComparison(
        pair=pair,
        decimals=decimals,
        steps=tuple(steps),
        p50_bps=_quantile(differences, 50),
        p95_bps=_quantile(differences, 95),
        max_bps=_quantile(differences, 100),
        worst_minute=worst_minute if worst_bps else None,
        worst_minute_bps=worst_bps,
        lost=sum(step.before is not None and step.after is None for step in steps),
        gained=sum(step.before is None and step.after is not None for step in steps),
        sent=(sum(step.is_sent_before for step in steps), sum(step.is_sent_after for step in steps)),
        unseen=unseen,
    )


def _by_minute(steps: Sequence[Step]) -> Iterator[tuple[datetime, list[Decimal]]]:
    minutes: defaultdict[datetime, list[Decimal]] = defaultdict(list)
    for step in steps:
        if (difference := step.difference_bps) is not None:
            minutes[step.at.replace(second=0, microsecond=0)].append(difference)
    yield from minutes.items()


def _quantile(ordered: Sequence[Decimal], percent: int) -> Decimal:
    """Return the nearest-rank percentile of values in ascending order, 0 for none."""
    if not ordered:
        return Decimal(0)
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]
