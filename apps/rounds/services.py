"""Opening and settling rounds: the only code that writes them.

Settling happens once, under the lock of the round's row, so callback and watchdog may both try and one of them wins.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction

from apps.feeds.models import Feed
from apps.feeds.selectors import current_config_version, feed_specs
from apps.feeds.services import record_source_calls
from apps.monitoring import metrics
from apps.pricing.aggregate import FeedPrice, aggregate_round
from apps.pricing.evidence import evidence_hash
from apps.pricing.plan import RoundPlan, plan_from_json, plan_round, plan_to_json
from apps.pricing.triggers import Decision, decide
from apps.pricing.types import AnswerState, Miss, MissCode, Quote
from apps.rounds.models import Answer, Round
from apps.rounds.records import call_summaries, evidence_rows, observation_to_json
from apps.rounds.selectors import open_round_covering, reference_values
from apps.sources.wire import outcome_from_json
from apps.submissions.models import Submission
from apps.submissions.services import PlannedAnswer, plan_submission

log = logging.getLogger(__name__)
DELETE_BATCH = 2_000
# A feed that stays below quorum rejects every scheduled round, about 30 KB each: 80 GB in 30 days of 1 s rounds.
REJECTED_RETENTION = timedelta(hours=6)


class UnknownFeeds(LookupError):
    """Feeds were asked for that do not exist or are disabled; ``pairs`` names them."""

    def __init__(self, pairs: Sequence[str]) -> None:
        super().__init__(f"unknown or disabled feeds: {', '.join(pairs)}")
        self.pairs = tuple(pairs)


@dataclass(frozen=True, slots=True)
class Outcome:
    """One quote or miss of a lane, with the call it came from."""

    result: Quote | Miss
    call: Mapping[str, Any]


@transaction.atomic
def open_round(
    *, pairs: Sequence[str], trigger: Round.Trigger, requested_by: str, now: datetime
) -> tuple[Round, RoundPlan, bool]:
    """Return the round that will answer for these pairs, its plan, and whether it was already open.

    The feeds' rows are locked meanwhile, so two requests for the same feed cannot both open one. The round also
    carries the conversion feeds its pairs need.

    Raises:
        UnknownFeeds: a pair is not an enabled feed.
    """
    locked = set(
        Feed.objects.select_for_update()
        .filter(pair__in=pairs, enabled=True)
        .order_by("pk")
        .values_list("pair", flat=True)
    )
    if unknown := [pair for pair in pairs if pair not in locked]:
        raise UnknownFeeds(unknown)
    requested = [] if trigger == Round.Trigger.SCHEDULED else sorted(pairs)
    if joined := open_round_covering(pairs, now=now):
        joined.requested = sorted({*joined.requested, *requested})
        joined.save(update_fields=["requested"])
        return joined, plan_from_json(joined.plan), True
    plan = plan_round(feed_specs(pairs))
    opened = Round.objects.create(
        trigger=trigger,
        market=Round.Market.SIMULATED if settings.MARKET == "simulated" else Round.Market.LIVE,
        requested_by=requested_by,
        pairs=[feed.pair for feed in plan.feeds],
        requested=requested,
        plan=plan_to_json(plan),
        config_version=current_config_version(),
        opened_at=now,
        deadline=now + timedelta(seconds=float(settings.ROUND_DEADLINE_S)),
    )
    return opened, plan, False


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
    with transaction.atomic():
        # The lock keeps a request from joining between the judgement of its feed and the closing.
        round_ = Round.objects.select_for_update().get(pk=round_id)
        if round_.state == Round.State.CLOSED:
            return None
        answers = _judge(round_, brought, now=now)
        round_.lanes = [{"lane": lane["lane"], "calls": call_summaries(lane["calls"])} for lane in brought]
        round_.evidence_hash = evidence_hash(evidence_rows(round_, answers))
        _close(round_, answers, closed_by=closed_by, now=now)
        record_source_calls(calls)
    _count(round_, answers, calls=calls)
    return round_


def collect_outcomes(plan: RoundPlan, lanes: Sequence[Mapping[str, Any]]) -> dict[tuple[str, str], Outcome]:
    """Return what each source said per pair, by (source, pair); a lane that never came back counts as lost."""
    outcomes: dict[tuple[str, str], Outcome] = {}
    for lane in lanes:
        for call in lane["calls"]:
            for row in call["outcomes"]:
                outcome = outcome_from_json(row)
                outcomes.setdefault((outcome.source, outcome.pair), Outcome(outcome, call))
    for source in plan.lanes:
        for ask in plan.asks[source]:
            lost = Miss(source, ask.pair, ask.ticker, MissCode.LANE_LOST, "no result before the round closed")
            outcomes.setdefault((source, ask.pair), Outcome(lost, {"role": "primary", "promoted_for": None}))
    return outcomes


def prune_rounds(*, now: datetime) -> int:
    """Delete rounds past their retention, a batch at a time; return how many went.

    Quiet rounds go first, then scheduled ones that were rejected; those that somebody asked for stay the full time.

    A round takes its submission and the signed bytes with it; it stays while that submission is still on its way.
    """
    quiet_before = now - timedelta(seconds=settings.QUIET_ROUND_RETENTION_S)
    old_before = now - timedelta(days=settings.ROUND_RETENTION_DAYS)
    quiet = Round.objects.filter(outcome=Round.Outcome.QUIET, opened_at__lt=quiet_before)
    rejected = Round.objects.filter(
        outcome=Round.Outcome.REJECTED, requested=[], opened_at__lt=now - REJECTED_RETENTION
    )
    old = Round.objects.filter(state=Round.State.CLOSED, opened_at__lt=old_before)
    old = old.exclude(submission__state__in=[*Submission.UNFINISHED, Submission.State.CONFIRMED])
    doomed = {
        pk: submission_id
        for rounds in (quiet, rejected, old)
        for pk, submission_id in rounds.values_list("pk", "submission_id")[:DELETE_BATCH]
    }
    with transaction.atomic():
        Round.objects.filter(pk__in=doomed).delete()
        Submission.objects.filter(pk__in=[pk for pk in doomed.values() if pk is not None]).delete()
    return len(doomed)


def _judge(round_: Round, lanes: Sequence[Mapping[str, Any]], *, now: datetime) -> list[Answer]:
    plan = plan_from_json(round_.plan)
    outcomes = collect_outcomes(plan, lanes)
    prices = aggregate_round(plan.feeds, {key: outcome.result for key, outcome in outcomes.items()}, now=now)
    references = reference_values(list(prices))
    return [
        _answer(
            round_,
            price,
            decide(price, reference=references.get(pair), on_demand=pair in round_.requested, now=now),
            outcomes=outcomes,
        )
        for pair, price in prices.items()
    ]


def _answer(
    round_: Round, price: FeedPrice, decision: Decision, *, outcomes: Mapping[tuple[str, str], Outcome]
) -> Answer:
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
        observations=[
            observation_to_json(o, outcomes[o.outcome.source, o.outcome.pair].call) for o in price.observations
        ],
    )


def _close(round_: Round, answers: Sequence[Answer], *, closed_by: Round.ClosedBy, now: datetime) -> None:
    """Write the closed round and all that belongs to it, inside the caller's transaction."""
    accepted = [answer for answer in answers if answer.state == AnswerState.ACCEPTED]
    rejected = any(answer.state == AnswerState.REJECTED for answer in answers)
    round_.state, round_.closed_at, round_.closed_by = Round.State.CLOSED, now, closed_by
    round_.outcome = _outcome(accepted=bool(accepted), rejected=rejected)
    round_.submission = _plan_submission(round_, accepted) if accepted else None
    round_.save()
    Answer.objects.bulk_create(answers)


def _outcome(*, accepted: bool, rejected: bool) -> Round.Outcome:
    if accepted:
        return Round.Outcome.SENT
    return Round.Outcome.REJECTED if rejected else Round.Outcome.QUIET


def _plan_submission(round_: Round, accepted: Sequence[Answer]) -> Submission:
    planned = [
        PlannedAnswer(pair=a.pair, answer=a.answer, decimals=a.decimals, observed_at=a.observed_at)
        for a in accepted
        if a.answer is not None and a.observed_at is not None
    ]
    return plan_submission(
        answers=planned, evidence_hash=round_.evidence_hash, simulated=round_.market == Round.Market.SIMULATED
    )


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
