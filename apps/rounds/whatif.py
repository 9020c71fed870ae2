"""A draft configuration tried on the rounds that were, before it is saved."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from apps.feeds.selectors import feed_specs
from apps.pricing.types import FeedSpec
from apps.pricing.whatif import FeedComparison, affected, compare, with_legs
from apps.rounds.recorded import recorded_rounds
from apps.submissions.models import Submission

ROUNDS = 200
GAS_SAMPLE = 100


@dataclass(frozen=True, slots=True)
class Simulation:
    """What a change would have done to the last rounds.

    feeds: those whose rules change or that convert through such.  new: pairs that the draft adds or switches on, for
    which nothing is recorded.  gone: pairs that it switches off.  gas_per_answer: mean of the last landed reports,
    None before any.
    """

    rounds: int
    since: datetime | None
    feeds: tuple[FeedComparison, ...]
    new: tuple[str, ...]
    gone: tuple[str, ...]
    gas_per_answer: int | None

    @property
    def more_sent(self) -> int:
        """Publications the draft adds (or, negative, saves)."""
        return sum(feed.sent[1] - feed.sent[0] for feed in self.feeds)

    @property
    def more_gas(self) -> int | None:
        """Gas the draft adds or saves over these rounds, None while nothing has landed yet."""
        return None if self.gas_per_answer is None else self.more_sent * self.gas_per_answer


def specs_after(change: Callable[[], Any]) -> list[FeedSpec]:
    """Return the enabled feeds as they would stand after a change of the tables, which is taken back."""
    with transaction.atomic():
        change()
        specs = feed_specs()
        transaction.set_rollback(True)
    return specs


def simulate(*, before: Sequence[FeedSpec], after: Sequence[FeedSpec], limit: int = ROUNDS) -> Simulation:
    """Return what going from one set of feeds to the other would have done to the last ``limit`` rounds."""
    pairs = affected(before, after)
    known = {feed.pair for feed in before}
    rounds = recorded_rounds(sorted(pairs & known), limit=limit) if pairs & known else []
    compared = compare(rounds, before=with_legs(before, pairs), after=with_legs(after, pairs))
    return Simulation(
        rounds=len(rounds),
        since=rounds[0].at if rounds else None,
        feeds=tuple(feed for feed in compared if feed.pair in pairs),
        new=tuple(sorted({feed.pair for feed in after} - known)),
        gone=tuple(sorted(known - {feed.pair for feed in after})),
        gas_per_answer=_gas_per_answer(),
    )


def simulation_lines(simulation: Simulation) -> Iterator[str]:
    """Yield the simulation as lines for a terminal: a heading, a line for each feed, a sum."""
    since = f" since {simulation.since:%Y-%m-%d %H:%M:%S} UTC" if simulation.since else ""
    yield f"simulated on {simulation.rounds} rounds{since}"
    for feed in simulation.feeds:
        worst = f", worst minute {feed.worst_minute:%H:%M} {feed.worst_minute_bps:.2f}" if feed.worst_minute else ""
        bps = f"p50 {feed.p50_bps:.2f} p95 {feed.p95_bps:.2f} max {feed.max_bps:.2f} bps{worst}"
        yield f"  {feed.pair}: difference {bps}"
        yield (
            f"    {feed.lost} rounds lose their price, {feed.gained} gain one; "
            f"publications {feed.sent[0]} -> {feed.sent[1]}"
        )
        if feed.unseen:
            yield f"    not asked in these rounds, so unknown: {', '.join(feed.unseen)}"
    for label, pairs in (("new, nothing recorded", simulation.new), ("no longer priced", simulation.gone)):
        if pairs:
            yield f"  {label}: {', '.join(pairs)}"
    gas = f", about {simulation.more_gas:+d} gas" if simulation.more_gas is not None else ""
    yield f"  publications {simulation.more_sent:+d}{gas} over these rounds"


def _gas_per_answer() -> int | None:
    landed = Submission.objects.filter(state__in=Submission.LANDED, gas_used__isnull=False).order_by("-created_at")
    rows = [(gas, len(pairs)) for gas, pairs in landed.values_list("gas_used", "landed")[:GAS_SAMPLE] if gas and pairs]
    return sum(gas for gas, _ in rows) // sum(count for _, count in rows) if rows else None
