"""Takes a submission from PLANNED to UNCONFIRMED: sign the report, commit nonce and bytes, then broadcast.

Safe to run again after a kill at any line: before the commit nothing was sent, after it the same bytes are sent again.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from apps.chain.errors import (
    AlreadyKnown,
    ContractMissing,
    ExecutionReverted,
    NonceTooLow,
    SignersMissing,
    TransactionRefused,
)
from apps.chain.fees import Fees
from apps.chain.gateway import OracleGateway, SignerSet
from apps.chain.report import Report, ReportAnswer, report_digest, report_message
from apps.chain.signers import (
    SignedTransaction,
    Signer,
    TransactionFields,
    sign_report,
    sign_transaction,
    sorted_by_address,
)
from apps.feeds.models import Feed
from apps.submissions.clients import ChainClients
from apps.submissions.models import Attempt, Deployment, Submission
from apps.submissions.selectors import required_deployment
from apps.submissions.services import StateMoved, fail, move, reopen
from apps.submissions.wallets import skip_taken_nonces, take_nonce, wallet_of

log = logging.getLogger(__name__)
State = Submission.State
GAS_MARGIN_PERCENT = 25
# An answer that is skipped in the dry run may be taken in the block: always after a quiet minute, as the dry run's
# clock is the latest block's, for which the answer comes from the future. Taking one costs 28,000 more than skipping
# it, the first of a feed 45,000. What is not used is not paid.
GAS_MARGIN_PER_ANSWER = 60_000

SIMULATED_ON_PUBLIC_CHAIN = "simulated_on_public_chain"
SUPERSEDED = "superseded"
EXPIRED = "expired"
REVERTED = "reverted"


@dataclass(frozen=True, slots=True)
class SignedReport:
    """A report with the signatures the contract's threshold asks for, and the call that carries them."""

    report: Report
    digest: bytes
    signatures: list[bytes]
    call_data: bytes


def send(submission_id: uuid.UUID, clients: ChainClients) -> None:
    """Bring a submission onto the chain's doorstep; does nothing when it is further already.

    Raises a ChainError when the chain or the keys are not usable now (the row stays and the sweep tries again), and
    StateMoved when another process took over.
    """
    submission = Submission.objects.select_related("deployment", "wallet").get(pk=submission_id)
    if submission.state == State.PLANNED:
        if not prepare(submission, clients):
            return
        submission = Submission.objects.select_related("deployment", "wallet").get(pk=submission_id)
    if submission.state in (State.IN_PROGRESS, State.UNCONFIRMED):
        broadcast(submission, clients.gateway)


def report_answers(submission: Submission) -> tuple[ReportAnswer, ...]:
    """Return the answers as they stand in the report."""
    return tuple(
        ReportAnswer(pair=item["pair"], answer=int(item["answer"]), observed_at=int(item["observed_at"]))
        for item in submission.answers
    )


def expire(submission: Submission, *, now: datetime) -> bool:
    """Fail a planned submission whose every answer is older than its feed's max age; returns whether it was."""
    answers = report_answers(submission)
    max_age_s = dict(Feed.objects.filter(pair__in=[a.pair for a in answers]).values_list("pair", "max_age_s"))
    ages = {answer.pair: int(now.timestamp()) - answer.observed_at for answer in answers}
    if any(age <= max_age_s.get(pair, 0) for pair, age in ages.items()):
        return False
    shown = ", ".join(f"{pair} {age} s > {max_age_s.get(pair, 0)} s" for pair, age in ages.items())
    fail(submission.pk, frm=[State.PLANNED], code=EXPIRED, message=f"every answer is too old: {shown}")
    return True


