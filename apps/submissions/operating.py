"""What an operator may ask of submissions and lanes: written down first, done by the chain worker, which has the keys.

Pausing and resuming a lane need no key and are done at once. A wish for a fresher report stays open until there is one:
a round is started for the feeds (by whoever registered to start rounds), and its report takes the nonce.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from apps.chain.errors import ChainError
from apps.feeds.destination_model import MAIN
from apps.submissions.attempts import newest_attempt
from apps.submissions.clients import ChainClients
from apps.submissions.lanes import lane_lock
from apps.submissions.models import OperatorAction, Submission, Wallet
from apps.submissions.news import freshest_planned
from apps.submissions.replacing import better_fees, bump, cancel, replace_with
from apps.submissions.sending import broadcast
from apps.submissions.services import StateMoved, fail, hint_action

log = logging.getLogger(__name__)
Kind, State = OperatorAction.Kind, OperatorAction.State
FRESH_WITHIN = timedelta(seconds=120)
CANCELLED = "cancelled"

_round_starters: list[Callable[[Sequence[str], str], object]] = []


class ActionRefused(Exception):
    """What was asked cannot be done; the message says why."""


class NotYet(Exception):
    """What was asked waits for something that may still come."""


def register_round_starter(start: Callable[[Sequence[str], str], object]) -> None:
    """Let ``start(pairs, actor)`` be called when somebody wants a fresher report of these feeds."""
    _round_starters.append(start)


def request(
    kind: OperatorAction.Kind,
    *,
    actor: str,
    reason: str = "",
    submission: Submission | None = None,
    wallet: Wallet | None = None,
) -> OperatorAction:
    """Write down what somebody wants, and have it done. Pausing and resuming are done when this returns."""
    with transaction.atomic():
        action = OperatorAction.objects.create(
            kind=kind, actor=actor, reason=reason[:300], submission=submission, wallet=wallet
        )
        if kind in (Kind.PAUSE, Kind.RESUME):
            _set_paused(action, paused=kind == Kind.PAUSE)
        else:
            destination = submission.destination if submission else MAIN
            transaction.on_commit(lambda: hint_action(action.pk, destination=destination))
    log.warning("operator action kind=%s actor=%s submission=%s wallet=%s", kind, actor, submission, wallet)
    if kind == Kind.RESEND_FRESH and submission is not None:
        for start in _round_starters:
            start([item["pair"] for item in submission.answers], actor)
    return action


def perform_open(clients: ChainClients) -> None:
    """Do every open action of this destination that can be done now."""
    open_actions = OperatorAction.objects.filter(
        state=State.REQUESTED, submission__destination=clients.policy.name
    ).select_related("submission", "submission__wallet", "submission__deployment")
    for action in open_actions.order_by("requested_at"):
        perform(action, clients)


def perform(action: OperatorAction, clients: ChainClients) -> None:
    """Do one action and write down what came of it; one that must wait stays open, for FRESH_WITHIN at most."""
    try:
        outcome = _done(action, clients)
    except NotYet as exc:
        if timezone.now() - action.requested_at > FRESH_WITHIN:
            _close(action, State.REFUSED, str(exc))
    except (ActionRefused, StateMoved, ChainError) as exc:
        _close(action, State.REFUSED, str(exc))
    else:
        _close(action, State.DONE, outcome)


def _done(action: OperatorAction, clients: ChainClients) -> str:
    submission = action.submission
    if submission is None:
        raise ActionRefused("the submission is gone")
    if submission.state == Submission.State.PLANNED and action.kind == Kind.CANCEL:
        frm = [Submission.State.PLANNED]
        fail(submission.pk, frm=frm, code=CANCELLED, message=f"by {action.actor}: {action.reason}")
        return "cancelled before it was sent"
    if submission.state not in (Submission.State.IN_PROGRESS, Submission.State.UNCONFIRMED) or not submission.wallet:
        raise ActionRefused(f"it is {submission.state}: no transaction of it waits")
    with lane_lock(submission.wallet):
        return _reprice(action, submission, clients)


def _reprice(action: OperatorAction, submission: Submission, clients: ChainClients) -> str:
    attempt = newest_attempt(submission)
    fees = better_fees(attempt, clients)
    head_block = clients.gateway.head().number
    if action.kind == Kind.CANCEL:
        cancel(submission, clients, fees=fees, head_block=head_block)
    elif action.kind == Kind.BUMP:
        bump(submission, clients, fees=fees, head_block=head_block)
    else:
        fresh = freshest_planned(submission, now=timezone.now())
        if fresh is None:
            raise NotYet("no fresher report of the same feeds came")
        if not replace_with(fresh, submission, clients, fees=fees, head_block=head_block):
            raise ActionRefused("the contract would refuse the fresher report")
        submission = fresh
    submission = Submission.objects.select_related("deployment", "wallet").get(pk=submission.pk)
    broadcast(submission, clients.gateway)
    newest = newest_attempt(submission)
    return f"nonce {newest.nonce}: {newest.tx_hash}, fee cap {newest.max_fee_wei} wei, tip {newest.tip_wei} wei"


def _set_paused(action: OperatorAction, *, paused: bool) -> None:
    if action.wallet is None:
        raise ValueError("pausing and resuming name a wallet")
    rows = Wallet.objects.filter(pk=action.wallet.pk, paused_at__isnull=paused)
    changed = rows.update(paused_at=timezone.now() if paused else None, paused_by=action.actor if paused else "")
    state = "paused" if paused else "running"
    if changed:
        _close(action, State.DONE, f"the lane is {state}")
    else:
        _close(action, State.REFUSED, f"the lane was {state} already")


def _close(action: OperatorAction, state: OperatorAction.State, outcome: str) -> None:
    OperatorAction.objects.filter(pk=action.pk, state=State.REQUESTED).update(
        state=state, outcome=outcome[:300], done_at=timezone.now()
    )
    action.refresh_from_db(fields=["state", "outcome", "done_at"])
