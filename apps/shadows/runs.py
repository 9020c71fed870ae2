"""The rounds of shadows: opened by the clock, settled by their chord's body, compared with production, never sent."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Max

from apps.pricing.aggregate import Known, aggregate_round
from apps.pricing.observations import FeedPrice
from apps.pricing.plan import plan_from_json
from apps.pricing.triggers import decide
from apps.pricing.types import AnswerState, OnChainValue
from apps.rounds.memory import recall
from apps.rounds.models import Answer
from apps.rounds.settling import collect_outcomes
from apps.shadows.models import Shadow, ShadowAnswer, ShadowRun
from apps.submissions.selectors import on_chain_values

log = logging.getLogger(__name__)
# How far in time a production answer may lie from the shadow's to be compared with it.
NEIGHBOURHOOD = timedelta(seconds=10)


def open_runs(*, now: datetime) -> list[ShadowRun]:
    """Return a new run of every running shadow whose last one is SHADOW_INTERVAL_S old."""
    due_before = now - timedelta(seconds=float(settings.SHADOW_INTERVAL_S))
    running = Shadow.objects.filter(state=Shadow.State.RUNNING).annotate(last=Max("runs__opened_at"))
    due = [shadow for shadow in running if shadow.last is None or shadow.last <= due_before]
    return [ShadowRun.objects.create(shadow=shadow, opened_at=now) for shadow in due]


def settle_run(run_id: uuid.UUID, lanes: Iterable[Mapping[str, Any]], *, now: datetime) -> bool:
    """Store what the shadow would have answered; return whether this call did. Idempotent."""
    with transaction.atomic():
        run = ShadowRun.objects.select_for_update().select_related("shadow").filter(pk=run_id, closed_at=None).first()
        if run is None:
            return False
        plan = plan_from_json(run.shadow.plan)
        outcomes = collect_outcomes(plan, list(lanes))
        references = _references(run.shadow)
        # What production remembers holds here too; what is seen here, it does not learn.
        memory = recall([feed.pair for feed in plan.feeds])
        known = Known(references=references, last=memory.last, watches=memory.watches)
        prices = aggregate_round(plan.feeds, outcomes, now=now, known=known)
        production = _production(run.shadow.pairs, opened_at=run.opened_at)
        ShadowAnswer.objects.bulk_create(
            _answer(run, prices[pair], reference=references.get(pair), production=production.get(pair), now=now)
            for pair in run.shadow.pairs
        )
        run.closed_at = now
        run.save(update_fields=["closed_at"])
    return True


def _answer(
    run: ShadowRun, price: FeedPrice, *, reference: OnChainValue | None, production: int | None, now: datetime
) -> ShadowAnswer:
    decision = decide(price, reference=reference, on_demand=False, now=now)
    return ShadowAnswer(
        run=run,
        pair=price.feed.pair,
        state=decision.state,
        reason=decision.reason,
        answer=price.answer,
        decimals=price.feed.decimals,
        observed_at=price.observed_at,
        sources_used=len(price.used),
        production=production,
        is_sent=decision.state == AnswerState.ACCEPTED,
    )


def _references(shadow: Shadow) -> dict[str, OnChainValue]:
    """Return what the chain would hold had the draft been in force since it started, which is with the real value."""
    sent = ShadowAnswer.objects.filter(run__shadow=shadow, is_sent=True, answer__isnull=False)
    newest = sent.order_by("pair", "-run__closed_at").distinct("pair").select_related("run")
    own = {
        row.pair: OnChainValue(row.answer, observed_at=row.observed_at, updated_at=row.run.closed_at)
        for row in newest
        if row.answer is not None and row.observed_at is not None and row.run.closed_at is not None
    }
    return on_chain_values([pair for pair in shadow.pairs if pair not in own]) | own


def _production(pairs: Sequence[str], *, opened_at: datetime) -> dict[str, int]:
    """Return production's answers nearest in time, by pair."""
    near = Answer.objects.filter(
        pair__in=pairs,
        answer__isnull=False,
        round__opened_at__range=(opened_at - NEIGHBOURHOOD, opened_at + NEIGHBOURHOOD),
    )
    rows = near.values_list("pair", "answer", "round__opened_at")
    ordered = sorted(rows, key=lambda row: abs(row[2] - opened_at), reverse=True)
    return {pair: int(answer) for pair, answer, _ in ordered if answer is not None}
