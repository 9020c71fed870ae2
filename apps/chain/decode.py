"""Turns what nodes say - custom errors, error texts, receipts' logs - into our words. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError

from apps.chain.bindings import price_oracle, timelock_controller
from apps.chain.errors import (
    AlreadyKnown,
    ChainError,
    ExecutionReverted,
    HistoryPruned,
    InsufficientFunds,
    NonceTooLow,
    RpcRefused,
    TransactionRefused,
    Underpriced,
)
from apps.chain.report import LANE_BYTES, LANES, MAX_LANE, WIDE_INDEX, place_of

PAGE_BYTES = 2 + 32
ERRORS: dict[bytes, tuple[str, tuple[str, ...]]] = {
    bytes.fromhex("08c379a0"): ("Error", ("string",)),
    bytes.fromhex("4e487b71"): ("Panic", ("uint256",)),
    **timelock_controller.ERRORS,
    **price_oracle.ERRORS,
}
# Words of geth, Anvil (alloy), Erigon, Nethermind and Besu; the first group that matches decides.
ERROR_TEXTS: tuple[tuple[type[ChainError], tuple[str, ...]], ...] = (
    (AlreadyKnown, ("already known", "already imported", "known transaction", "alreadyknown")),
    (NonceTooLow, ("nonce too low", "nonce is too low", "oldnonce", "old nonce")),
    (Underpriced, ("underpriced", "feetoolow", "gas price too low")),
    (InsufficientFunds, ("insufficient funds", "insufficientfunds")),
    (
        HistoryPruned,
        ("blockoutofrange", "missing trie node", "pruned", "header not found", "unknown block", "historical state"),
    ),
)


class SkipReason(IntEnum):
    """Why the contract did not take an answer of a valid report (its enum of the same name)."""

    NONE = 0
    UNKNOWN_FEED = 1
    NOT_NEWER = 2
    FROM_FUTURE = 3
    TOO_OLD = 4
    OUT_OF_BOUNDS = 5
    MOVED_TOO_FAR = 6
    FEED_PAUSED = 7
    ROUNDS_EXHAUSTED = 8


@dataclass(frozen=True, slots=True)
class TakenAnswer:
    """An answer that a ReportAccepted event says was stored, and the round of its page."""

    place: int
    answer: int
    observed_at: int
    page_round: int


def taken_answers(pages: bytes) -> list[TakenAnswer]:
    """Return what the ``pages`` of a ReportAccepted event say was taken, in the order of the event.

    Each page is its index (2 bytes) and its word (32): round (4), observation time (4), then the answer of a wide feed,
    or lanes 3 to 0 of 6 bytes, whose top bit marks a feed that kept an older answer.

    Raises ValueError when the bytes are not whole pages.
    """
    if len(pages) % PAGE_BYTES:
        raise ValueError(f"pages come in {PAGE_BYTES} bytes each, got {len(pages)}")
    return [answer for at in range(0, len(pages), PAGE_BYTES) for answer in _taken(pages[at : at + PAGE_BYTES])]


def _taken(page: bytes) -> list[TakenAnswer]:
    index, page_round, observed_at = (int.from_bytes(part) for part in (page[:2], page[2:6], page[6:10]))
    if index & WIDE_INDEX:
        return [TakenAnswer(place_of(index, 0), int.from_bytes(page[10:]), observed_at, page_round)]
    body = int.from_bytes(page[10:])
    lanes = [(body >> (8 * LANE_BYTES * lane)) & MAX_LANE for lane in range(LANES)]
    return [
        TakenAnswer(place_of(index, lane), answer, observed_at, page_round)
        for lane, answer in enumerate(lanes)
        if 0 < answer <= MAX_LANE >> 1
    ]


def skip_reason_name(number: int) -> str:
    """Return the stable lower-case name of a skip reason, ``reason_7`` for one of a newer contract."""
    try:
        return SkipReason(number).name.lower()
    except ValueError:
        return f"reason_{number}"


def error_of_text(message: str) -> ChainError:
    """Return the error a node's message stands for."""
    lowered = message.lower()
    for kind, texts in ERROR_TEXTS:
        if any(text in lowered for text in texts):
            return kind(message[:200])
    return RpcRefused(message[:200])


def refusal_of_text(message: str) -> ChainError:
    """Return the error a node's message to a raw transaction stands for; an unknown one is TransactionRefused."""
    error = error_of_text(message)
    return TransactionRefused(message[:200]) if isinstance(error, RpcRefused) else error


def revert_of(payload: object) -> ExecutionReverted:
    """Return the decoded custom error of revert data (0x hex, or a mapping that holds it, as some nodes send)."""
    if isinstance(payload, Mapping):
        payload = payload.get("data") or payload.get("result")
    raw = _as_bytes(payload)
    if len(raw) < 4:
        return ExecutionReverted("")
    name, types = ERRORS.get(raw[:4], (f"0x{raw[:4].hex()}", ()))
    try:
        arguments = decode(types, raw[4:])
    except DecodingError:
        return ExecutionReverted(name)
    return ExecutionReverted(name, tuple(_shown(value) for value in arguments))


def _as_bytes(payload: object) -> bytes:
    if isinstance(payload, (bytes, bytearray)):
        return bytes(payload)
    if isinstance(payload, str) and payload.startswith("0x"):
        try:
            return bytes.fromhex(payload[2:])
        except ValueError:
            return b""
    return b""


def _shown(value: Any) -> object:
    return "0x" + value.hex() if isinstance(value, bytes) else value
