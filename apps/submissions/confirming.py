"""Takes a submission from UNCONFIRMED to FINAL: receipt, read back and compare, wait until it is deep enough."""

from __future__ import annotations

import logging
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from apps.chain.errors import ExecutionReverted, FeeAboveCap, HistoryPruned
from apps.chain.fees import Fees, bumped
from apps.chain.gateway import ChainSnapshot, FeedReading, OracleGateway, Receipt
from apps.chain.report import ReportAnswer
from apps.chain.signers import TransactionFields, sign_transaction
from apps.submissions.clients import ChainClients
from apps.submissions.models import Attempt, Deployment, Submission
from apps.submissions.prices import store_readings
from apps.submissions.sending import (
    REVERTED,
    SUPERSEDED,
    broadcast,
    call_data_of,
    newest_attempt,
    report_answers,
    store_attempt,
)
from apps.submissions.services import StateMoved, fail, move

log = logging.getLogger(__name__)
State = Submission.State
# A local chain that mines on demand adds no blocks while it is idle, so depth alone would never come.
LOCAL_FINAL_AFTER = timedelta(seconds=60)
BUMP_AFTER_BROADCASTS = 2
NOT_NEWER = "not_newer"
NOTHING_LANDED = "nothing_landed"


@dataclass(frozen=True, slots=True)
class ReadBack:
    """What the contract holds of a mined report: pairs as sent, and pairs that are not with the reason."""

    snapshot: ChainSnapshot
    landed: list[str] = field(default_factory=list)
    skipped: dict[str, str] = field(default_factory=dict)


def confirm(submission_id: uuid.UUID, clients: ChainClients) -> None:
    """Look for the receipt of an UNCONFIRMED submission and act on it; chase it when it is late.

    Raises a ChainError when the chain cannot be asked (the sweep tries again), StateMoved when another process was
    first.
    """
    submission = Submission.objects.select_related("deployment", "wallet").get(pk=submission_id)
    if submission.state != State.UNCONFIRMED or submission.deployment is None:
        return
    receipt = _receipt_of(submission, clients.gateway)
    if receipt is None:
        _chase(submission, clients, now=timezone.now())
    elif receipt.succeeded:
        _accept(submission, submission.deployment, receipt, clients.gateway)
    else:
        _reject(submission, submission.deployment, receipt, clients)


def finalise(submission: Submission, gateway: OracleGateway) -> None:
    """Make a CONFIRMED submission FINAL when it is still in its block; else follow it again from UNCONFIRMED."""
    receipt = gateway.receipt(submission.tx_hash)
    if receipt is not None and receipt.block_hash == submission.block_hash:
        move(submission.pk, frm=[State.CONFIRMED], to=State.FINAL)
        return
    log.warning("confirmed transaction left its block submission=%s tx=%s", submission.pk, submission.tx_hash)
    move(
        submission.pk,
        frm=[State.CONFIRMED],
        to=State.UNCONFIRMED,
        resends=F("resends") + 1,
        tx_hash="",
        block_number=None,
        block_hash="",
        confirmed_at=None,
    )


def is_final_due(submission: Submission, *, head_number: int, now: datetime) -> bool:
    """Return whether a CONFIRMED submission is CONFIRMATIONS blocks deep, or old enough on a local chain."""
    if submission.block_number is None or submission.confirmed_at is None:
        return False
    if head_number - submission.block_number >= settings.CONFIRMATIONS:
        return True
    is_local = submission.deployment is not None and submission.deployment.is_local
    return is_local and now - submission.confirmed_at >= LOCAL_FINAL_AFTER


def _receipt_of(submission: Submission, gateway: OracleGateway) -> Receipt | None:
    for tx_hash in submission.attempts.order_by("-created_at", "-pk").values_list("tx_hash", flat=True):
        if receipt := gateway.receipt(tx_hash):
            return receipt
    return None


def _mined_fields(receipt: Receipt) -> dict[str, object]:
    return {
        "tx_hash": receipt.tx_hash,
        "block_number": receipt.block_number,
        "block_hash": receipt.block_hash,
        "gas_used": receipt.gas_used,
    }


def _reject(submission: Submission, deployment: Deployment, receipt: Receipt, clients: ChainClients) -> None:
    why = clients.gateway.why_reverted(
        sender=clients.transmitter.address,
        to=deployment.address,
        data=call_data_of(submission, clients.gateway),
        block_number=receipt.block_number,
    )
    fail(submission.pk, frm=[State.UNCONFIRMED], code=REVERTED, message=why, **_mined_fields(receipt))


