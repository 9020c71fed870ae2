"""Reads a mined report back from the contract and compares it with what was sent."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field

from apps.chain.errors import ExecutionReverted, HistoryPruned
from apps.chain.gateway import ChainSnapshot, FeedReading, OracleGateway, Receipt
from apps.chain.report import ReportAnswer
from apps.submissions.models import Deployment

log = logging.getLogger(__name__)


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
