"""The watchdog: who is cut off, when, and by how many threads."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from apps.sources.watch import Watchdog

LONG_S = 30.0


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Two connected sockets."""
    ours, theirs = socket.socketpair()
    ours.settimeout(5)
    with ours, theirs:
        yield ours, theirs


def watchdogs() -> int:
    return sum(thread.name == "price-watchdog" for thread in threading.enumerate())


def test_a_read_ends_when_its_time_is_up(ends: tuple[socket.socket, socket.socket]) -> None:
    """The socket reads its end long before its own timeout, and the watch says why."""
    ours, _ = ends
    with Watchdog().during(0.1) as watch:
        watch.hold(ours)

        assert ours.recv(1) == b""

    assert watch.is_over


def test_a_shorter_watch_overtakes_a_longer_one(ends: tuple[socket.socket, socket.socket]) -> None:
    """The thread that sleeps until the far end is woken for the near one."""
    ours, _ = ends
    dog = Watchdog()
    with dog.during(LONG_S) as patient, dog.during(0.1) as hasty:
        hasty.hold(ours)

        assert ours.recv(1) == b""
        assert (patient.is_over, hasty.is_over) == (False, True)


def test_a_finished_exchange_is_left_alone(ends: tuple[socket.socket, socket.socket]) -> None:
    """Its socket serves the next exchange, whatever the first one's end time was."""
    ours, theirs = ends
    dog = Watchdog()
    with dog.during(0.05) as watch:
        watch.hold(ours)
    time.sleep(0.1)
    theirs.send(b"x")

    assert ours.recv(1) == b"x"
    assert not watch.is_over


def test_many_exchanges_share_one_thread() -> None:
    """Watching costs no thread per exchange."""
    before = watchdogs()
    dog = Watchdog()
    for _ in range(50):
        with dog.during(LONG_S):
            pass

    assert watchdogs() == before + 1
