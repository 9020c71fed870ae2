"""Compares a wallet's nonces with the chain's, and repairs: strangers' nonces are skipped, gaps are filled.

A gap is a nonce that was given out, is not mined, waits nowhere, and no submission holds: all later ones wait for it
for ever. A transfer of nothing to the transmitter itself fills it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone

from apps.chain.errors import AlreadyKnown, NonceTooLow, TransactionRefused
from apps.monitoring import metrics
from apps.submissions.attempts import draft_cancel, store_attempt
from apps.submissions.clients import ChainClients
from apps.submissions.lanes import Lane, is_stuck, lane_lock
from apps.submissions.models import Attempt, Submission, Wallet
from apps.submissions.replacing import better_fees
from apps.submissions.wallets import skip_taken_nonces

log = logging.getLogger(__name__)
FILLS_AT_A_TIME = 8


def reconcile(lane: Lane, clients: ChainClients) -> None:
    """Read the chain's counts of a transmitter's nonces, store them, and repair what does not fit."""
    wallet, gateway = lane.wallet, clients.gateway
    mined = gateway.nonce(wallet.address, pending=False)
    pending = max(mined, gateway.nonce(wallet.address, pending=True))
    Wallet.objects.filter(pk=wallet.pk).update(mined_nonce=mined, pending_nonce=pending, nonces_read_at=timezone.now())
    wallet.refresh_from_db(fields=["next_nonce"])
    if mined > wallet.next_nonce:
        _skip_foreign(wallet, mined=mined)
    elif pending > wallet.next_nonce:
        log.error("foreign transaction waits wallet=%s pending=%d next=%d", wallet.address, pending, wallet.next_nonce)
    with lane_lock(wallet):
        fill_gaps(lane, clients, mined=mined, pending=pending)


def fill_gaps(lane: Lane, clients: ChainClients, *, mined: int, pending: int) -> int:
    """Fill nonces that nothing holds and drive earlier fillers on; returns how many were filled now."""
    wallet = lane.wallet
    if wallet.paused_at is not None or clients.policy.is_paused:
        return 0
    head_block = clients.gateway.head().number
    for filler in _waiting_fillers(wallet, mined=mined):
        _drive(filler, lane, clients, head_block=head_block, now=timezone.now())
    filled = 0
    for nonce in _gaps(wallet, mined=mined, pending=pending):
        fees = clients.gateway.fees(max_fee_gwei=clients.policy.max_fee_gwei)
        draft = draft_cancel(
            lane.transmitter,
            chain_id=wallet.chain_id,
            nonce=nonce,
            fees=fees,
            head_block=head_block,
            gateway=clients.gateway,
        )
        attempt = store_attempt(draft, wallet=wallet, submission=None, deployment=None)
        log.warning("nonce gap filled wallet=%s nonce=%d tx=%s", wallet.address, nonce, attempt.tx_hash)
        metrics.nonce_gap_filled(wallet.chain_id, wallet.address)
        _broadcast(attempt, clients)
        filled += 1
    return filled


def _gaps(wallet: Wallet, *, mined: int, pending: int) -> Iterator[int]:
    """Yield given-out nonces that are neither mined nor waiting nor held, lowest first, a few at a time."""
    first = max(mined, pending)
    held = _held(wallet, first=first) | set(_waiting_fillers(wallet, mined=first).values_list("nonce", flat=True))
    free = (nonce for nonce in range(first, wallet.next_nonce) if nonce not in held)
    for nonce, _ in zip(free, range(FILLS_AT_A_TIME), strict=False):
        yield nonce


def _held(wallet: Wallet, *, first: int) -> set[int]:
    """Return the nonces that a submission holds: in flight, or mined at last look."""
    alive = Q(state__in=[*Submission.IN_FLIGHT, *Submission.LANDED]) | Q(state=Submission.State.FATAL) & ~Q(tx_hash="")
    holders = Submission.objects.filter(alive, wallet=wallet, nonce__gte=first)
    return {nonce for nonce in holders.values_list("nonce", flat=True) if nonce is not None}


def _waiting_fillers(wallet: Wallet, *, mined: int) -> QuerySet[Attempt]:
    return Attempt.objects.filter(wallet=wallet, submission=None, nonce__gte=mined).order_by("nonce", "created_at")


def _drive(filler: Attempt, lane: Lane, clients: ChainClients, *, head_block: int, now: datetime) -> None:
    """Send a filler again, paid better when it is stuck."""
    newer = Attempt.objects.filter(wallet=lane.wallet, submission=None, nonce=filler.nonce, pk__gt=filler.pk)
    sent_at = filler.broadcast_at or filler.created_at
    if newer.exists() or now - sent_at < timedelta(seconds=clients.policy.timeout_s):
        return
    if is_stuck(filler, head_block=head_block, policy=clients.policy):
        draft = draft_cancel(
            lane.transmitter,
            chain_id=lane.wallet.chain_id,
            nonce=filler.nonce,
            fees=better_fees(filler, clients),
            head_block=head_block,
            gateway=clients.gateway,
        )
        filler = store_attempt(draft, wallet=lane.wallet, submission=None, deployment=None)
    _broadcast(filler, clients)


def _broadcast(attempt: Attempt, clients: ChainClients) -> None:
    error, nodes = "", ""
    try:
        nodes = ", ".join(clients.gateway.broadcast(bytes(attempt.raw)))
    except (AlreadyKnown, NonceTooLow):
        pass
    except TransactionRefused as exc:
        error = f"{exc.code}: {exc}"
        log.warning("filler not taken nonce=%d error=%s", attempt.nonce, error)
    Attempt.objects.filter(pk=attempt.pk).update(
        broadcasts=attempt.broadcasts + 1, broadcast_at=timezone.now(), last_error=error, nodes=nodes[:300]
    )


def _skip_foreign(wallet: Wallet, *, mined: int) -> None:
    log.error("foreign use of a transmitter's key wallet=%s mined=%d next=%d", wallet.address, mined, wallet.next_nonce)
    metrics.foreign_nonces(wallet.chain_id, wallet.address, mined - wallet.next_nonce)
    skip_taken_nonces(wallet, mined=mined)
