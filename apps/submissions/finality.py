"""Takes a submission from CONFIRMED to FINAL, and back to UNCONFIRMED when its block leaves the chain."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from apps.chain.errors import HistoryPruned
from apps.chain.gateway import OracleGateway
from apps.monitoring import metrics
from apps.submissions.chains import ChainPolicy, Finality
from apps.submissions.clients import ChainClients
from apps.submissions.models import Submission
from apps.submissions.sending import broadcast
from apps.submissions.services import move
from apps.submissions.witnessing import may_act_on

log = logging.getLogger(__name__)
State = Submission.State
# A local chain that mines on demand adds no blocks while it is idle, so depth alone would never come.
LOCAL_FINAL_AFTER = timedelta(seconds=60)


def settle_confirmed(confirmed: Sequence[Submission], clients: ChainClients, *, now: datetime) -> list[Submission]:
    """Return the CONFIRMED submissions to look at: all when a reorganisation is seen, else those due to be final.

    The newest confirmed block speaks for all before it: a block that stands stands on its ancestors.
    """
    rows = [row for row in confirmed if row.block_number is not None]
    if not rows:
        return []
    newest = max(rows, key=lambda row: row.block_number or 0)
    if not _stands(newest, clients.gateway):
        return rows
    floor = final_block(clients.gateway, clients.policy)
    return [row for row in rows if is_final_due(row, final_block=floor, now=now)]


def final_block(gateway: OracleGateway, policy: ChainPolicy) -> int:
    """Return the newest block that the chain's rule calls final."""
    if policy.finality is Finality.DEPTH:
        return gateway.tagged("latest") - policy.confirmations
    return gateway.tagged(policy.finality.value)


def is_final_due(submission: Submission, *, final_block: int, now: datetime) -> bool:
    """Return whether a CONFIRMED submission's block is final, or old enough on a local chain."""
    if submission.block_number is None or submission.confirmed_at is None:
        return False
    if submission.block_number <= final_block:
        return True
    is_local = submission.deployment is not None and submission.deployment.is_local
    return is_local and now - submission.confirmed_at >= LOCAL_FINAL_AFTER


def settle(submission: Submission, clients: ChainClients, *, now: datetime) -> None:
    """Make a CONFIRMED submission FINAL when it is due and still in its block; reopen it when it left the block.

    It stays CONFIRMED while endpoints contradict each other, which holds up no other submission.
    """
    receipt = clients.gateway.receipt(submission.tx_hash, everywhere=True)
    if receipt is not None and not may_act_on(receipt, submission, clients.policy, now=now):
        return
    left = receipt.block_hash != submission.block_hash if receipt else not _is_forgotten(submission, clients.gateway)
    if left:
        _reorged(submission, clients.gateway)
    elif is_final_due(submission, final_block=final_block(clients.gateway, clients.policy), now=now):
        move(submission.pk, frm=[State.CONFIRMED], to=State.FINAL)


def _reorged(submission: Submission, gateway: OracleGateway) -> None:
    """Follow it again from UNCONFIRMED, the lost block kept in its record, and hand its bytes to the nodes at once."""
    log.warning("confirmed transaction left its block submission=%s tx=%s", submission.pk, submission.tx_hash)
    lost = {
        "tx_hash": submission.tx_hash,
        "block_number": submission.block_number,
        "block_hash": submission.block_hash,
    }
    move(
        submission.pk,
        frm=[State.CONFIRMED],
        to=State.UNCONFIRMED,
        resends=submission.resends + 1,
        lost_blocks=[*submission.lost_blocks, lost],
        tx_hash="",
        block_number=None,
        block_hash="",
        landed=[],
        confirmed_at=None,
    )
    metrics.reorged(submission.chain_id)
    broadcast(Submission.objects.get(pk=submission.pk), gateway)


def _is_forgotten(submission: Submission, gateway: OracleGateway) -> bool:
    """Return whether its block stands, but no node keeps what was in it: then a missing receipt says nothing."""
    return _stands(submission, gateway) and not gateway.keeps_body(submission.block_number or 0)


def _stands(submission: Submission, gateway: OracleGateway) -> bool:
    try:
        block = gateway.block(submission.block_number or 0)
    except HistoryPruned:
        return False
    return block.block_hash == submission.block_hash
