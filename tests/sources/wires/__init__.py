"""Replies written by hand in the wire format of each built-in source. A further source adds its Wire to one of them."""

from __future__ import annotations

from tests.sources.wires import aggregators, exchanges_b, exchanges_c
from tests.sources.wires.base import Wire

WIRES: tuple[Wire, ...] = (*exchanges_b.WIRES, *exchanges_c.WIRES, *aggregators.WIRES)
# Read from a chain: their replies are hexadecimal, tests/sources/adapters/test_on_chain.py holds them to the contract.
ON_CHAIN = frozenset({"chainlink", "uniswap_v3"})

__all__ = ["ON_CHAIN", "WIRES", "Wire"]
