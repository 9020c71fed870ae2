"""Gets a transaction that waits out of the way: paid better, with a fresher report, or cancelled, at the same nonce.

What replaces a waiting transaction pays at least 12.5 % more on both fields. Old and new bytes may both be mined, never
both: whichever is, its receipt is found, since every attempt of a nonce is kept.
"""

from __future__ import annotations

import logging
from datetime import datetime

from django.db import transaction

from apps.chain.errors import ExecutionReverted, FeeAboveCap
from apps.chain.fees import Fees, bumped
from apps.chain.signers import TransactionFields, sign_transaction
from apps.chain.transactions import call_of
from apps.monitoring import metrics
from apps.submissions.attempts import Draft, draft_cancel, fees_of, newest_attempt, store_attempt
from apps.submissions.clients import ChainClients
from apps.submissions.lanes import lane_lock
from apps.submissions.models import Attempt, Deployment, Submission, Wallet
from apps.submissions.news import freshest_overtaking, freshest_planned, too_old
from apps.submissions.sending import REVERTED, broadcast
from apps.submissions.services import StateMoved, fail, move, reopen, replace
from apps.submissions.signing import dry_run, signed_report

log = logging.getLogger(__name__)
State = Submission.State
WAITING = (State.IN_PROGRESS, State.UNCONFIRMED)


def reprice(submission: Submission, clients: ChainClients, *, head_block: int, now: datetime) -> None:
    """Commit and send what takes the place of a waiting transaction; only its own bytes again when the cap forbids it.

    The freshest planned report of the same feeds takes its place. Without one a planned report that is fresher in some
    of the feeds takes the nonce, and the waiting one is sent after it: the contract skips what it has newer, so no
    price lands while a fresher one waits. Without that the same report is paid better, or, when it is too old for the
    contract by now, its nonce is used up by a transfer of nothing.
    """
    wallet, _ = _placed(submission)
    attempt = newest_attempt(submission)
    try:
        fees = better_fees(attempt, clients)
    except FeeAboveCap as exc:
        log.error("fee not raised tx=%s error=%s", attempt.tx_hash, exc)  # noqa: TRY400 - the error is complete
        broadcast(submission, clients.gateway)
        return
    with lane_lock(wallet):
        if fresh := _make_way(submission, attempt, clients, fees=fees, head_block=head_block, now=now):
            broadcast(_reloaded(fresh), clients.gateway)
            return
        if attempt.kind == Attempt.Kind.CANCEL or too_old(submission, now=now):
            cancel(submission, clients, fees=fees, head_block=head_block)
        else:
            bump(submission, clients, fees=fees, head_block=head_block)
        broadcast(_reloaded(submission), clients.gateway)


def _make_way(  # noqa: PLR0913 - what a replacement is made of
    submission: Submission, attempt: Attempt, clients: ChainClients, *, fees: Fees, head_block: int, now: datetime
) -> Submission | None:
    """Commit a fresher report at the nonce of a waiting one and return it; None when there is none to be had."""
    fresh = freshest_planned(submission, now=now)
    if fresh is not None and replace_with(fresh, submission, clients, fees=fees, head_block=head_block):
        return fresh
    if attempt.kind == Attempt.Kind.CANCEL:
        return None  # it was given up, and must not be sent after the other
    fresh = freshest_overtaking(submission, now=now)
    if fresh is not None and replace_with(fresh, submission, clients, fees=fees, head_block=head_block, whole=False):
        return fresh
    return None


def cancel(submission: Submission, clients: ChainClients, *, fees: Fees, head_block: int) -> None:
    """Commit a transfer of nothing at the nonce of a waiting submission; it ends as FATAL (cancelled) when mined."""
    wallet, deployment = _placed(submission)
    draft = draft_cancel(
        clients.transmitter_at(wallet.address),
        chain_id=deployment.chain_id,
        nonce=_nonce(submission),
        fees=fees,
        head_block=head_block,
        gateway=clients.gateway,
    )
    _store(submission, wallet, deployment, draft, label="CANCEL")