def _accept(submission: Submission, deployment: Deployment, receipt: Receipt, gateway: OracleGateway) -> None:
    back = read_back(deployment, receipt, report_answers(submission), gateway)
    fields = {**_mined_fields(receipt), "skipped": back.skipped}
    if not back.landed:
        code = SUPERSEDED if set(back.skipped.values()) == {NOT_NEWER} else NOTHING_LANDED
        message = ", ".join(f"{pair}: {reason}" for pair, reason in back.skipped.items())
        fail(submission.pk, frm=[State.UNCONFIRMED], code=code, message=message, **fields)
        return
    decimals = {item["pair"]: item["decimals"] for item in submission.answers}
    with transaction.atomic():
        move(
            submission.pk,
            frm=[State.UNCONFIRMED],
            to=State.CONFIRMED,
            landed=back.landed,
            confirmed_at=timezone.now(),
            **fields,
        )
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


def read_back(
    deployment: Deployment, receipt: Receipt, answers: tuple[ReportAnswer, ...], gateway: OracleGateway
) -> ReadBack:
    """Read the answers from the contract at the receipt's block and compare them with what was sent.

    A feed that a later transaction of the same block wrote again, or whose block's state the node no longer keeps, is
    read from the contract's own history by the round its event names.
    """
    try:
        snapshot = gateway.read_prices(
            deployment.address, [answer.pair for answer in answers], block_number=receipt.block_number
        )
        prices = dict(snapshot.prices)
    except HistoryPruned:
        head = gateway.head()
        snapshot, prices = ChainSnapshot(block_number=receipt.block_number, block_time=head.time), {}
    back = ReadBack(snapshot=ChainSnapshot(snapshot.block_number, snapshot.block_time, prices))
    for answer in answers:
        if answer.pair not in receipt.accepted:
            back.skipped[answer.pair] = receipt.skipped.get(answer.pair, "no_event")
            continue
        reading = prices.get(answer.pair)
        if reading is None or not _is_as_sent(reading, answer):
            reading = _from_history(deployment, answer.pair, receipt, gateway)
        if reading is not None and _is_as_sent(reading, answer):
            prices[answer.pair] = reading
            back.landed.append(answer.pair)
        else:
            log.error("read back differs pair=%s tx=%s sent=%s read=%s", answer.pair, receipt.tx_hash, answer, reading)
            back.skipped[answer.pair] = "read_back_differs" if reading else "history_gone"
    return back


def _from_history(deployment: Deployment, pair: str, receipt: Receipt, gateway: OracleGateway) -> FeedReading | None:
    round_id, _ = receipt.accepted[pair]
    try:
        return gateway.read_round(deployment.address, pair, round_id)
    except ExecutionReverted as exc:
        log.warning("round left the contract's history pair=%s round=%d error=%s", pair, round_id, exc)
        return None


def _is_as_sent(reading: FeedReading, answer: ReportAnswer) -> bool:
    return reading.answer == answer.answer and int(reading.observed_at.timestamp()) == answer.observed_at


def _chase(submission: Submission, clients: ChainClients, *, now: datetime) -> None:
    """Send a late transaction again, with the same bytes; raise its fee when it still waits after that."""
    attempt = newest_attempt(submission)
    sent_at = attempt.broadcast_at or attempt.created_at
    if now - sent_at < timedelta(seconds=settings.TRANSACTION_TIMEOUT_S):
        return
    log.warning("transaction not mined submission=%s tx=%s sent_at=%s", submission.pk, attempt.tx_hash, sent_at)
    if attempt.broadcasts >= BUMP_AFTER_BROADCASTS and clients.gateway.is_known(attempt.tx_hash):
        _bump(submission, attempt, clients)
    broadcast(submission, clients.gateway)


def _bump(submission: Submission, attempt: Attempt, clients: ChainClients) -> None:
    """Commit a replacement of the same nonce with a higher fee; nothing when the cap forbids it."""
    deployment = submission.deployment
    if deployment is None:
        raise StateMoved(f"{submission.pk} is not signed")
    try:
        wanted = clients.gateway.fees(max_fee_gwei=settings.MAX_FEE_GWEI)
        previous = Fees(max_fee_wei=attempt.max_fee_wei, tip_wei=attempt.tip_wei)
        fees = bumped(previous, wanted=wanted, max_fee_gwei=settings.MAX_FEE_GWEI)
    except FeeAboveCap as exc:
        log.warning("fee not raised submission=%s error=%s", submission.pk, exc)
        return
    fields = TransactionFields(
        chain_id=deployment.chain_id,
        nonce=attempt.nonce,
        to=deployment.address,
        data=call_data_of(submission, clients.gateway),
        gas_limit=attempt.gas_limit,
        fees=fees,
    )
    signed = sign_transaction(fields, clients.transmitter)
    with transaction.atomic():
        # an empty move: it locks the row, so that a replacement is only made while the nonce is still ours
        move(submission.pk, frm=[State.UNCONFIRMED], to=State.UNCONFIRMED)
        store_attempt(submission, signed, nonce=attempt.nonce, gas_limit=attempt.gas_limit, fees=fees)
