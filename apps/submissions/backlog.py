"""What is planned and still news. The rest is ended by one read of the contract for all, not some calls for each.

After an outage, or behind a stuck nonce, hundreds of reports may wait of which the newest few matter. A sweep that
asked the chain about each of them left no time for receipts and gaps.
"""

from __future__ import annotations

import logging

from django.utils import timezone

from apps.chain.errors import ChainError
from apps.submissions.clients import ChainClients
from apps.submissions.models import Attempt, Deployment, Submission
from apps.submissions.news import SUPERSEDED, expire, newer_in_flight, superseded
from apps.submissions.selectors import active_deployment
from apps.submissions.services import StateMoved, fail, replace
from apps.submissions.signing import report_answers

log = logging.getLogger(__name__)
State = Submission.State
LOOK = 500  # planned submissions looked at in one sweep, the newest first


def worth_sending(clients: ChainClients) -> list[Submission]:
    """Return planned submissions of a destination that are still news, the newest first, and end the others.

    Those that were signed before are always returned: what became of their transactions is found out first.
    """
    policy = clients.policy
    rows = Submission.objects.filter(destination=policy.name, chain_id=policy.chain_id, state=State.PLANNED)
    planned = [row for row in rows.order_by("-created_at")[:LOOK] if not _is_expired(row)]
    deployment = active_deployment(policy.name)
    if deployment is None or len(planned) < 2:
        return planned  # one alone finds out as fast by itself
    return _newer_than_chain(planned, deployment, clients)


def gives_way(submission: Submission, *, destination: str) -> bool:
    """End a planned submission when a newer one of its feeds is in flight; returns whether it was ended."""
    deployment = active_deployment(destination)
    if deployment is None or submission.attempts.exists():
        return False
    newer = newer_in_flight(submission, deployment)
    if newer is not None:
        replace(submission.pk, frm=[State.PLANNED], by=newer)
    return newer is not None


def _newer_than_chain(planned: list[Submission], deployment: Deployment, clients: ChainClients) -> list[Submission]:
    pairs = {answer.pair for row in planned for answer in report_answers(row)} & set(deployment.places)
    try:
        snapshot = clients.gateway.read_prices(deployment.address, sorted(pairs))
    except ChainError as exc:
        log.warning("planned submissions not compared code=%s error=%s", exc.code, exc)
        return planned  # each meets the same trouble when it is sent, and is kept
    signed = set(Attempt.objects.filter(submission__in=planned).values_list("submission_id", flat=True))
    worth: list[Submission] = []
    for row in planned:
        refusal = "" if row.pk in signed else superseded(report_answers(row), snapshot)
        if not refusal:
            worth.append(row)
            continue
        try:
            fail(row.pk, frm=[State.PLANNED], code=SUPERSEDED, message=refusal)
        except StateMoved as exc:
            log.info("submission moved by another submission=%s reason=%s", row.pk, exc)
    return worth


def _is_expired(submission: Submission) -> bool:
    try:
        return expire(submission, now=timezone.now())
    except StateMoved:
        return True
