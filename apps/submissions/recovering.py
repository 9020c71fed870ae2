"""Finds out what happened to a nonce that is mined although no node shows a receipt of ours, and ends the doubt.

UNCONFIRMED ──► MISSING ──► CONFIRMED     a node that lagged shows the receipt after all
                        ├─► UNCONFIRMED   the nonce is free again: the block that used it left the chain
                        └─► PLANNED       a stranger used the nonce: the report is signed anew with another one
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction

from apps.chain.gateway import OracleGateway, Receipt
from apps.monitoring import metrics
from apps.submissions.clients import ChainClients
from apps.submissions.models import Attempt, Deployment, Submission
from apps.submissions.services import move, reopen
from apps.submissions.wallets import skip_taken_nonces

log = logging.getLogger(__name__)
State = Submission.State
REVIVABLE = (State.PLANNED, State.REPLACED, State.FATAL, *Submission.IN_FLIGHT)


def receipt_of(submission: Submission, gateway: OracleGateway, *, everywhere: bool = False) -> Receipt | None:
    """Return the receipt of the attempt of this submission that was mined, the newest first; None without one.

    One that too few endpoints show comes last: a made-up receipt must not hide that another attempt was mined.
    """
    doubted: Receipt | None = None
    for tx_hash in submission.attempts.order_by("-created_at", "-pk").values_list("tx_hash", flat=True):
        if receipt := gateway.receipt(tx_hash, everywhere=everywhere):
            if receipt.witnesses.are_enough:
                return receipt
            doubted = doubted or receipt
    return doubted


def recover_landed(submission: Submission, deployment: Deployment, gateway: OracleGateway) -> bool:
    """Take a reopened submission back to UNCONFIRMED when one of its old attempts was mined; returns whether it was."""
    old = submission.attempts.filter(deployment=deployment, kind=Attempt.Kind.REPORT).defer("raw")
    for attempt in old.order_by("-created_at"):
        receipt = gateway.receipt(attempt.tx_hash, everywhere=True)
        if receipt is not None and receipt.succeeded and receipt.accepted and not receipt.witnesses.contradict:
            take_back(submission, attempt, frm=[State.PLANNED])
            log.warning("an old attempt landed after all submission=%s tx=%s", submission.pk, attempt.tx_hash)
            return True
    return False


def is_nonce_mined(submission: Submission, gateway: OracleGateway) -> bool:
    """Return whether the chain counts a transaction of this submission's nonce as mined."""
    if submission.wallet is None or submission.nonce is None:
        return False
    return gateway.nonce(submission.wallet.address, pending=False) > submission.nonce


def mark_missing(submission: Submission) -> None:
    """Move to MISSING: the nonce is mined, and no node shows by what."""
    move(submission.pk, frm=[State.UNCONFIRMED], to=State.MISSING)
    log.warning("receipt missing submission=%s nonce=%s", submission.pk, submission.nonce)


def resolve_missing(submission: Submission, clients: ChainClients, *, now: datetime) -> None:
    """Move a MISSING submission without a receipt on: back when its nonce is free, anew when a stranger had it."""
    wallet, gateway = submission.wallet, clients.gateway
    if wallet is None or submission.nonce is None:
        return
    if not is_nonce_mined(submission, gateway):
        move(submission.pk, frm=[State.MISSING], to=State.UNCONFIRMED)
        return
    if now - submission.updated_at < timedelta(seconds=clients.policy.timeout_s):
        return
    reason = f"nonce {submission.nonce} of {wallet.address} was used, by what the endpoints do not agree on"
    if submission.doubted_since is None:
        reason = f"nonce {submission.nonce} of {wallet.address} was used by another transaction"
        log.error("foreign use of a transmitter's key wallet=%s nonce=%s", wallet.address, submission.nonce)
        metrics.foreign_nonces(wallet.chain_id, wallet.address, 1)
    skip_taken_nonces(wallet, mined=gateway.nonce(wallet.address, pending=False))
    reopen(Submission.objects.filter(pk=submission.pk, state=State.MISSING), reason=reason)


def take_back(submission: Submission, attempt: Attempt, *, frm: Sequence[State]) -> None:
    """Give a submission the nonce that its mined attempt used, to be followed there; who holds it now is opened again.

    Raises StateMoved when the submission is in none of ``frm``.
    """
    holders = Submission.objects.filter(wallet=attempt.wallet, nonce=attempt.nonce).exclude(pk=submission.pk)
    with transaction.atomic():
        reopen(holders, reason=f"{submission.pk}, which had its nonce before, was mined instead")
        move(
            submission.pk,
            frm=frm,
            to=State.UNCONFIRMED,
            deployment=attempt.deployment,
            wallet=attempt.wallet,
            nonce=attempt.nonce,
            broadcast_at=attempt.broadcast_at,
            replaced_by=None,
            failure_code="",
            failure_message="",
        )


def revive_overtaken(submission: Submission, gateway: OracleGateway) -> Submission | None:
    """Return the report that had this one's nonce before, when that one's transaction was mined instead; else None.

    The old one is followed at the nonce again, the newer one, still news, goes back to PLANNED. An old one that has
    landed already, or is in flight elsewhere, finds its receipt itself.
    """
    nonce = -1 if submission.nonce is None else submission.nonce
    others = Attempt.objects.filter(wallet=submission.wallet, nonce=nonce, submission__isnull=False)
    for attempt in others.exclude(submission=submission).select_related("submission", "wallet", "deployment"):
        old = attempt.submission
        if old is None or old.state in Submission.LANDED:
            continue
        receipt = gateway.receipt(attempt.tx_hash)
        if receipt is not None and not receipt.witnesses.contradict:
            take_back(old, attempt, frm=REVIVABLE)
            return old
    return None
