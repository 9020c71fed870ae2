"""The in-order lane of one transmitter on one chain: who may use it, whether it is open, and which one to take.

Signing and the first broadcast of a submission happen under the lane's lock, so that two workers give out nonces and
hand them to the node in the same order. The lock is the database session's: a kill frees it.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import connection
from django.db.models import Min

from apps.chain.errors import LaneClosed
from apps.chain.gateway import OracleGateway
from apps.chain.signers import Signer
from apps.submissions.attempts import newest_attempt, reserved_wei
from apps.submissions.chains import ChainPolicy
from apps.submissions.clients import ChainClients
from apps.submissions.models import Attempt, Deployment, Submission, Wallet
from apps.submissions.wallets import wallet_of

LOCK_SPACE = 0x6C616E65  # "lane"
State = Submission.State


@dataclass(frozen=True, slots=True)
class Lane:
    """A transmitter with its wallet's row."""

    wallet: Wallet
    transmitter: Signer


@contextmanager
def lane_lock(wallet: Wallet) -> Iterator[None]:
    """Hold the lane of a wallet; waits for whoever has it."""
    key = [LOCK_SPACE, zlib.crc32(f"{wallet.chain_id}:{wallet.address}".encode()) - 2**31]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s, %s)", key)
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", key)


def lanes_of(deployment: Deployment, clients: ChainClients) -> list[Lane]:
    """Return the lane of every transmitter, in the order the operator lists them."""
    return [
        Lane(wallet_of(deployment, address=key.address, gateway=clients.gateway), key) for key in clients.transmitters
    ]


def open_lane(deployment: Deployment, clients: ChainClients, *, head_block: int) -> Lane:
    """Return the first lane that may take another submission. Raises LaneClosed with every lane's reason."""
    reasons: list[str] = []
    for lane in lanes_of(deployment, clients):
        reason = closed_reason(lane.wallet, clients, head_block=head_block)
        if not reason:
            return lane
        reasons.append(f"{lane.wallet.address}: {reason}")
    raise LaneClosed("; ".join(reasons) or "no transmitter is configured")


def closed_reason(wallet: Wallet, clients: ChainClients, *, head_block: int) -> str:
    """Return why a lane takes nothing new now, empty when it does."""
    if wallet.paused_at is not None:
        return f"paused by {wallet.paused_by} at {wallet.paused_at:%Y-%m-%d %H:%M}"
    in_flight = Submission.objects.filter(wallet=wallet, state__in=Submission.IN_FLIGHT)
    policy, count = clients.policy, in_flight.count()
    if count >= policy.max_in_flight:
        return f"{count} transactions in flight reach MAX_IN_FLIGHT {policy.max_in_flight}"
    waiting = in_flight.exclude(state=State.MISSING).order_by("nonce")
    first = waiting.first()
    if first is not None and is_stuck(newest_attempt(first), head_block=head_block, policy=policy):
        # it may be mined, and only its receipt not read yet: in a burst the sweep comes later than the blocks
        first = waiting.filter(nonce__gte=clients.gateway.nonce(wallet.address, pending=False)).first()
    if first is not None and is_stuck(newest_attempt(first), head_block=head_block, policy=policy):
        return f"nonce {first.nonce} is stuck; a newer report of its feeds will take its place"
    return ""


def is_stuck(attempt: Attempt, *, head_block: int, policy: ChainPolicy) -> bool:
    """Return whether so many blocks came without an attempt that it must be paid better."""
    return attempt.head_block is not None and head_block - attempt.head_block >= policy.bump_after_blocks


def is_first(submission: Submission) -> bool:
    """Return whether a submission holds the lowest nonce in flight of its lane: the one all others wait for."""
    ahead = Submission.objects.filter(wallet=submission.wallet, state__in=[State.IN_PROGRESS, State.UNCONFIRMED])
    lowest: int | None = ahead.aggregate(lowest=Min("nonce"))["lowest"]
    return lowest is None or lowest == submission.nonce


def short_of_wei(lane: Lane, *, cost_wei: int, gateway: OracleGateway) -> int:
    """Return by how much the wallet is too poor for a transaction beside those in flight; 0 when it is not."""
    needed = cost_wei + reserved_wei(lane.wallet)
    return max(0, needed - gateway.balance_wei(lane.wallet.address))
