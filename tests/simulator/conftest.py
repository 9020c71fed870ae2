"""A clock to turn by hand, and one frozen simulator for the tests that speak HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from simulator.state import Simulation
from simulator.testing import Simulator

START = 1_795_484_942.0


@dataclass
class Clock:
    """Unix time that stands until it is turned."""

    now: float = START

    def __call__(self) -> float:
        """Return the time."""
        return self.now


@pytest.fixture
def clock() -> Clock:
    """Return a clock that stands."""
    return Clock()


@pytest.fixture
def world(clock: Clock) -> Simulation:
    """Return a walking world without a server."""
    return Simulation(seed=7, clock=clock)


@pytest.fixture(scope="session")
def running() -> Iterator[Simulator]:
    """Return one frozen simulator for the whole session."""
    with Simulator(seed=7, frozen=True) as simulator:
        yield simulator


@pytest.fixture
def simulator(running: Simulator) -> Simulator:
    """Return the frozen simulator, reset."""
    running.reset()
    return running
