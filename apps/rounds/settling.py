"""Settling rounds: from what the lanes brought to answers, and to a submission when there is news.

Settling happens once, under the lock of the round's row, so callback and watchdog may both try and one of them wins.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from apps.feeds.publishing import destinations
from apps.feeds.services import record_source_calls
from apps.monitoring import metrics
from apps.pricing.aggregate import FeedPrice, Known, aggregate_round
from apps.pricing.evidence import evidence_hash
from apps.pricing.plan import RoundPlan
from apps.pricing.triggers import Decision, overall
from apps.pricing.types import AnswerState, Miss, MissCode, Quote
from apps.rounds.copying import copy_answers
from apps.rounds.holds import active_releases, update_holds
from apps.rounds.memory import Memory, recall, remember
from apps.rounds.models import Answer, PackedObservations, Round
from apps.rounds.packing import pack, pack_inputs, row_of, said_of
from apps.rounds.plans import plan_of
from apps.rounds.publishing import Chains, decisions_to_json, plan_reports
from apps.rounds.records import (
    call_summaries,
    covered_pairs,
    evidence_rows,
    inputs_to_json,
)
from apps.rounds.selectors import freshest, references_at
from apps.scorecards.services import record_round
from apps.sources.wire import outcomes_from_json
from apps.submissions.hints import hints

log = logging.getLogger(__name__)
# What closing writes of a round's row. Not its plan, which is megabytes.
CLOSING = ("state", "closed_at", "closed_by", "outcome", "submission", "lanes", "inputs", "evidence_hash")
# The origin of what a source that never came back said.
LOST: Mapping[str, Any] = {"role": "primary", "promoted_for": None}


def settle(
    round_id: uuid.UUID, lanes: Iterable[Mapping[str, Any]], *, closed_by: Round.ClosedBy, now: datetime
) -> Round | None:
    """Return the round this call closed, None when it was closed before. Idempotent.

    lanes: results of ``rounds.fetch_lane``; lanes of the plan that are absent count as lost.
    Observations, answers and the submission are committed together with the closing.

    Raises:
        Round.DoesNotExist: no such round.
    """
    brought = list(lanes)
    calls = [call for lane in brought for call in lane["calls"]]
    memory = recall(Round.objects.only("pairs").get(pk=round_id).pairs)
    with transaction.atomic():
        # The lock keeps a request from joining between the judgement of its feed and the closing.
        round_ = Round.objects.select_for_update().get(pk=round_id)
        if round_.state == Round.State.CLOSED:
            return None
        plan = plan_of(round_)
        outcomes = collect_outcomes(plan, brought)
        pairs = [feed.pair for feed in plan.feeds]
        chains = _chains(pairs)
        known = _known(pairs, chains, memory, now=now)
        prices = aggregate_round(plan.feeds, outcomes, now=now, known=known)
        asked_for = set(round_.requested)
        judged = [
            _judged(round_, price, chains, on_demand=pair in asked_for, now=now) for pair, price in prices.items()
        ]
        answers = [answer for answer, _ in judged]
        round_.lanes = [{"lane": lane["lane"], "calls": call_summaries(lane["calls"])} for lane in brought]
        covered = covered_pairs(plan, answers, requested=round_.requested)
        round_.inputs = inputs_to_json(known, prices, covered=covered)
        _write_down(round_, answers, prices, calls, known=known)
        round_.evidence_hash = evidence_hash(evidence_rows(round_, answers))
        _close(round_, judged, default=chains.destinations.default, closed_by=closed_by, now=now)
        record_source_calls(calls)
    remember(prices, memory)
    if round_.outcome in {Round.Outcome.SENT, Round.Outcome.HELD} or round_.requested:
        # while the bodies are still there; a lost hint is made good by beat's sweep
        hints.send("evidence.keep_round", str(round_.pk), queue="settle")
    _count(round_, answers, calls=calls)
    record_round(prices.values(), calls, now=now)
    return round_


def collect_outcomes(plan: RoundPlan, lanes: Sequence[Mapping[str, Any]]) -> dict[tuple[str, str], Quote | Miss]:
    """Return what each source said per pair, by (source, pair); a lane that never came back counts as lost."""
    outcomes: dict[tuple[str, str], Quote | Miss] = {}
    for lane in lanes:
        for call in lane["calls"]:
            for outcome in outcomes_from_json(call["outcomes"]):
                outcomes.setdefault((outcome.source, outcome.pair), outcome)
    for source in plan.lanes:
        for ask in plan.asks[source]:
            if (source, ask.pair) not in outcomes:
                lost = Miss(source, ask.pair, ask.ticker, MissCode.LANE_LOST, "no result before the round closed")
                outcomes[source, ask.pair] = lost
    return outcomes


def _chains(pairs: Sequence[str]) -> Chains:
    found = destinations()
    return Chains(found, references_at(pairs, found.chain_ids))


def _known(pairs: Sequence[str], chains: Chains, memory: Memory, *, now: datetime) -> Known:
    """Return what guards judge by: of a feed's values on several chains the freshest, so a dead chain holds nothing."""
    return Known(
        references=freshest(chains.references),
        last=memory.last,
        watches=memory.watches,
        releases=active_releases(pairs, now=now),
    )


