"""Replies written by hand in the wire format of each built-in source. A further source adds its Wire to one of them."""

from __future__ import annotations

from tests.sources.wires import exchanges_b, exchanges_c
from tests.sources.wires.base import Wire

WIRES: tuple[Wire, ...] = (*exchanges_b.WIRES, *exchanges_c.WIRES)

__all__ = ["WIRES", "Wire"]
