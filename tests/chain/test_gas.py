"""The gas of the contract stays what contracts/README.md says, and below what it must be."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bench.contract_gas import anvil, steady_gas
from local import embedded

# What was measured when this snapshot was taken, and the most that a feed may cost. Signatures differ in their zero
# bytes from run to run, by far less than TOLERANCE.
SNAPSHOT = {1: 58_960, 10: 82_050, 100: 337_100}
MUST_PER_FEED = {1: 59_500, 10: 8_500, 100: 3_400}
TOLERANCE = 0.003
READ_SNAPSHOT, READ_MUST = 8_945, 9_500


@pytest.fixture(scope="module")
def chain() -> Iterator[str]:
    """An Anvil for this module."""
    try:
        embedded.anvil_binary()
    except embedded.EmbeddedError as exc:
        pytest.skip(str(exc))
    with anvil() as url:
        yield url


@pytest.mark.parametrize("feeds", [1, 10, 100])
def test_a_report_costs_what_the_snapshot_says(chain: str, feeds: int) -> None:
    """A change of the gas of submit, or of a cold read through the proxy, is seen and written down."""
    figures = steady_gas(chain, feeds=feeds)

    assert figures.submit == pytest.approx(SNAPSHOT[feeds], rel=TOLERANCE)
    assert figures.submit / feeds <= MUST_PER_FEED[feeds]
    assert figures.latest_round_data == READ_SNAPSHOT <= READ_MUST
