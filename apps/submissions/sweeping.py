"""Picks up every submission that is not at its end: lost hints, unmined transactions, confirmed ones that are due."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable

from django.db.models import F, OrderBy, QuerySet
from django.utils import timezone

from apps.chain.errors import ChainError, ContractMissing, LaneClosed, NotDeployed, RpcUnavailable, SequencerDown
from apps.submissions import operating
from apps.submissions.backlog import gives_way, worth_sending
from apps.submissions.chains import ChainPolicy
from apps.submissions.clients import ChainClients
from apps.submissions.confirming import confirm, push
from apps.submissions.finality import settle, settle_confirmed
from apps.submissions.models import Submission
from apps.submissions.sending import send
from apps.submissions.services import StateMoved

log = logging.getLogger(__name__)
State = Submission.State
BATCH = 50  # of each state in one sweep, so that a sweep stays short; the next one takes the rest
UNDOUBTED_FIRST = F("doubted_since").asc(nulls_first=True)  # contradicted ones wait long, and must hold up no others
HOPELESS = (RpcUnavailable, NotDeployed, ContractMissing)  # as true for the next submission as for this one
FOR_NEW_ONES = (LaneClosed, SequencerDown)  # as true for the next one that is not signed yet


def sweep(clients: ChainClients) -> None:
    """Drive every open submission of one destination a step.

    In flight first, in the order of nonces; then planned ones, the newest first: it makes older ones superseded
    before they cost gas. One submission's trouble stops no other.

    Raises RpcUnavailable, NotDeployed or ContractMissing, which stop all of them.
    """
    policy = clients.policy
    _each(_batch(policy, State.IN_PROGRESS, order="nonce"), lambda row: push(row, clients))
    operating.perform_open(clients)
    for state in (State.MISSING, State.UNCONFIRMED):
        _each(_batch(policy, state, order="nonce"), lambda row: confirm(row.pk, clients))
    _each(worth_sending(clients)[:BATCH], lambda row: _send_and_look(row, clients), until=FOR_NEW_ONES)
    now = timezone.now()
    due = settle_confirmed(list(_batch(policy, State.CONFIRMED, order=UNDOUBTED_FIRST)), clients, now=now)
    _each(due, lambda row: settle(row, clients, now=now))


def _batch(policy: ChainPolicy, state: Submission.State, *, order: str | OrderBy) -> QuerySet[Submission]:
    rows = Submission.objects.filter(destination=policy.name, chain_id=policy.chain_id, state=state)
    return rows.select_related("deployment", "wallet").order_by(order, "nonce")[:BATCH]


def _send_and_look(submission: Submission, clients: ChainClients) -> None:
    if not gives_way(submission, destination=clients.policy.name):
        send(submission.pk, clients)
        confirm(submission.pk, clients)


def _each(
    submissions: Iterable[Submission],
    step: Callable[[Submission], None],
    *,
    until: tuple[type[ChainError], ...] = (),
) -> None:
    for submission in submissions:
        try:
            step(submission)
        except HOPELESS:
            raise
        except StateMoved as exc:
            log.info("submission moved by another submission=%s reason=%s", submission.pk, exc)
        except until as exc:
            log.warning("nothing new is sent code=%s reason=%s", exc.code, exc)
            return
        except ChainError as exc:
            level = logging.WARNING if exc.transient else logging.ERROR
            log.log(level, "submission not advanced submission=%s code=%s error=%s", submission.pk, exc.code, exc)
