"""What happened, as others ask for it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from django.db.models import QuerySet

from apps.feeds.publishing import destinations
from apps.pricing.types import OnChainValue
from apps.rounds.models import Answer, Round
from apps.submissions.models import Submission
from apps.submissions.selectors import values_on_chains

STATUSES = ("OPEN", "SUBMITTING", "CONFIRMED", "HELD", "QUIET", "REJECTED", "REPLACED", "FAILED")


def round_status(round_: Round) -> str:
    """Return where a round stands for its reader: with several destinations, at the default one.

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


def reports_of(round_: Round) -> list[Submission]:
    """Return every report of a round, the one for the default destination first."""
    return [] if round_.submission is None else [round_.submission, *round_.elsewhere.all()]


def report_for(round_: Round, destination: str) -> Submission | None:
    """Return a round's report for a destination, None when it had none."""
    return next((report for report in reports_of(round_) if report.destination == destination), None)


def is_finished(round_: Round) -> bool:
    """Return whether nothing more will happen to this round."""
    return round_status(round_) not in {"OPEN", "SUBMITTING"}


def get_round(round_id: uuid.UUID) -> Round:
    """Return one round with its answers, submission and configuration. Raises Round.DoesNotExist."""
    return _complete(Round.objects.all()).get(pk=round_id)


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
    """Return what the chains hold per pair, or will hold once the submission in flight has landed.

    Of a feed with several destinations the freshest: what guards and people compare a price with.
    """
    return freshest(references_at(pairs, destinations().chain_ids))


def references_at(pairs: Sequence[str], chain_ids: Mapping[str, int]) -> dict[str, dict[str, OnChainValue]]:
    """Return the same for each destination by itself, by name and pair. chain_ids: of each, by name.

    Without what is in flight, every round between sending and confirming would send the same news again.
    """
    values = values_on_chains(pairs, chain_ids)
    wanted = set(pairs)
    waiting = Submission.objects.filter(state__in=Submission.UNFINISHED, destination__in=chain_ids)
    for submission in waiting.order_by("created_at"):
        if submission.chain_id != chain_ids[submission.destination]:
            continue
        there = values[submission.destination]
        for planned in _planned(submission):
            known = there.get(planned["pair"])
            observed_at = datetime.fromtimestamp(planned["observed_at"], tz=UTC)
            if planned["pair"] in wanted and (known is None or known.observed_at < observed_at):
                there[planned["pair"]] = OnChainValue(int(planned["answer"]), observed_at, observed_at)
    return values


def freshest(references: Mapping[str, Mapping[str, OnChainValue]]) -> dict[str, OnChainValue]:
    """Return each pair's value with the newest observation among all destinations."""
    found: dict[str, OnChainValue] = {}
    for values in references.values():
        for pair, value in values.items():
            if pair not in found or found[pair].observed_at < value.observed_at:
                found[pair] = value
    return found


def latest_answer(pair: str) -> Answer | None:
    """Return the newest answer of a pair whatever its state, None before the first round."""
    return Answer.objects.filter(pair=pair).select_related("round").order_by("-round__opened_at").first()


def _planned(submission: Submission) -> list[dict[str, Any]]:
    return list(submission.answers)


def _complete(rounds: QuerySet[Round]) -> QuerySet[Round]:
    return rounds.select_related("submission", "submission__deployment", "config_version").prefetch_related(
        "answers", "elsewhere__deployment"
    )
