"""What a settled round publishes where: a decision per feed and destination, and a report per destination with news.

Each destination is judged by what its own contract holds, so a feed may be due at one and quiet at another. A dead
chain keeps its old value and its planned reports; it never changes what is decided for the others.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from apps.feeds.publishing import Destinations
from apps.pricing.observations import FeedPrice
from apps.pricing.triggers import Decision, decide
from apps.pricing.types import AnswerState, OnChainValue
from apps.rounds.models import Answer, Round
from apps.submissions.models import Submission
from apps.submissions.services import PlannedAnswer, plan_submission


@dataclass(frozen=True, slots=True)
class Chains:
    """The destinations of a round, and what each of their contracts holds or will hold, by name and pair."""

    destinations: Destinations
    references: Mapping[str, Mapping[str, OnChainValue]]

    def decide(self, price: FeedPrice, *, on_demand: bool, now: datetime) -> dict[str, Decision]:
        """Return what becomes of a feed at each of its destinations, in the order it names them."""
        pair = price.feed.pair
        return {
            name: decide(price, reference=self.references[name].get(pair), on_demand=on_demand, now=now)
            for name in self.destinations.of(price.feed.destinations)
        }


def decisions_to_json(decisions: Mapping[str, Decision], *, default: str) -> dict[str, dict[str, str]]:
    """Return the decisions as an answer keeps them; nothing where the default destination is the only one."""
    if list(decisions) == [default]:
        return {}
    return {
        name: {"state": decision.state, "reason": decision.reason, "message": decision.message[:300]}
        for name, decision in decisions.items()
    }


def plan_reports(
    round_: Round, judged: Sequence[tuple[Answer, Mapping[str, Decision]]], *, default: str
) -> list[Submission]:
    """Plan one submission for every destination that has news, and return them, the default destination's first."""
    accepted: defaultdict[str, list[PlannedAnswer]] = defaultdict(list)
    for answer, decisions in judged:
        if answer.answer is None or answer.observed_at is None:
            continue
        planned = PlannedAnswer(answer.pair, answer.answer, answer.decimals, answer.observed_at)
        for name, decision in decisions.items():
            if decision.state == AnswerState.ACCEPTED:
                accepted[name].append(planned)
    return [
        plan_submission(
            answers=accepted[name],
            evidence_hash=round_.evidence_hash,
            simulated=round_.market == Round.Market.SIMULATED,
            destination=name,
        )
        for name in sorted(accepted, key=lambda name: (name != default, name))
    ]