def _judged(
    round_: Round, price: FeedPrice, chains: Chains, *, on_demand: bool, now: datetime
) -> tuple[Answer, dict[str, Decision]]:
    """Return the feed's answer, and the decision at each of its destinations that the answer sums up."""
    decisions = chains.decide(price, on_demand=on_demand, now=now)
    answer = _answer(round_, price, overall(decisions))
    answer.decisions = decisions_to_json(decisions, default=chains.destinations.default)
    return answer, decisions


def _answer(round_: Round, price: FeedPrice, decision: Decision) -> Answer:
    return Answer(
        round=round_,
        pair=price.feed.pair,
        state=decision.state,
        reason=decision.reason,
        message=decision.message[:300],
        answer=price.answer,
        decimals=price.feed.decimals,
        observed_at=price.observed_at,
        sources_used=len(price.used),
        quorum=price.feed.quorum,
        confidence=price.confidence,
        grade=price.grade or "",
    )


def _write_down(
    round_: Round,
    answers: Sequence[Answer],
    prices: Mapping[str, FeedPrice],
    calls: Sequence[Mapping[str, Any]],
    *,
    known: Known,
) -> None:
    """Give the answers that mattered their observations, and pack those of the others, with their inputs."""
    covered = set(round_.inputs["covered"])
    origins = {call["source"]: call for call in reversed(calls)}  # a source is asked once a round
    said = {
        pair: [said_of(seen, origins.get(seen.outcome.source, LOST)) for seen in price.observations]
        for pair, price in prices.items()
    }
    for answer in answers:
        if answer.pair in covered:
            answer.own_observations = [row_of(answer.pair, one) for one in said.pop(answer.pair)]
        else:
            answer.own_observations = None
    if said:
        inputs = inputs_to_json(known, prices, covered=sorted(said))
        PackedObservations.objects.create(round=round_, rows=pack(said), inputs=pack_inputs(inputs))


def _close(
    round_: Round,
    judged: Sequence[tuple[Answer, Mapping[str, Decision]]],
    *,
    default: str,
    closed_by: Round.ClosedBy,
    now: datetime,
) -> None:
    """Write the closed round and all that belongs to it, inside the caller's transaction."""
    answers = [answer for answer, _ in judged]
    round_.state, round_.closed_at, round_.closed_by = Round.State.CLOSED, now, closed_by
    round_.outcome = _outcome({answer.state for answer in answers})
    reports = plan_reports(round_, judged, default=default)
    round_.submission = reports[0] if reports else None
    round_.save(update_fields=CLOSING)
    if elsewhere := reports[1:]:
        round_.elsewhere.set(elsewhere)
    copy_answers(answers)
    update_holds(round_, answers, now=now)


def _outcome(states: Collection[str]) -> Round.Outcome:
    """Return the round's outcome from the states of its answers, the weightiest first."""
    if AnswerState.ACCEPTED in states:
        return Round.Outcome.SENT
    if AnswerState.HELD in states:
        return Round.Outcome.HELD
    return Round.Outcome.REJECTED if AnswerState.REJECTED in states else Round.Outcome.QUIET


def _count(round_: Round, answers: Sequence[Answer], *, calls: Sequence[Mapping[str, Any]]) -> None:
    closed_at = round_.closed_at or round_.opened_at
    duration_s = (closed_at - round_.opened_at).total_seconds()
    metrics.round_closed(round_.trigger, round_.outcome, round_.closed_by, duration_s)
    for answer in answers:
        metrics.answer_settled(answer.pair, answer.state, answer.reason)
    log.info(
        "round settled round=%s trigger=%s outcome=%s by=%s duration_ms=%d calls=%d",
        round_.pk,
        round_.trigger,
        round_.outcome,
        round_.closed_by,
        duration_s * 1000,
        len(calls),
    )
