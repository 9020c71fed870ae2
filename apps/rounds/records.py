"""How lanes and inputs are written down, and what of a round is evidence: plain JSON, decimals as text."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from apps.pricing.aggregate import Known
from apps.pricing.observations import FeedPrice
from apps.pricing.plan import RoundPlan
from apps.pricing.types import AnswerState, OnChainValue, RefusalCode
from apps.rounds.models import Answer, Round


def call_summaries(calls: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the calls without their outcomes, which the answers' observations hold."""
    return [_summary(call, [row["kind"] for row in call["outcomes"]]) for call in calls]


def covered_pairs(plan: RoundPlan, answers: Sequence[Answer], *, requested: Collection[str]) -> list[str]:
    """Return the pairs whose observations are evidence: what is published or held, was asked for, and all their legs.

    The rest of a round is what did not matter; of a round without news that is all of it.
    """
    weighty, wanted = {AnswerState.ACCEPTED, AnswerState.HELD}, set(requested)
    mattered = {answer.pair for answer in answers if answer.state in weighty or answer.pair in wanted}
    by_pair = {feed.pair: feed for feed in plan.feeds}
    pending = list(mattered)
    while pending:
        legs = {row.conversion for row in by_pair[pending.pop()].listings if row.conversion in by_pair}
        fresh = {leg for leg in legs if leg is not None} - mattered
        mattered |= fresh
        pending += fresh
    return sorted(mattered)


def evidence_rows(round_: Round, answers: Sequence[Answer]) -> list[Mapping[str, Any]]:
    """Return what the evidence hash covers, a leaf each.

    Every observation of the covered pairs, every call with the hashes of its reply bodies, and what was known beside.
    """
    covered = set(round_.inputs["covered"])
    calls = [call for lane in round_.lanes for call in lane["calls"]]
    observations = [row for answer in answers if answer.pair in covered for row in answer.observations]
    return [*observations, *calls, {"kind": "inputs", **round_.inputs}]


def inputs_to_json(known: Known, prices: Mapping[str, FeedPrice], *, covered: Sequence[str]) -> dict[str, Any]:
    """Return what the covered pairs were judged with beside their quotes, for evidence and replay."""
    return {
        "covered": list(covered),
        "references": {pair: _value(known.references[pair]) for pair in covered if pair in known.references},
        "last": {pair: _value(known.last[pair]) for pair in covered if pair in known.last},
        "releases": {
            pair: [str(release.answer), release.tolerance_bps]
            for pair in covered
            if (release := known.releases.get(pair)) is not None
        },
        "frozen": sorted(
            [pair, o.outcome.source]
            for pair in covered
            for o in prices[pair].observations
            if o.refusal == RefusalCode.FROZEN
        ),
    }


def _summary(call: Mapping[str, Any], kinds: Sequence[str]) -> dict[str, Any]:
    plain = {name: value for name, value in call.items() if name != "outcomes"}
    return plain | {"quotes": kinds.count("quote"), "misses": kinds.count("miss")}


def _value(value: OnChainValue) -> list[str]:
    return [str(value.answer), value.observed_at.isoformat(), value.updated_at.isoformat()]
