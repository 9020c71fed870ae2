"""What the deployed code cannot do, read from its instructions."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from apps.chain.artifacts import ARTIFACTS

PUSH1, PUSH32 = 0x60, 0x7F
FORBIDDEN = {0xF2: "CALLCODE", 0xF4: "DELEGATECALL", 0xFF: "SELFDESTRUCT"}
MAX_CODE_BYTES = 24_576  # EIP-170
OURS = {"PriceOracle", "FeedProxy", "MovableFeedProxy", "SequencerGuard", "EvidenceProof"}


def instructions(code: bytes) -> Iterator[int]:
    """Yield the opcodes of a code, without what is pushed."""
    at = 0
    while at < len(code):
        yield code[at]
        at += 1 + (code[at] - PUSH1 + 1 if PUSH1 <= code[at] <= PUSH32 else 0)


@pytest.mark.parametrize(
    "contract", ["PriceOracle", "FeedProxy", "MovableFeedProxy", "SequencerGuard", "EvidenceProof"]
)
def test_no_code_can_be_put_in_place_of_the_deployed_one(contract: str) -> None:
    """No instruction runs another contract's code on this one's storage, or ends it; and the code fits the limit."""
    document = json.loads((ARTIFACTS / f"{contract}.json").read_text(encoding="utf-8"))
    code = bytes.fromhex(document["deployedBytecode"][2:])

    assert {FORBIDDEN[opcode] for opcode in instructions(code) if opcode in FORBIDDEN} == set()
    assert len(code) <= MAX_CODE_BYTES
