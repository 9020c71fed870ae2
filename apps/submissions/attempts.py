"""The signed transactions of a nonce: written before they are sent, found again, and what they were signed for."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import QuerySet
from django.utils import timezone

from apps.chain.fees import Fees
from apps.chain.gateway import OracleGateway
from apps.chain.signers import SignedTransaction, Signer, TransactionFields, sign_transaction
from apps.submissions.models import Attempt, Deployment, Submission, Wallet
from apps.submissions.services import StateMoved


@dataclass(frozen=True, slots=True)
class Draft:
    """A transaction on its way to be stored: what is signed, for whom, and the newest block then."""

    fields: TransactionFields
    signed: SignedTransaction
    kind: Attempt.Kind
    head_block: int | None


def newest_attempt(submission: Submission) -> Attempt:
    """Return the last signed transaction of the nonce a submission holds now. Raises StateMoved when it holds none."""
    attempts = submission.attempts.filter(nonce=-1 if submission.nonce is None else submission.nonce)
    attempt = attempts.order_by("-created_at", "-pk").first()
    if attempt is None:
        raise StateMoved(f"{submission.pk} is not signed")
    return attempt


def fees_of(attempt: Attempt) -> Fees:
    """Return what an attempt offers."""
    return Fees(max_fee_wei=attempt.max_fee_wei, tip_wei=attempt.tip_wei, is_legacy=attempt.is_legacy)


def draft_cancel(  # noqa: PLR0913 - what a transaction is made of
    transmitter: Signer, *, chain_id: int, nonce: int, fees: Fees, head_block: int, gateway: OracleGateway
) -> Draft:
    """Return a signed transfer of nothing from the transmitter to itself, the cheapest way to use up a nonce."""
    address = transmitter.address
    fields = TransactionFields(
        chain_id=chain_id,
        nonce=nonce,
        to=address,
        data=b"",
        # asked, not 21,000: rollups bill their data in gas
        gas_limit=gateway.estimate_gas(sender=address, to=address, data=b""),
        fees=fees,
    )
    return Draft(fields, sign_transaction(fields, transmitter), Attempt.Kind.CANCEL, head_block)


def store_attempt(
    draft: Draft, *, wallet: Wallet, submission: Submission | None, deployment: Deployment | None
) -> Attempt:
    """Write the bytes of a transaction before they are sent; must run in the transaction that moves the submission.

    A reset local chain can ask for the very same bytes again: then the attempt is the same one, made newest.
    """
    attempt, _ = Attempt.objects.update_or_create(
        tx_hash=draft.signed.tx_hash,
        defaults={
            "submission": submission,
            "wallet": wallet,
            "deployment": deployment,
            "kind": draft.kind,
            "nonce": draft.fields.nonce,
            "raw": draft.signed.raw,
            "gas_limit": draft.fields.gas_limit,
            "max_fee_wei": draft.fields.fees.max_fee_wei,
            "tip_wei": draft.fields.fees.tip_wei,
            "is_legacy": draft.fields.fees.is_legacy,
            "head_block": draft.head_block,
            "created_at": timezone.now(),
            "broadcast_at": None,
            "last_error": "",
        },
    )
    return attempt


def reserved_wei(wallet: Wallet) -> int:
    """Return the most that the transactions in flight of a wallet can still cost."""
    dearest: dict[int, int] = {}
    for attempt in in_flight_attempts(wallet):
        cost = attempt.gas_limit * attempt.max_fee_wei
        dearest[attempt.nonce] = max(cost, dearest.get(attempt.nonce, 0))
    return sum(dearest.values())


def in_flight_attempts(wallet: Wallet) -> QuerySet[Attempt]:
    """Return the attempts of submissions in flight, without their bytes."""
    return Attempt.objects.filter(wallet=wallet, submission__state__in=Submission.IN_FLIGHT).defer("raw")