def prepare(submission: Submission, clients: ChainClients) -> bool:
    """Sign a PLANNED submission and commit its nonce and bytes; False when it failed for good instead."""
    if expire(submission, now=timezone.now()):
        return False
    deployment, gateway = required_deployment(), clients.gateway
    if submission.simulated and not (deployment.is_local and gateway.identity().is_local):
        message = f"simulated prices may not go to chain {deployment.chain_id}"
        fail(submission.pk, frm=[State.PLANNED], code=SIMULATED_ON_PUBLIC_CHAIN, message=message)
        return False
    if not gateway.has_code(deployment.address):
        raise ContractMissing(f"no code at {deployment.address} on chain {deployment.chain_id}")
    answers = report_answers(submission)
    if refusal := _superseded(deployment, answers, gateway):
        fail(submission.pk, frm=[State.PLANNED], code=SUPERSEDED, message=refusal)
        return False
    signed = _sign(submission, deployment, clients, signer_set=_current_signer_set(deployment, gateway))
    try:
        gas = gateway.estimate_gas(sender=clients.transmitter.address, to=deployment.address, data=signed.call_data)
    except ExecutionReverted as exc:
        fail(submission.pk, frm=[State.PLANNED], code=REVERTED, message=f"dry run: {exc}")
        return False
    gas_limit = gas * (100 + GAS_MARGIN_PERCENT) // 100 + GAS_MARGIN_PER_ANSWER * len(answers)
    _commit(submission, deployment, clients, signed=signed, gas_limit=gas_limit)
    return True


def broadcast(submission: Submission, gateway: OracleGateway) -> None:
    """Send the committed bytes of the newest attempt (again), outside any transaction, and note that they went."""
    attempt = newest_attempt(submission)
    try:
        gateway.broadcast(bytes(attempt.raw))
    except AlreadyKnown:
        log.info("transaction known already submission=%s tx=%s", submission.pk, attempt.tx_hash)
    except NonceTooLow as exc:
        if not _is_own_known(submission, gateway):
            _give_up_nonce(submission, attempt, gateway, exc)
            return
    except TransactionRefused as exc:
        Attempt.objects.filter(pk=attempt.pk).update(last_error=f"{exc.code}: {exc}")
        raise
    now = timezone.now()
    Attempt.objects.filter(pk=attempt.pk).update(broadcasts=F("broadcasts") + 1, broadcast_at=now, last_error="")
    if submission.state == State.IN_PROGRESS:
        move(submission.pk, frm=[State.IN_PROGRESS], to=State.UNCONFIRMED, broadcast_at=now)


def newest_attempt(submission: Submission) -> Attempt:
    """Return the last signed transaction of the nonce a submission holds now. Raises StateMoved when it holds none."""
    attempts = submission.attempts.filter(nonce=-1 if submission.nonce is None else submission.nonce)
    attempt = attempts.order_by("-created_at", "-pk").first()
    if attempt is None:
        raise StateMoved(f"{submission.pk} is not signed")
    return attempt


def store_attempt(submission: Submission, signed: SignedTransaction, *, nonce: int, gas_limit: int, fees: Fees) -> None:
    """Write the bytes of a transaction before they are sent; must run in the transaction that moves the submission.

    A reset local chain can ask for the very same bytes again: then the attempt is the same one, made newest.
    """
    Attempt.objects.update_or_create(
        tx_hash=signed.tx_hash,
        defaults={
            "submission": submission,
            "nonce": nonce,
            "raw": signed.raw,
            "gas_limit": gas_limit,
            "max_fee_wei": fees.max_fee_wei,
            "tip_wei": fees.tip_wei,
            "created_at": timezone.now(),
            "broadcast_at": None,
            "last_error": "",
        },
    )


def call_data_of(submission: Submission, gateway: OracleGateway) -> bytes:
    """Return the call that carried a signed submission, rebuilt from the row."""
    if submission.deployment is None or submission.signer_set_version is None:
        raise StateMoved(f"{submission.pk} is not signed")
    report = Report(
        signer_set_version=submission.signer_set_version,
        evidence_hash=submission.evidence_hash,
        answers=report_answers(submission),
    )
    signatures = [bytes.fromhex(item["signature"].removeprefix("0x")) for item in submission.signatures]
    return gateway.submit_data(submission.deployment.address, report, signatures)


def _superseded(deployment: Deployment, answers: Sequence[ReportAnswer], gateway: OracleGateway) -> str:
    """Return why no answer is newer than the chain's, empty when at least one is."""
    snapshot = gateway.read_prices(deployment.address, [answer.pair for answer in answers])
    seen: list[str] = []
    for answer in answers:
        reading = snapshot.prices.get(answer.pair)
        if reading is None or answer.observed_at > reading.observed_at.timestamp():
            return ""
        ours = datetime.fromtimestamp(answer.observed_at, UTC)
        seen.append(f"{answer.pair} {ours:%H:%M:%S} is not after the chain's {reading.observed_at:%H:%M:%S}")
    return "; ".join(seen)


