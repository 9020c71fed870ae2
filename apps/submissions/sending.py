"""Takes a submission from PLANNED to UNCONFIRMED: sign the report, commit nonce and bytes, then broadcast.

Safe to run again after a kill at any line: before the commit nothing was sent, after it the same bytes are sent again.
"""

from __future__ import annotations

import logging
import uuid

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from apps.chain.errors import (
    AlreadyKnown,
    ContractMissing,
    ExecutionReverted,
    FeeAboveCap,
    FeedsNotOnContract,
    InsufficientFunds,
    LaneClosed,
    NonceTooLow,
    TransactionRefused,
)
from apps.chain.gateway import OracleGateway
from apps.chain.signers import TransactionFields, sign_transaction
from apps.monitoring import metrics
from apps.submissions import recovering, sequencer
from apps.submissions.attempts import Draft, newest_attempt, store_attempt
from apps.submissions.clients import ChainClients
from apps.submissions.clock import require_true_clock
from apps.submissions.lanes import Lane, lane_lock, open_lane, short_of_wei
from apps.submissions.models import Attempt, Deployment, Submission
from apps.submissions.news import SUPERSEDED, expire, is_wanted_as_replacement, newer_in_flight, superseded
from apps.submissions.selectors import required_deployment
from apps.submissions.services import fail, move, replace
from apps.submissions.signing import SignedReport, dry_run, report_answers, signed_report
from apps.submissions.wallets import claim_nonce, next_nonce

log = logging.getLogger(__name__)
State = Submission.State

SIMULATED_ON_PUBLIC_CHAIN = "simulated_on_public_chain"
REVERTED = "reverted"


def send(submission_id: uuid.UUID, clients: ChainClients) -> None:
    """Bring a submission onto the chain's doorstep; does nothing when it is further already.

    Raises a ChainError when the chain, the keys or the lane are not usable now (the row stays and the sweep tries
    again), and StateMoved when another process took over.
    """
    submission = _loaded(submission_id)
    if submission.state == State.PLANNED:
        _send_planned(submission, clients)
    elif submission.state in (State.IN_PROGRESS, State.UNCONFIRMED):
        broadcast(submission, clients.gateway)


def _send_planned(submission: Submission, clients: ChainClients) -> None:
    if expire(submission, now=timezone.now()):
        return
    if clients.policy.is_paused:
        raise LaneClosed(f"destination {clients.policy.name} is paused")
    deployment = required_deployment(submission.destination)
    if not _may_go(submission, deployment, clients) or recovering.recover_landed(
        submission, deployment, clients.gateway
    ):
        return
    snapshot = clients.gateway.read_prices(deployment.address, [answer.pair for answer in report_answers(submission)])
    if refusal := superseded(report_answers(submission), snapshot):
        fail(submission.pk, frm=[State.PLANNED], code=SUPERSEDED, message=refusal)
        return
    require_true_clock(snapshot, clients.gateway, now=timezone.now())
    lane = open_lane(deployment, clients, head_block=snapshot.block_number)
    with lane_lock(lane.wallet):
        if newer := newer_in_flight(submission, deployment):
            replace(submission.pk, frm=[State.PLANNED], by=newer)
        elif is_wanted_as_replacement(submission):
            raise LaneClosed(f"{submission.pk} is to take the place of a report that waits")
        elif prepare(submission, deployment, lane, clients, head_block=snapshot.block_number):
            broadcast(_loaded(submission.pk), clients.gateway)


def _may_go(submission: Submission, deployment: Deployment, clients: ChainClients) -> bool:
    """Return whether a submission may be written to this contract at all; False: it failed for good."""
    if submission.simulated and not (deployment.is_local and clients.gateway.identity().is_local):
        message = f"simulated prices may not go to chain {deployment.chain_id}"
        fail(submission.pk, frm=[State.PLANNED], code=SIMULATED_ON_PUBLIC_CHAIN, message=message)
        return False
    pairs = [answer.pair for answer in report_answers(submission)]
    if not deployment.places.keys() & set(pairs):
        # waits, because a new contract gets its feeds one by one; expires if it never does
        raise FeedsNotOnContract(f"no place for {', '.join(pairs)} on {deployment.address}, or with other decimals")
    sequencer.require_up(clients)
    if not clients.gateway.has_code(deployment.address):
        raise ContractMissing(f"no code at {deployment.address} on chain {deployment.chain_id}")
    return True