def better_fees(attempt: Attempt, clients: ChainClients) -> Fees:
    """Return fees that replace an attempt. Raises FeeAboveCap."""
    policy = clients.policy
    try:
        wanted = clients.gateway.fees(max_fee_gwei=policy.max_fee_gwei)
        return bumped(fees_of(attempt), wanted=wanted, max_fee_gwei=policy.max_fee_gwei)
    except FeeAboveCap:
        metrics.fee_cap_reached(policy.chain_id)
        raise


def replace_with(  # noqa: PLR0913 - what a replacement is made of
    fresh: Submission, old: Submission, clients: ChainClients, *, fees: Fees, head_block: int, whole: bool = True
) -> bool:
    """Commit a newer report at the nonce of a waiting one; False when the contract would refuse it, which ends it.

    whole: it has an answer for every feed of the old report, which is over; else the old one is planned again.
    """
    wallet, deployment = _placed(old)
    signed = signed_report(fresh, deployment, clients)
    try:
        gas_limit = dry_run(signed, deployment, sender=wallet.address, gateway=clients.gateway)
    except ExecutionReverted as exc:
        fail(fresh.pk, frm=[State.PLANNED], code=REVERTED, message=f"dry run: {exc}")
        return False
    fields = TransactionFields(
        chain_id=deployment.chain_id,
        nonce=_nonce(old),
        to=deployment.address,
        data=signed.call_data,
        gas_limit=gas_limit,
        fees=fees,
    )
    transmitter = clients.transmitter_at(wallet.address)
    draft = Draft(fields, sign_transaction(fields, transmitter), Attempt.Kind.REPORT, head_block)
    placed = {"deployment": deployment, "wallet": wallet, "nonce": fields.nonce}
    with transaction.atomic():
        if whole:
            replace(old.pk, frm=WAITING, by=fresh)
        elif not reopen(Submission.objects.filter(pk=old.pk, state__in=WAITING), reason=f"{fresh.pk} goes first"):
            raise StateMoved(f"{old.pk} waits no more")
        move(fresh.pk, frm=[State.PLANNED], to=State.IN_PROGRESS, **placed, **signed.fields())
        store_attempt(draft, wallet=wallet, submission=fresh, deployment=deployment)
    metrics.transaction_repriced(deployment.chain_id, "REPLACE")
    return True


def bump(submission: Submission, clients: ChainClients, *, fees: Fees, head_block: int) -> None:
    """Commit the same call at the same nonce, paid better."""
    wallet, deployment = _placed(submission)
    attempt = newest_attempt(submission)
    fields = TransactionFields(
        chain_id=deployment.chain_id,
        nonce=attempt.nonce,
        to=deployment.address,
        data=call_of(bytes(attempt.raw)),
        gas_limit=attempt.gas_limit,
        fees=fees,
    )
    signed = sign_transaction(fields, clients.transmitter_at(wallet.address))
    _store(submission, wallet, deployment, Draft(fields, signed, Attempt.Kind.REPORT, head_block), label="BUMP")


def _store(submission: Submission, wallet: Wallet, deployment: Deployment, draft: Draft, *, label: str) -> None:
    with transaction.atomic():
        # the lock of the row: a replacement is only made while the nonce is still this submission's
        held = Submission.objects.select_for_update().filter(pk=submission.pk, state__in=WAITING)
        if not held.filter(nonce=draft.fields.nonce).exists():
            raise StateMoved(f"{submission.pk} no longer waits at nonce {draft.fields.nonce}")
        store_attempt(draft, wallet=wallet, submission=submission, deployment=deployment)
    metrics.transaction_repriced(deployment.chain_id, label)


def _placed(submission: Submission) -> tuple[Wallet, Deployment]:
    if submission.wallet is None or submission.deployment is None:
        raise StateMoved(f"{submission.pk} is not signed")
    return submission.wallet, submission.deployment


def _nonce(submission: Submission) -> int:
    if submission.nonce is None:
        raise StateMoved(f"{submission.pk} holds no nonce")
    return submission.nonce


def _reloaded(submission: Submission) -> Submission:
    return Submission.objects.select_related("deployment", "wallet").get(pk=submission.pk)