def _current_signer_set(deployment: Deployment, gateway: OracleGateway) -> SignerSet:
    """Return the contract's signer set, and keep the deployment's row equal to it."""
    current = gateway.signer_set(deployment.address)
    if deployment.signer_set_version != current.version:
        log.warning("signer set changed contract=%s version=%d", deployment.address, current.version)
        Deployment.objects.filter(pk=deployment.pk).update(
            signers=list(current.signers), threshold=current.threshold, signer_set_version=current.version
        )
    return current


def _sign(
    submission: Submission, deployment: Deployment, clients: ChainClients, *, signer_set: SignerSet
) -> SignedReport:
    chosen = _signers_of(signer_set, clients.signers)
    report = Report(
        signer_set_version=signer_set.version,
        evidence_hash=submission.evidence_hash,
        answers=report_answers(submission),
    )
    chain_id, contract = deployment.chain_id, deployment.address
    signatures = sign_report(report_message(report, chain_id=chain_id, contract=contract), chosen)
    submission.signatures = [
        {"signer": signer.address, "signature": "0x" + signature.hex()}
        for signer, signature in zip(chosen, signatures, strict=True)
    ]
    call_data = clients.gateway.submit_data(deployment.address, report, signatures)
    digest = report_digest(report, chain_id=chain_id, contract=contract)
    return SignedReport(report=report, digest=digest, signatures=signatures, call_data=call_data)


def _signers_of(signer_set: SignerSet, signers: Sequence[Signer]) -> list[Signer]:
    """Return as many of our signers as the threshold asks, ascending. Raises SignersMissing."""
    members = {address.lower() for address in signer_set.signers}
    ours = [signer for signer in sorted_by_address(signers) if signer.address.lower() in members]
    if len(ours) < signer_set.threshold:
        raise SignersMissing(f"{len(ours)} of our {len(signers)} keys are signers, {signer_set.threshold} are needed")
    return ours[: signer_set.threshold]


def _commit(
    submission: Submission, deployment: Deployment, clients: ChainClients, *, signed: SignedReport, gas_limit: int
) -> None:
    """Commit nonce, signatures and raw bytes in one transaction. Nothing is sent here."""
    fees = clients.gateway.fees(max_fee_gwei=settings.MAX_FEE_GWEI)
    wallet = wallet_of(deployment, address=clients.transmitter.address, gateway=clients.gateway)
    with transaction.atomic():
        nonce = take_nonce(wallet)
        fields = TransactionFields(
            chain_id=deployment.chain_id,
            nonce=nonce,
            to=deployment.address,
            data=signed.call_data,
            gas_limit=gas_limit,
            fees=fees,
        )
        sent = sign_transaction(fields, clients.transmitter)
        move(
            submission.pk,
            frm=[State.PLANNED],
            to=State.IN_PROGRESS,
            deployment=deployment,
            wallet=wallet,
            nonce=nonce,
            signer_set_version=signed.report.signer_set_version,
            digest="0x" + signed.digest.hex(),
            signatures=submission.signatures,
        )
        store_attempt(submission, sent, nonce=nonce, gas_limit=gas_limit, fees=fees)


def _is_own_known(submission: Submission, gateway: OracleGateway) -> bool:
    hashes = submission.attempts.values_list("tx_hash", flat=True)
    return any(gateway.is_known(tx_hash) for tx_hash in hashes)


def _give_up_nonce(submission: Submission, attempt: Attempt, gateway: OracleGateway, error: NonceTooLow) -> None:
    """Reopen a submission whose nonce a stranger's transaction used up: its own bytes can never be mined.

    Only when seen a second time: a node may count a transaction before it can show it. Raises ``error`` the first time.
    """
    if not attempt.last_error.startswith(NonceTooLow.code):
        Attempt.objects.filter(pk=attempt.pk).update(last_error=f"{NonceTooLow.code}: {error}")
        raise error
    if submission.wallet is None:
        raise StateMoved(f"{submission.pk} holds no nonce")
    reason = f"nonce {submission.nonce} of {submission.wallet.address} was used by another transaction"
    skip_taken_nonces(submission.wallet, mined=gateway.nonce(submission.wallet.address, pending=False))
    reopen(Submission.objects.filter(pk=submission.pk), reason=reason)
