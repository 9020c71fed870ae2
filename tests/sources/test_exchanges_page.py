"""The page about exchanges says what the adapters do."""

from __future__ import annotations

import pytest

from apps.sources.registry import adapter
from tests.conftest import REPOSITORY
from tests.sources.wires import Wire, exchanges_b, exchanges_c

CLOCKS = {"price": ("trade", "ticker"), "reply": ("reply",), "none": ("none",)}


@pytest.mark.parametrize("wire", [*exchanges_b.WIRES, *exchanges_c.WIRES], ids=lambda wire: wire.slug)
def test_every_exchange_has_its_row(wire: Wire) -> None:
    """Slug, ticker form, kind of time and limit stand there as they are in code."""
    page = (REPOSITORY / "docs" / "exchanges.md").read_text().splitlines()

    (row,) = [line for line in page if line.startswith(f"| `{wire.slug}` |")]

    *_, time, limit, _end = (cell.strip() for cell in row.split("|"))
    assert f"`{adapter(wire.slug).rate_limit}`" in limit
    assert any(kind in time for kind in CLOCKS[wire.clock])
