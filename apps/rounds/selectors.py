"""What happened, as others ask for it."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from django.db.models import QuerySet

from apps.pricing.types import OnChainValue
from apps.rounds.models import Answer, Round
from apps.submissions.models import Submission
from apps.submissions.selectors import on_chain_values

STATUSES = ("OPEN", "SUBMITTING", "CONFIRMED", "HELD", "QUIET", "REJECTED", "REPLACED", "FAILED")


def round_status(round_: Round) -> str:
    """Return where a round stands for its reader.

    OPEN: sources are being asked.  SUBMITTING: settled, its report is on the way.  CONFIRMED: landed and read back.
    HELD: nothing was sent and a price waits for a person.  QUIET: nothing to send.  REJECTED: nothing could be sent.
    REPLACED: a newer report of the same feeds took its place.  FAILED: the report will never land.
    """
    if round_.state == Round.State.OPEN:
        return "OPEN"
    if round_.outcome != Round.Outcome.SENT or round_.submission is None:
        return round_.outcome
    if round_.submission.state in Submission.LANDED:
        return "CONFIRMED"
    ends = {Submission.State.FATAL: "FAILED", Submission.State.REPLACED: "REPLACED"}
    return ends.get(Submission.State(round_.submission.state), "SUBMITTING")


def is_finished(round_: Round) -> bool:
    """Return whether nothing more will happen to this round."""
    return round_status(round_) not in {"OPEN", "SUBMITTING"}


def get_round(round_id: uuid.UUID) -> Round:
    """Return one round with its answers, submission and configuration. Raises Round.DoesNotExist."""
    return _complete(Round.objects.all()).get(pk=round_id)


def recent_rounds(*, limit: int = 50, pair: str | None = None, before: datetime | None = None) -> list[Round]:
    """Return the newest rounds first; ``before`` continues a page by the last ``opened_at`` seen."""
    rounds = _complete(Round.objects.order_by("-opened_at"))
    if pair is not None:
        rounds = rounds.filter(pairs__contains=[pair])
    if before is not None:
        rounds = rounds.filter(opened_at__lt=before)
    return list(rounds[:limit])


def open_round_covering(pairs: Sequence[str], *, now: datetime) -> Round | None:
    """Return an open round in its time that already asks for all these pairs, locked; None without one."""
    covering = Round.objects.select_for_update().filter(
        state=Round.State.OPEN, deadline__gt=now, pairs__contains=list(pairs)
    )
    return covering.order_by("-opened_at").first()


def overdue_rounds(*, now: datetime, limit: int = 100) -> list[uuid.UUID]:
    """Return the ids of open rounds past their deadline, oldest first."""
    overdue = Round.objects.filter(state=Round.State.OPEN, deadline__lte=now).order_by("deadline")
    return list(overdue.values_list("pk", flat=True)[:limit])


def reference_values(pairs: Sequence[str]) -> dict[str, OnChainValue]:
    """Return what the chain holds per pair, or will hold once the submission in flight has landed.

    Without the latter, every round between sending and confirming would send the same news again.
    """
    values, wanted = on_chain_values(pairs), set(pairs)
    for submission in Submission.objects.filter(state__in=Submission.UNFINISHED).order_by("created_at"):
        for planned in _planned(submission):
            known = values.get(planned["pair"])
            observed_at = datetime.fromtimestamp(planned["observed_at"], tz=UTC)
            if planned["pair"] in wanted and (known is None or known.observed_at < observed_at):
                values[planned["pair"]] = OnChainValue(int(planned["answer"]), observed_at, observed_at)
    return values


def latest_answer(pair: str) -> Answer | None:
    """Return the newest answer of a pair whatever its state, None before the first round."""
    return Answer.objects.filter(pair=pair).select_related("round").order_by("-round__opened_at").first()


def _planned(submission: Submission) -> list[dict[str, Any]]:
    return list(submission.answers)


def _complete(rounds: QuerySet[Round]) -> QuerySet[Round]:
    return rounds.select_related("submission", "submission__deployment", "config_version").prefetch_related("answers")
