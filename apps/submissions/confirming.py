"""Takes a submission from UNCONFIRMED to CONFIRMED: receipt, read back and compare; chases what is late."""

from __future__ import annotations

import logging
import uuid
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from apps.chain.errors import TransactionRefused
from apps.chain.gateway import OracleGateway, Receipt
from apps.chain.transactions import call_of
from apps.submissions.attempts import newest_attempt
from apps.submissions.clients import ChainClients
from apps.submissions.lanes import is_first, is_stuck
from apps.submissions.models import Attempt, Deployment, Submission
from apps.submissions.news import EXPIRED, SUPERSEDED, too_old
from apps.submissions.prices import store_readings
from apps.submissions.reading_back import read_back
from apps.submissions.recovering import (
    is_nonce_mined,
    mark_missing,
    receipt_of,
    resolve_missing,
    revive_overtaken,
    take_back,
)
from apps.submissions.replacing import reprice
from apps.submissions.sending import REVERTED, broadcast
from apps.submissions.services import fail, move
from apps.submissions.signing import report_answers
from apps.submissions.witnessing import is_patience_over, may_act_on

log = logging.getLogger(__name__)
State = Submission.State
FOLLOWED = (State.UNCONFIRMED, State.MISSING)
NOT_NEWER = "not_newer"
NOTHING_LANDED = "nothing_landed"
CANCELLED = "cancelled"


def confirm(submission_id: uuid.UUID, clients: ChainClients) -> None:
    """Look for the receipt of a submission in flight and act on it; chase it when it is late.

    Raises a ChainError when the chain cannot be asked (the sweep tries again), StateMoved when another process was
    first.
    """
    submission = Submission.objects.select_related("deployment", "wallet").get(pk=submission_id)
    if submission.state not in FOLLOWED or submission.deployment is None:
        return
    now = timezone.now()
    receipt = receipt_of(submission, clients.gateway, everywhere=submission.state == State.MISSING)
    if receipt is not None and may_act_on(receipt, submission, clients.policy, now=now):
        accept(submission, submission.deployment, receipt, clients)
    elif receipt is not None and not is_patience_over(submission, clients.policy, now=now):
        return
    elif old := revive_overtaken(submission, clients.gateway):
        confirm(old.pk, clients)
    elif submission.state == State.MISSING:
        resolve_missing(submission, clients, now=now)
    else:
        _chase(submission, clients, now=now)


def push(submission: Submission, clients: ChainClients) -> None:
    """Send the bytes of an IN_PROGRESS submission; when no node takes them and blocks pass, pay better."""
    try:
        broadcast(submission, clients.gateway)
    except TransactionRefused:
        head = clients.gateway.head()
        if not is_stuck(newest_attempt(submission), head_block=head.number, policy=clients.policy):
            raise
        reprice(submission, clients, head_block=head.number, now=timezone.now())


def accept(submission: Submission, deployment: Deployment, receipt: Receipt, clients: ChainClients) -> None:
    """End a submission by its receipt: CONFIRMED when something landed, FATAL otherwise."""
    attempt = Attempt.objects.select_related("wallet", "deployment").defer("raw").get(tx_hash=receipt.tx_hash)
    if attempt.nonce != submission.nonce:
        take_back(submission, attempt, frm=FOLLOWED)  # it was sent anew meanwhile; that nonce is free to be filled
    if attempt.kind == Attempt.Kind.CANCEL:
        _end_cancelled(submission, receipt)
    elif receipt.succeeded:
        _read_back(submission, deployment, receipt, clients.gateway)
    else:
        _reject(submission, deployment, receipt, clients.gateway)


def _mined_fields(receipt: Receipt) -> dict[str, object]:
    return {
        "tx_hash": receipt.tx_hash,
        "block_number": receipt.block_number,
        "block_hash": receipt.block_hash,
        "gas_used": receipt.gas_used,
        "cost_wei": receipt.cost_wei,
        "witnesses": max(1, len(receipt.witnesses.shown_by)),
    }


def _end_cancelled(submission: Submission, receipt: Receipt) -> None:
    refusal = too_old(submission, now=timezone.now())
    code = EXPIRED if refusal else CANCELLED
    message = refusal or "its nonce was used up by a transfer of nothing"
    fail(submission.pk, frm=FOLLOWED, code=code, message=message, **_mined_fields(receipt))


def _reject(submission: Submission, deployment: Deployment, receipt: Receipt, gateway: OracleGateway) -> None:
    attempt = Attempt.objects.select_related("wallet").get(tx_hash=receipt.tx_hash)
    why = gateway.why_reverted(
        sender=attempt.wallet.address if attempt.wallet else deployment.address,
        to=deployment.address,
        data=call_of(bytes(attempt.raw)),
        block_number=receipt.block_number,
    )
    fail(submission.pk, frm=FOLLOWED, code=REVERTED, message=why, **_mined_fields(receipt))


def _read_back(submission: Submission, deployment: Deployment, receipt: Receipt, gateway: OracleGateway) -> None:
    back = read_back(deployment, receipt, report_answers(submission), gateway)
    fields = {**_mined_fields(receipt), "skipped": back.skipped}
    if not back.landed:
        code = SUPERSEDED if set(back.skipped.values()) == {NOT_NEWER} else NOTHING_LANDED
        message = ", ".join(f"{pair}: {reason}" for pair, reason in back.skipped.items())
        fail(submission.pk, frm=FOLLOWED, code=code, message=message, **fields)
        return
    decimals = {item["pair"]: item["decimals"] for item in submission.answers}
    with transaction.atomic():
        move(submission.pk, frm=FOLLOWED, to=State.CONFIRMED, landed=back.landed, confirmed_at=timezone.now(), **fields)
        store_readings(deployment, back.snapshot, pairs=back.landed, decimals=decimals, submission=submission)
    log.info(
        "submission confirmed submission=%s tx=%s block=%d landed=%d skipped=%d gas=%d",
        submission.pk,
        receipt.tx_hash,
        receipt.block_number,
        len(back.landed),
        len(back.skipped),
        receipt.gas_used,
    )


def _chase(submission: Submission, clients: ChainClients, *, now: datetime) -> None:
    """Act on a transaction without a receipt: mined by another, stuck, or perhaps dropped; else wait on."""
    attempt = newest_attempt(submission)
    head, policy = clients.gateway.head(), clients.policy
    stuck = is_stuck(attempt, head_block=head.number, policy=policy)
    sent_at = attempt.broadcast_at or attempt.created_at
    late = now - sent_at >= timedelta(seconds=policy.timeout_s)
    if not (stuck or late or attempt.last_error):
        return
    if is_nonce_mined(submission, clients.gateway):
        mark_missing(submission)
        return
    log.warning("transaction not mined submission=%s tx=%s sent_at=%s", submission.pk, attempt.tx_hash, sent_at)
    paused = policy.is_paused or (submission.wallet is not None and submission.wallet.paused_at is not None)
    if stuck and not paused and (is_first(submission) or attempt.max_fee_wei < head.base_fee_wei):
        reprice(submission, clients, head_block=head.number, now=now)
    elif late or attempt.last_error:
        broadcast(submission, clients.gateway)