def prepare(
    submission: Submission, deployment: Deployment, lane: Lane, clients: ChainClients, *, head_block: int
) -> bool:
    """Sign a PLANNED submission and commit its nonce and bytes; False when it failed for good instead."""
    signed = signed_report(submission, deployment, clients)
    try:
        gas_limit = dry_run(signed, deployment, sender=lane.transmitter.address, gateway=clients.gateway)
    except ExecutionReverted as exc:
        fail(submission.pk, frm=[State.PLANNED], code=REVERTED, message=f"dry run: {exc}")
        return False
    _commit(submission, deployment, lane, clients, signed=signed, gas_limit=gas_limit, head_block=head_block)
    return True


def broadcast(submission: Submission, gateway: OracleGateway) -> None:
    """Send the committed bytes of the newest attempt (again), outside any transaction, and note that they went."""
    attempt = newest_attempt(submission)
    nodes: tuple[str, ...] = ()
    error = ""
    try:
        nodes = gateway.broadcast(bytes(attempt.raw))
    except AlreadyKnown:
        log.info("transaction known already submission=%s tx=%s", submission.pk, attempt.tx_hash)
    except NonceTooLow as exc:
        # mined: by one of our own attempts, whose receipt confirming finds, or by a stranger's
        error = f"{exc.code}: {exc}"
        log.info("nonce is mined submission=%s nonce=%s", submission.pk, submission.nonce)
    except TransactionRefused as exc:
        Attempt.objects.filter(pk=attempt.pk).update(last_error=f"{exc.code}: {exc}")
        raise
    now = timezone.now()
    noted = {"nodes": ", ".join(nodes)[:300]} if nodes else {}
    Attempt.objects.filter(pk=attempt.pk).update(
        broadcasts=F("broadcasts") + 1, broadcast_at=now, last_error=error, **noted
    )
    if submission.state == State.IN_PROGRESS:
        move(submission.pk, frm=[State.IN_PROGRESS], to=State.UNCONFIRMED, broadcast_at=now)


def _loaded(submission_id: uuid.UUID) -> Submission:
    return Submission.objects.select_related("deployment", "wallet").get(pk=submission_id)


def _commit(  # noqa: PLR0913 - what a transaction is made of
    submission: Submission,
    deployment: Deployment,
    lane: Lane,
    clients: ChainClients,
    *,
    signed: SignedReport,
    gas_limit: int,
    head_block: int,
) -> None:
    """Commit nonce, signatures and raw bytes in one transaction. Nothing is sent here."""
    try:
        fees = clients.gateway.fees(max_fee_gwei=clients.policy.max_fee_gwei)
    except FeeAboveCap:
        metrics.fee_cap_reached(deployment.chain_id)
        raise
    cost_wei = gas_limit * fees.max_fee_wei + clients.gateway.data_fee_wei(signed.call_data)
    if short_wei := short_of_wei(lane, cost_wei=cost_wei, gateway=clients.gateway):
        raise InsufficientFunds(
            f"{lane.wallet.address} lacks {short_wei} wei for a transaction of up to {cost_wei} wei"
        )
    fields = TransactionFields(
        chain_id=deployment.chain_id,
        nonce=next_nonce(lane.wallet),
        to=deployment.address,
        data=signed.call_data,
        gas_limit=gas_limit,
        fees=fees,
    )
    # a signer may be another machine: it is asked before the transaction, and the nonce claimed in it
    draft = Draft(fields, sign_transaction(fields, lane.transmitter), Attempt.Kind.REPORT, head_block)
    placed = {"deployment": deployment, "wallet": lane.wallet, "nonce": fields.nonce}
    with transaction.atomic():
        claim_nonce(lane.wallet, fields.nonce)
        move(submission.pk, frm=[State.PLANNED], to=State.IN_PROGRESS, **placed, **signed.fields())
        store_attempt(draft, wallet=lane.wallet, submission=submission, deployment=deployment)
