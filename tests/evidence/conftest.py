"""A feed's memory must not reach from one test into the next."""

from __future__ import annotations

import pytest

from apps.rounds import memory


@pytest.fixture(autouse=True)
def _no_memory() -> None:
    """Begin with nothing remembered."""
    client = memory._client()
    if keys := list(client.scan_iter("oracle:memory:*")):
        client.delete(*keys)
