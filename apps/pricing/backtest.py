"""A configuration run over recorded prices, as rounds would have run it: same aggregation, guards and triggers.

The chain is played too: what is accepted becomes the value the next round is compared with. Nobody decides about held
prices, so they stay held until they pass the guards.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from apps.pricing.aggregate import Known, aggregate_round
from apps.pricing.freeze import Watch
from apps.pricing.observations import FeedPrice
from apps.pricing.triggers import Decision, decide
from apps.pricing.types import AnswerState, FeedSpec, Miss, OnChainValue, Quote

BPS = Decimal(10_000)


@dataclass(frozen=True, slots=True)
class Tick:
    """One recorded word of a source. volume, bid and ask are None when the file has none."""

    at: datetime
    price: Decimal
    volume: Decimal | None = None
    bid: Decimal | None = None
    ask: Decimal | None = None


@dataclass(slots=True)
class Series:
    """A source's ticks in order of time."""

    ticks: Sequence[Tick]
    times: list[datetime] = field(init=False)

    def __post_init__(self) -> None:
        """Keep the times apart, to look them up."""
        self.times = [tick.at for tick in self.ticks]

    def latest(self, now: datetime) -> Tick | None:
        """Return the newest tick that is not later than ``now``, None before the first."""
        place = bisect_right(self.times, now)
        return self.ticks[place - 1] if place else None


@dataclass(frozen=True, slots=True)
class Step:
    """One feed in one round: what was computed and decided, and what the chain holds afterwards."""

    at: datetime
    price: FeedPrice
    decision: Decision
    chain: int | None


def run(
    feeds: Sequence[FeedSpec], series: Mapping[str, Series], times: Sequence[datetime]
) -> Iterator[dict[str, Step]]:
    """Yield the feeds of one round after another. series: by a listing's ticker; a ticker without one says nothing."""
    chain: dict[str, OnChainValue] = {}
    last: dict[str, OnChainValue] = {}
    watches: Mapping[str, Mapping[str, Watch]] = {}
    for now in times:
        known = Known(references=chain, last=last, watches=watches)
        prices = aggregate_round(feeds, _outcomes(feeds, series, now), now=now, known=known)
        watches = {pair: price.watches for pair, price in prices.items()}
        steps: dict[str, Step] = {}
        for pair, price in prices.items():
            decision = decide(price, reference=chain.get(pair), on_demand=False, now=now)
            if price.answer is not None and price.observed_at is not None and price.stop is None:
                last[pair] = OnChainValue(price.answer, price.observed_at, now)
                if decision.state == AnswerState.ACCEPTED:
                    chain[pair] = last[pair]
            steps[pair] = Step(now, price, decision, chain[pair].answer if pair in chain else None)
        yield steps


@dataclass(slots=True)
class Tally:
    """What a run of one feed came to. errors, chain_errors: distance from the reference in bps, of price and chain."""

    rounds: int = 0
    states: Counter[str] = field(default_factory=Counter)
    refusals: Counter[tuple[str, str]] = field(default_factory=Counter)
    errors: list[Decimal] = field(default_factory=list)
    chain_errors: list[Decimal] = field(default_factory=list)

    def add(self, step: Step, *, reference: Decimal | None) -> None:
        """Count one step."""
        self.rounds += 1
        self.states[f"{step.decision.state} {step.decision.reason}"] += 1
        for observation in step.price.observations:
            if observation.refusal:
                self.refusals[observation.outcome.source, str(observation.refusal)] += 1
        if reference is None:
            return
        scale = Decimal(10) ** step.price.feed.decimals
        if step.price.price is not None and step.price.stop is None:
            self.errors.append(_distance_bps(step.price.price, reference))
        if step.chain is not None:
            self.chain_errors.append(_distance_bps(step.chain / scale, reference))

    @property
    def updates(self) -> int:
        """Publications."""
        return sum(count for state, count in self.states.items() if state.startswith(AnswerState.ACCEPTED))

    @property
    def held(self) -> int:
        """Rounds whose price a guard stopped."""
        return sum(count for state, count in self.states.items() if state.startswith(AnswerState.HELD))

    @property
    def rejected(self) -> int:
        """Rounds without a price."""
        return sum(count for state, count in self.states.items() if state.startswith(AnswerState.REJECTED))


def percentile(values: Sequence[Decimal], share: int) -> Decimal:
    """Return the value below which ``share`` percent lie, the nearest one; zero for none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) * share // 100, len(ordered) - 1)] if ordered else Decimal(0)


def root_mean_square(values: Sequence[Decimal]) -> Decimal:
    """Return the root of the mean square, zero for none."""
    return (sum((value * value for value in values), Decimal(0)) / len(values)).sqrt() if values else Decimal(0)


def _outcomes(
    feeds: Sequence[FeedSpec], series: Mapping[str, Series], now: datetime
) -> dict[tuple[str, str], Quote | Miss]:
    found: dict[tuple[str, str], Quote | Miss] = {}
    for feed in feeds:
        for row in feed.listings:
            tick = series[row.ticker].latest(now) if row.ticker in series else None
            if tick is not None:
                found[row.source, feed.pair] = Quote(
                    row.source, feed.pair, row.ticker, tick.price, now, tick.at, tick.bid, tick.ask, tick.volume
                )
    return found


def _distance_bps(value: Decimal, reference: Decimal) -> Decimal:
    return abs(value - reference) * BPS / reference
