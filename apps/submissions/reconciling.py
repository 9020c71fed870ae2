"""Compares the contract's events with the tables, a range of final blocks at a time, and heals what differs.

Every other reading follows one submission; this one asks the other way round: does all that the chain says have its
row, and all rows that say "landed" their event? A lying node, a lost row or a restored database show here.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence

from django.db import IntegrityError, transaction

from apps.chain.gateway import FeedEvent, OracleGateway
from apps.submissions.clients import ChainClients
from apps.submissions.finality import final_block
from apps.submissions.models import Attempt, ChainDifference, Deployment, Submission
from apps.submissions.selectors import active_deployment
from apps.submissions.services import StateMoved, move

log = logging.getLogger(__name__)
Kind = ChainDifference.Kind
State = Submission.State
BLOCKS_AT_A_TIME = 2_000  # what nodes give in one eth_getLogs
LOCAL_LOOKBACK = 900  # a local chain drops the bodies of older blocks, and their events with them


def reconcile(clients: ChainClients) -> int:
    """Compare the next range of final blocks; return how many differences were found."""
    deployment = active_deployment(clients.policy.name)
    if deployment is None:
        return 0
    last_final = final_block(clients.gateway, clients.policy)
    known = deployment.reconciled_block
    first = deployment.block_number if known is None else known + 1
    if deployment.is_local:
        first = max(first, last_final - LOCAL_LOOKBACK)
    last = min(last_final, first + BLOCKS_AT_A_TIME - 1)
    if last < first:
        return 0
    events = clients.gateway.events(deployment.address, first=first, last=last)
    found = list(_differences(deployment, events, clients.gateway, first=first, last=last))
    healed: dict[object, str] = {}  # a submission once, however many of its feeds differ
    for difference in found:
        key = difference.submission.pk if difference.submission else (difference.tx_hash, difference.pair)
        if key not in healed:
            healed[key] = _heal(difference, deployment)
        difference.healing = healed[key]
        log.error(
            "chain differs kind=%s pair=%s tx=%s block=%d ours=%s theirs=%s healing=%s",
            difference.kind,
            difference.pair,
            difference.tx_hash,
            difference.block_number,
            difference.ours,
            difference.theirs,
            difference.healing or "none",
        )
    with transaction.atomic():
        ChainDifference.objects.bulk_create(found, ignore_conflicts=True)
        Deployment.objects.filter(pk=deployment.pk).update(reconciled_block=last)
    return len(found)


def _differences(
    deployment: Deployment, events: Sequence[FeedEvent], gateway: OracleGateway, *, first: int, last: int
) -> Iterator[ChainDifference]:
    landed = Submission.objects.filter(
        deployment=deployment, state__in=Submission.LANDED, block_number__gte=first, block_number__lte=last
    )
    stored = {(row.tx_hash, pair): row for row in landed for pair in row.landed}
    seen = {(event.tx_hash, event.pair): event for event in events}
    for (tx_hash, pair), row in stored.items():
        event = seen.get((tx_hash, pair))
        if event is None and not gateway.keeps_body(row.block_number or 0):
            log.warning("block can no longer be compared block=%s submission=%s", row.block_number, row.pk)
        elif event is None or event.answer != _answers(row)[pair]:
            yield _untold(row, pair, event, deployment)
    for key, event in seen.items():
        if key not in stored:
            yield from _extra(event, deployment)


def _untold(row: Submission, pair: str, event: FeedEvent | None, deployment: Deployment) -> ChainDifference:
    """Return that the chain does not say what the row says landed: nothing of it, or another answer."""
    return ChainDifference(
        deployment=deployment,
        kind=Kind.MISSING if event is None else Kind.DIFFERENT,
        pair=pair,
        tx_hash=row.tx_hash,
        block_number=row.block_number or 0,
        ours=_answers(row)[pair],
        theirs=None if event is None else event.answer,
        submission=row,
    )


def _extra(event: FeedEvent, deployment: Deployment) -> Iterator[ChainDifference]:
    """Yield that no row says what the event does, unless its submission's receipt is still to be read."""
    sent = Submission.objects.filter(attempts__tx_hash=event.tx_hash).first()
    if sent is None or sent.state not in Submission.UNFINISHED:
        yield ChainDifference(
            deployment=deployment,
            kind=Kind.EXTRA,
            pair=event.pair,
            tx_hash=event.tx_hash,
            block_number=event.block_number,
            theirs=event.answer,
            submission=sent,
        )


def _answers(row: Submission) -> Mapping[str, int]:
    return {item["pair"]: int(item["answer"]) for item in row.answers}


def _heal(difference: ChainDifference, deployment: Deployment) -> str:
    """Let the submission be followed again, from its receipt on; return what was done, empty when nothing can be."""
    row = difference.submission
    if row is None or difference.kind == Kind.DIFFERENT:
        return ""
    try:
        with transaction.atomic():
            if row.state in Submission.LANDED:  # or one of its feeds was misread: its receipt tells again
                return _follow_again(row)
            return _follow_extra(row, difference, deployment)
    except (StateMoved, IntegrityError) as exc:
        log.warning("difference not healed submission=%s error=%s", row.pk, exc.__class__.__name__)
        return ""


def _follow_again(row: Submission) -> str:
    lost = {"tx_hash": row.tx_hash, "block_number": row.block_number, "block_hash": row.block_hash}
    move(
        row.pk,
        frm=Submission.LANDED,
        to=State.UNCONFIRMED,
        resends=row.resends + 1,
        lost_blocks=[*row.lost_blocks, lost],
        tx_hash="",
        block_number=None,
        block_hash="",
        landed=[],
        confirmed_at=None,
    )
    return "followed again: it is looked for, and sent again if it is gone"


def _follow_extra(row: Submission, difference: ChainDifference, deployment: Deployment) -> str:
    attempt = Attempt.objects.get(tx_hash=difference.tx_hash)
    move(
        row.pk,
        frm=[State.REPLACED, State.FATAL],
        to=State.UNCONFIRMED,
        deployment=deployment,
        wallet=attempt.wallet,
        nonce=attempt.nonce,
        replaced_by=None,
        failure_code="",
        failure_message="",
    )
    return "followed again: its transaction was mined after all"
