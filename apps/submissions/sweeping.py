"""Picks up every submission that is not at its end: lost hints, unmined transactions, confirmed ones that are due."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable

from django.db.models import QuerySet
from django.utils import timezone

from apps.chain.errors import ChainError, ContractMissing, NotDeployed, RpcUnavailable
from apps.submissions.clients import ChainClients
from apps.submissions.confirming import confirm, finalise, is_final_due
from apps.submissions.models import Submission
from apps.submissions.sending import expire, send
from apps.submissions.services import StateMoved

log = logging.getLogger(__name__)
State = Submission.State
BATCH = 50  # of each state in one sweep, so that a sweep stays short; the next one takes the rest
HOPELESS = (RpcUnavailable, NotDeployed, ContractMissing)  # as true for the next submission as for this one


def sweep(clients: ChainClients) -> None:
    """Drive every open submission one step.

    In flight first, in the order of nonces; then planned ones, the newest first: it makes older ones superseded
    before they cost gas. One submission's trouble stops no other.

    Raises RpcUnavailable, NotDeployed or ContractMissing, which stop all of them.
    """
    planned = list(_batch(State.PLANNED, order="-created_at"))
    planned = [submission for submission in planned if not _expired(submission)]
    _each(_batch(State.IN_PROGRESS, order="nonce"), lambda row: send(row.pk, clients))
    _each(_batch(State.UNCONFIRMED, order="nonce"), lambda row: confirm(row.pk, clients))
    _each(planned, lambda row: _send_and_look(row, clients))
    confirmed = list(_batch(State.CONFIRMED, order="block_number"))
    if confirmed:
        head_number, now = clients.gateway.head().number, timezone.now()
        due = [row for row in confirmed if is_final_due(row, head_number=head_number, now=now)]
        _each(due, lambda row: finalise(row, clients.gateway))


def _batch(state: Submission.State, *, order: str) -> QuerySet[Submission]:
    return Submission.objects.filter(state=state).select_related("deployment").order_by(order)[:BATCH]


def _expired(submission: Submission) -> bool:
    try:
        return expire(submission, now=timezone.now())
    except StateMoved:
        return True


def _send_and_look(submission: Submission, clients: ChainClients) -> None:
    send(submission.pk, clients)
    confirm(submission.pk, clients)


def _each(submissions: Iterable[Submission], step: Callable[[Submission], None]) -> None:
    for submission in submissions:
        try:
            step(submission)
        except HOPELESS:
            raise
        except StateMoved as exc:
            log.info("submission moved by another submission=%s reason=%s", submission.pk, exc)
        except ChainError as exc:
            level = logging.WARNING if exc.transient else logging.ERROR
            log.log(level, "submission not advanced submission=%s code=%s error=%s", submission.pk, exc.code, exc)
