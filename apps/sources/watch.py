"""Cuts exchanges off when their time is up: a socket's own timeout starts again with every byte that drips in.

One thread watches every exchange of the process; a timer each would start a thread per request.
"""

from __future__ import annotations

import heapq
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from itertools import count


class Watch:
    """One exchange under watch. ``is_over`` once it was cut off."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sock: socket.socket | None = None
        self.is_over = False
        self.is_done = False

    def hold(self, sock: socket.socket | None) -> None:
        """Name the socket the exchange now waits on."""
        with self._lock:
            self._sock = sock

    def finish(self) -> None:
        """Leave the socket alone from now on: another exchange may use it."""
        with self._lock:
            self.is_done = True
            self._sock = None

    def cut(self) -> None:
        """End the exchange unless it is done: its reads return at once. Runs in the watchdog's thread."""
        with self._lock:
            self.is_over = not self.is_done
            if self._sock is not None:
                with suppress(OSError):  # already closed
                    socket.socket.shutdown(self._sock, socket.SHUT_RDWR)


class Watchdog:
    """One thread over a heap of end times. A finished exchange stays in the heap until its time or the next waking."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._heap: list[tuple[float, int, Watch]] = []
        self._number = count()  # decides between equal times; watches have no order
        self._thread: threading.Thread | None = None

    @contextmanager
    def during(self, seconds: float) -> Iterator[Watch]:
        """Watch an exchange for so many seconds; afterwards its socket is free for the next one."""
        watch = Watch()
        self._add(time.monotonic() + seconds, watch)
        try:
            yield watch
        finally:
            watch.finish()

    def _add(self, ends_at: float, watch: Watch) -> None:
        entry = (ends_at, next(self._number), watch)
        with self._condition:
            heapq.heappush(self._heap, entry)
            if self._thread is None or not self._thread.is_alive():  # none yet, or left behind by a fork
                self._thread = threading.Thread(target=self._run, name="price-watchdog", daemon=True)
                self._thread.start()
            elif self._heap[0] is entry:
                self._condition.notify()

    def _run(self) -> None:
        while True:
            for watch in self._await_due():
                watch.cut()

    def _await_due(self) -> list[Watch]:
        """Return the watches whose time has come, at least one, once it has."""
        with self._condition:
            while True:
                due: list[Watch] = []
                while self._heap and (self._heap[0][2].is_done or self._heap[0][0] <= time.monotonic()):
                    due.append(heapq.heappop(self._heap)[2])
                if due:
                    return due
                self._condition.wait(self._heap[0][0] - time.monotonic() if self._heap else None)


@cache
def watchdog() -> Watchdog:
    """Return this process's watchdog."""
    return Watchdog()
