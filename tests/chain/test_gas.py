"""The gas of the contract stays what contracts/README.md says, and below what it must be."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bench.contract_gas import steady_gas
from bench.servers import Servers
from local import embedded

# What was measured when this snapshot was taken, and the most that a feed may cost. Signatures differ in their zero
# bytes from run to run, by far less than TOLERANCE.
SNAPSHOT = {1: 56_480, 10: 79_360, 100: 332_050}
MUST_PER_FEED = {1: 59_500, 10: 8_500, 100: 3_400}
TOLERANCE = 0.003
READ_SNAPSHOT, READ_MUST = 8_694, 9_500
IDLE_READ_SNAPSHOT = 10_906  # of a feed that only its neighbours were updated beside: two slots
EVENTS_OF_A_FEED = 7_900  # of ten, the share of the directory included


@pytest.fixture(scope="module")
def chain() -> Iterator[str]:
    """An Anvil for this module."""
    try:
        embedded.anvil_binary()
    except embedded.EmbeddedError as exc:
        pytest.skip(str(exc))
    with Servers() as servers:
        yield servers.anvil().url


@pytest.mark.parametrize("feeds", [1, 10, 100])
def test_a_report_costs_what_the_snapshot_says(chain: str, feeds: int) -> None:
    """A change of the gas of submit, or of a cold read through the proxy, is seen and written down."""
    figures = steady_gas(chain, feeds=feeds)

    assert figures.submit == pytest.approx(SNAPSHOT[feeds], rel=TOLERANCE)
    assert figures.submit / feeds <= MUST_PER_FEED[feeds]
    assert figures.latest_round_data == READ_SNAPSHOT <= READ_MUST


def test_a_feed_beside_its_neighbours_costs_two_slots_to_read(chain: str) -> None:
    """The dearest reading, of a feed whose neighbours alone were updated last, is what contracts/README.md says."""
    assert steady_gas(chain, feeds=4, sent=1).latest_round_data == IDLE_READ_SNAPSHOT


def test_chainlinks_events_cost_what_the_readme_says(chain: str) -> None:
    """AnswerUpdated and NewRound of a feed cost two LOGs, one account, and a call."""
    plain, announced = (steady_gas(chain, feeds=10, wide=True, announces=announces) for announces in (False, True))

    assert (announced.submit - plain.submit) / 10 == pytest.approx(EVENTS_OF_A_FEED, rel=0.01)
