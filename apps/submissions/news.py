"""Whether a planned submission is still news: not too old, not on chain already, not on its way in a newer report."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from django.db.models import QuerySet

from apps.chain.gateway import ChainSnapshot
from apps.chain.report import ReportAnswer
from apps.feeds.models import Feed
from apps.submissions.models import Deployment, OperatorAction, Submission
from apps.submissions.services import StateMoved, fail
from apps.submissions.signing import report_answers

State = Submission.State
EXPIRED = "expired"
SUPERSEDED = "superseded"
# So long a planned submission is its destination's worker's alone.
LEFT_TO_WORKERS = timedelta(seconds=30)


def expire(submission: Submission, *, now: datetime) -> bool:
    """Fail a planned submission whose every answer is older than its feed's max age; returns whether it was."""
    refusal = too_old(submission, now=now)
    if refusal:
        fail(submission.pk, frm=[State.PLANNED], code=EXPIRED, message=refusal)
    return bool(refusal)


def expire_planned(*, now: datetime, limit: int = 500) -> int:
    """End planned submissions that are too old, of every destination, and return how many; asks no chain.

    Where a chain or its worker is away nobody else ends them, and every round reads what is on its way. Those that were
    signed before are left to their worker, which finds out what became of their transactions first.
    """
    planned = Submission.objects.filter(state=State.PLANNED, attempts=None, created_at__lt=now - LEFT_TO_WORKERS)
    ended = 0
    for submission in planned.order_by("created_at")[:limit]:
        try:
            ended += expire(submission, now=now)
        except StateMoved:
            continue  # its worker was faster
    return ended


def too_old(submission: Submission, *, now: datetime) -> str:
    """Return why every answer is past its feed's max age, empty when one is not."""
    answers = report_answers(submission)
    max_age_s = dict(Feed.objects.filter(pair__in=[a.pair for a in answers]).values_list("pair", "max_age_s"))
    ages = {answer.pair: int(now.timestamp()) - answer.observed_at for answer in answers}
    if any(age <= max_age_s.get(pair, 0) for pair, age in ages.items()):
        return ""
    shown = ", ".join(f"{pair} {age} s > {max_age_s.get(pair, 0)} s" for pair, age in ages.items())
    return f"every answer is too old: {shown}"


def superseded(answers: Sequence[ReportAnswer], snapshot: ChainSnapshot) -> str:
    """Return why no answer is newer than the chain's, empty when at least one is."""
    seen: list[str] = []
    for answer in answers:
        reading = snapshot.prices.get(answer.pair)
        if reading is None or answer.observed_at > reading.observed_at.timestamp():
            return ""
        ours = datetime.fromtimestamp(answer.observed_at, UTC)
        seen.append(f"{answer.pair} {ours:%H:%M:%S} is not after the chain's {reading.observed_at:%H:%M:%S}")
    return "; ".join(seen)


def newer_in_flight(submission: Submission, deployment: Deployment) -> Submission | None:
    """Return a submission on its way to the same contract that makes this one no news, None without one."""
    in_flight = Submission.objects.filter(deployment=deployment, state__in=Submission.IN_FLIGHT)
    return _covering(submission, in_flight.exclude(pk=submission.pk).order_by("-created_at"))


def freshest_planned(submission: Submission, *, now: datetime) -> Submission | None:
    """Return the newest planned submission that may take the place of one in flight, None without one.

    It must have an answer at least as new for each of its feeds, and be young enough to be accepted. A report carries
    one evidence hash, so answers of two rounds are never mixed into one.
    """
    fresh = _covering(submission, _planned_beside(submission))
    return None if fresh is None or too_old(fresh, now=now) else fresh


def freshest_overtaking(submission: Submission, *, now: datetime) -> Submission | None:
    """Return the newest planned submission that should land before one in flight, None without one.

    It has a newer answer for some feeds of it, an older one for none, and is young enough to be accepted.
    """
    held = _times(submission)
    for candidate in _planned_beside(submission):
        shared = {pair: time_s - held[pair] for pair, time_s in _times(candidate).items() if pair in held}
        if shared and min(shared.values()) >= 0 < max(shared.values()) and not too_old(candidate, now=now):
            return candidate
    return None


def _planned_beside(submission: Submission) -> QuerySet[Submission]:
    """Return what is planned for the same contract, the newest first."""
    planned = Submission.objects.filter(state=State.PLANNED, destination=submission.destination)
    planned = planned.filter(chain_id=submission.chain_id, simulated=submission.simulated)
    return planned.order_by("-created_at")


def is_wanted_as_replacement(submission: Submission) -> bool:
    """Return whether an operator asked for a fresher report of one in flight, and this one could be it."""
    wanted = OperatorAction.objects.filter(
        kind=OperatorAction.Kind.RESEND_FRESH, state=OperatorAction.State.REQUESTED
    ).select_related("submission")
    waiting = [action.submission for action in wanted if action.submission is not None]
    waiting = [
        old for old in waiting if old.state in Submission.IN_FLIGHT and old.destination == submission.destination
    ]
    return any(_covering(old, [submission]) is not None for old in waiting)


def _covering(submission: Submission, candidates: Iterable[Submission]) -> Submission | None:
    wanted = _times(submission)
    for candidate in candidates:
        offered = _times(candidate)
        if all(offered.get(pair, 0) >= observed_at for pair, observed_at in wanted.items()):
            return candidate
    return None


def _times(submission: Submission) -> dict[str, int]:
    """Return the observation time of each feed of a submission, unix seconds."""
    return {answer.pair: answer.observed_at for answer in report_answers(submission)}
