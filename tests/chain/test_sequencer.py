"""The uptime feed of a rollup, read from a real node."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from apps.chain.errors import ContractMissing
from apps.chain.gateway import SequencerStatus
from tests.chain.conftest import Oracle

FEED = "0x" + "5e" * 20
SINCE = 1_700_000_000


def put_feed(oracle: Oracle, *, answer: int) -> None:
    """Put a contract at FEED that answers every call with latestRoundData's five words."""
    code = f"60{answer:02x}60205263{SINCE:08x}60405260a06000f3"  # MSTORE answer and startedAt, RETURN 160 bytes
    oracle.gateway._raw("anvil_setCode", [FEED, "0x" + code])


@pytest.mark.parametrize(("answer", "is_up"), [(0, True), (1, False)])
def test_answer_0_is_up_and_1_is_down(oracle: Oracle, answer: int, *, is_up: bool) -> None:
    """The status comes with the time since which it holds."""
    put_feed(oracle, answer=answer)

    status = oracle.gateway.sequencer_status(FEED)

    assert status == SequencerStatus(is_up=is_up, since=datetime.fromtimestamp(SINCE, UTC))


def test_address_without_a_feed_is_told_apart(oracle: Oracle) -> None:
    """A wrong SEQUENCER_FEED stops publishing with its name, and is not taken for an outage."""
    with pytest.raises(ContractMissing, match="no uptime feed"):
        oracle.gateway.sequencer_status("0x" + "77" * 20)
