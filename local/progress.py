"""One line per step on the terminal: what is being done, and how long it took. Standard library only."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

STEPS = 9


class Step:
    """A line being written; ``note`` adds what came of it, ``update`` shows how far it is (on a terminal only)."""

    def __init__(self, number: int, title: str) -> None:
        self._head = f"[{number:2d}/{STEPS}] {title} …"
        self._notes: list[str] = []
        self._width = 0

    def note(self, text: str) -> None:
        """Add a remark to the end of the line."""
        self._notes.append(text)

    def update(self, text: str) -> None:
        """Show progress in place; nothing when output is not a terminal."""
        if sys.stdout.isatty():
            line = f"{self._head} {text}"
            sys.stdout.write("\r" + line.ljust(self._width))
            sys.stdout.flush()
            self._width = len(line)

    def begin(self) -> None:
        """Write the head of the line."""
        if sys.stdout.isatty():
            self.update("")

    def end(self, seconds: float) -> None:
        """Finish the line with the time it took."""
        line = f"{self._head} {seconds:.1f} s"
        if self._notes:
            line += f"  ({'; '.join(self._notes)})"
        start = "\r" if sys.stdout.isatty() else ""
        print(start + line.ljust(self._width), flush=True)


@contextmanager
def step(number: int, title: str) -> Iterator[Step]:
    """Time one step of STEPS and show it; a step that raises leaves its line unfinished."""
    began, line = time.monotonic(), Step(number, title)
    line.begin()
    try:
        yield line
    except BaseException:
        if sys.stdout.isatty():
            print(flush=True)
        raise
    line.end(time.monotonic() - began)


def say(text: str) -> None:
    """Print one line at once."""
    print(text, flush=True)
