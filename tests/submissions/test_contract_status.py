"""Calls that wait in a timelock, in words."""

from __future__ import annotations

import pytest

from apps.chain.bindings import price_oracle, timelock_controller
from apps.chain.contract_setup import config_to_chain
from apps.chain.report import feed_id
from apps.submissions.contract_status import told_call
from tests.chain.local_chain import BTC, key
from tests.submissions.fake_chain import CONTRACT

TIMELOCK, HOLDER = key(3).address, key(4).address
RULES = [8, 0, 90, 3600, 50, 0, 0, 1, BTC.max_answer, "BTC / USD"]


@pytest.mark.parametrize(
    ("target", "data", "function", "arguments"),
    [
        (CONTRACT, price_oracle.unpause().data, "unpause", []),
        (CONTRACT, price_oracle.set_signers([HOLDER], 1).data, "setSigners", [[HOLDER], 1]),
        (CONTRACT, price_oracle.pause_feed(feed_id("BTC/USD")).data, "pauseFeed", ["BTC/USD"]),
        (
            CONTRACT,
            price_oracle.update_feed(feed_id("BTC/USD"), config_to_chain(BTC)).data,
            "updateFeed",
            ["BTC/USD", RULES],
        ),
        (
            TIMELOCK,
            timelock_controller.grant_role(b"\xff" * 32, HOLDER).data,
            "grantRole",
            ["0x" + "ff" * 32, HOLDER],
        ),
    ],
)
def test_a_known_call_is_told_in_words(target: str, data: bytes, function: str, arguments: list[object]) -> None:
    """Addresses have their checksum, feed ids are pairs, structs are lists."""
    assert told_call(target, data, contract=CONTRACT) == {"to": target, "function": function, "arguments": arguments}


@pytest.mark.parametrize("data", [b"", bytes.fromhex("12345678"), price_oracle.set_pauser(HOLDER).data[:20]])
def test_another_call_is_shown_as_it_is(data: bytes) -> None:
    """Of a function that is none of ours, or cut short: nothing is made up."""
    assert told_call(CONTRACT, data, contract=CONTRACT) == {"to": CONTRACT, "data": "0x" + data.hex()}
