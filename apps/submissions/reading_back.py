"""Reads a mined report back from the contract and compares it with what was sent."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from apps.chain.errors import ChainReadInconsistent, ExecutionReverted, HistoryPruned
from apps.chain.gateway import ChainSnapshot, FeedReading, OracleGateway, Receipt
from apps.chain.report import ReportAnswer
from apps.submissions.models import Deployment

log = logging.getLogger(__name__)
# Receipt and state of one block cannot differ. While they do, a node lags or lies, and the reading is no verdict; after
# so long it is taken as it is, so that a submission does not hold its lane for ever.
PATIENCE = timedelta(minutes=5)
NO_EVENT, DIFFERS, GONE = "no_event", "read_back_differs", "history_gone"
DOUBTFUL = frozenset({NO_EVENT, DIFFERS, GONE})


@dataclass(frozen=True, slots=True)
class ReadBack:
    """What the contract holds of a mined report: pairs as sent, and pairs that are not with the reason."""

    snapshot: ChainSnapshot
    landed: list[str] = field(default_factory=list)
    skipped: dict[str, str] = field(default_factory=dict)


def read_back(
    deployment: Deployment, receipt: Receipt, answers: tuple[ReportAnswer, ...], gateway: OracleGateway
) -> ReadBack:
    """Read the answers from the contract at the receipt's block and compare them with what was sent.

    A feed that a later transaction of the same block wrote again, or whose block's state the node no longer keeps, is
    read from the contract's own history by the round its event names.

    Raises ChainReadInconsistent when receipt and state contradict each other: the block left the chain in between, or
    a node lags or lies.
    """
    snapshot = _snapshot(deployment, receipt, [answer.pair for answer in answers], gateway)
    prices = dict(snapshot.prices)
    back = ReadBack(snapshot=ChainSnapshot(snapshot.block_number, snapshot.block_time, prices))
    for answer in answers:
        if answer.pair not in receipt.accepted:
            nameless = receipt.skipped.get("", NO_EVENT)  # of a place where the contract has no feed
            back.skipped[answer.pair] = receipt.skipped.get(answer.pair, nameless)
            continue
        reading = prices.get(answer.pair)
        if reading is None or not _is_as_sent(reading, answer):
            reading = _from_history(deployment, answer.pair, receipt, gateway)
        if reading is not None and _is_as_sent(reading, answer):
            prices[answer.pair] = reading
            back.landed.append(answer.pair)
        else:
            log.error("read back differs pair=%s tx=%s sent=%s read=%s", answer.pair, receipt.tx_hash, answer, reading)
            back.skipped[answer.pair] = DIFFERS if reading else GONE
    if DOUBTFUL & set(back.skipped.values()):
        _require_old_block(receipt, back.skipped, gateway, now=datetime.now(UTC))
    return back


def _snapshot(deployment: Deployment, receipt: Receipt, pairs: list[str], gateway: OracleGateway) -> ChainSnapshot:
    """Return the pairs at the receipt's block, none of them when its state is gone."""
    try:
        return gateway.read_prices(deployment.address, pairs, block_number=receipt.block_number)
    except HistoryPruned:
        return ChainSnapshot(block_number=receipt.block_number, block_time=gateway.head().time)


def _require_old_block(receipt: Receipt, skipped: Mapping[str, str], gateway: OracleGateway, *, now: datetime) -> None:
    """Do nothing when the receipt's block stands and PATIENCE is over. Raises ChainReadInconsistent."""
    block = gateway.block(receipt.block_number)
    if block.block_hash != receipt.block_hash:
        raise ChainReadInconsistent(f"block {receipt.block_number} left the chain while {receipt.tx_hash} was read")
    if now - block.time < PATIENCE:
        shown = ", ".join(f"{pair}: {reason}" for pair, reason in skipped.items())
        raise ChainReadInconsistent(f"receipt and state of {receipt.tx_hash} differ ({shown}); read again")


def _from_history(deployment: Deployment, pair: str, receipt: Receipt, gateway: OracleGateway) -> FeedReading | None:
    """Return the round that the event names, as of the receipt's block where a node still has that state."""
    round_id, _ = receipt.accepted[pair]
    try:
        try:
            return gateway.read_round(deployment.address, pair, round_id, block_number=receipt.block_number)
        except HistoryPruned:
            return gateway.read_round(deployment.address, pair, round_id)
    except ExecutionReverted as exc:
        log.warning("round left the contract's history pair=%s round=%d error=%s", pair, round_id, exc)
        return None


def _is_as_sent(reading: FeedReading, answer: ReportAnswer) -> bool:
    return reading.answer == answer.answer and int(reading.observed_at.timestamp()) == answer.observed_at
