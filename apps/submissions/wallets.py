"""Nonces and balances of the transmitters. A nonce is given out by one conditional update, with the bytes using it."""

from __future__ import annotations

import logging

from django.db import transaction
from django.db.models import Min
from django.utils import timezone

from apps.chain.gateway import OracleGateway
from apps.submissions.models import Attempt, Deployment, Submission, Wallet
from apps.submissions.services import StateMoved, reopen

log = logging.getLogger(__name__)
State = Submission.State
LOST_BY_CHAIN = "lost_by_chain"


def wallet_of(deployment: Deployment, *, address: str, gateway: OracleGateway) -> Wallet:
    """Return the wallet row, made on first use with the chain's count of transactions, waiting ones included.

    After that the row alone decides the next nonce: what the chain says is compared, never followed in silence.
    """
    key = {"chain_id": deployment.chain_id, "address": address, "genesis_hash": deployment.genesis_hash}
    wallet = Wallet.objects.filter(**key).first()
    if wallet is None:
        next_nonce = gateway.nonce(address, pending=True)
        wallet, _ = Wallet.objects.get_or_create(**key, defaults={"next_nonce": next_nonce})
    return wallet


def next_nonce(wallet: Wallet) -> int:
    """Return the nonce that comes next, to sign with; it is not taken before ``claim_nonce``."""
    wallet.refresh_from_db(fields=["next_nonce"])
    return wallet.next_nonce


def claim_nonce(wallet: Wallet, nonce: int) -> None:
    """Count a nonce as given out. Must run in the transaction that commits the bytes using it.

    Raises StateMoved when another process was faster; then nothing was taken.
    """
    if Wallet.objects.filter(pk=wallet.pk, next_nonce=nonce).update(next_nonce=nonce + 1) != 1:
        raise StateMoved(f"nonce {nonce} of {wallet.address} is no longer the next")


def skip_taken_nonces(wallet: Wallet, *, mined: int) -> None:
    """Raise the next nonce to the chain's count after a stranger used this key. It never goes down here."""
    raised = Wallet.objects.filter(pk=wallet.pk, next_nonce__lt=mined).update(next_nonce=mined)
    if raised:
        log.warning("nonces were used elsewhere wallet=%s next_nonce=%d", wallet.address, mined)


def read_balance(wallet: Wallet, *, gateway: OracleGateway) -> int:
    """Store and return the wallet's balance in wei."""
    balance_wei = gateway.balance_wei(wallet.address)
    Wallet.objects.filter(pk=wallet.pk).update(balance_wei=balance_wei, balance_read_at=timezone.now())
    return balance_wei


def recover_lost_nonces(wallet: Wallet, *, is_local: bool, gateway: OracleGateway) -> int:
    """Reopen what a chain lost when it fell back to an older state; returns how many submissions were reopened.

    Sign of it: the chain's next nonce is one that no submission in flight holds, although it was given out. On a public
    chain that is a lagging endpoint and only reported. On a local chain the nonces from there on are neither mined nor
    waiting, so their holders are reopened (or marked lost when they were final) and the count starts from there again.
    """
    mined = gateway.nonce(wallet.address, pending=False)
    wallet.refresh_from_db(fields=["next_nonce"])
    if _lowest_in_flight(wallet, mined=mined) <= mined:
        return 0
    if not is_local or gateway.nonce(wallet.address, pending=True) != mined:
        if Submission.objects.filter(wallet=wallet, nonce__gte=mined, state__in=Submission.LANDED).exists():
            log.error("chain is behind the wallet wallet=%s mined=%d next=%d", wallet.address, mined, wallet.next_nonce)
        return 0
    reason = f"the chain fell back to nonce {mined}, {wallet.next_nonce} was next"
    with transaction.atomic():
        locked = Wallet.objects.select_for_update().get(pk=wallet.pk)
        held = Submission.objects.filter(wallet=locked, nonce__gte=mined)
        count = reopen(held, reason=reason)
        held.filter(state=State.FINAL).update(
            state=State.FATAL, failure_code=LOST_BY_CHAIN, failure_message=reason, nonce=None
        )
        held.filter(state=State.FATAL).update(nonce=None)
        Attempt.objects.filter(wallet=locked, submission=None, nonce__gte=mined).delete()
        locked.next_nonce = mined
        locked.save(update_fields=["next_nonce"])
    log.warning("lost transactions recovered wallet=%s reopened=%d reason=%s", wallet.address, count, reason)
    return count


def _lowest_in_flight(wallet: Wallet, *, mined: int) -> int:
    in_flight = Submission.objects.filter(wallet=wallet, state__in=Submission.IN_FLIGHT, nonce__gte=mined)
    lowest: int | None = in_flight.aggregate(lowest=Min("nonce"))["lowest"]
    return wallet.next_nonce if lowest is None else lowest
