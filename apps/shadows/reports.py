"""How far a shadow went from production."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import datetime

from apps.pricing.types import AnswerState
from apps.pricing.whatif import FeedComparison, Step, comparison_of
from apps.rounds.models import Answer
from apps.shadows.models import Shadow, ShadowAnswer


def divergence(shadow: Shadow) -> list[FeedComparison]:
    """Return, per feed of the shadow, its answers against production's of about the same second.

    ``sent`` compares publications of the whole time: what production really sent, and what the draft would have.
    """
    rows = ShadowAnswer.objects.filter(run__shadow=shadow).select_related("run").order_by("run__opened_at")
    steps: defaultdict[str, list[Step]] = defaultdict(list)
    decimals: dict[str, int] = {}
    for row in rows:
        steps[row.pair].append(
            Step(row.run.opened_at, row.production, row.answer, is_sent_before=False, is_sent_after=row.is_sent)
        )
        decimals[row.pair] = row.decimals
    compared = [comparison_of(pair, steps[pair], decimals=decimals[pair]) for pair in sorted(steps)]
    return [replace(one, sent=(_really_sent(shadow, one.pair, since=one.steps[0].at), one.sent[1])) for one in compared]


def _really_sent(shadow: Shadow, pair: str, *, since: datetime) -> int:
    answers = Answer.objects.filter(pair=pair, state=AnswerState.ACCEPTED, round__opened_at__gte=since)
    if shadow.ended_at:
        answers = answers.filter(round__opened_at__lte=shadow.ended_at)
    return answers.count()
