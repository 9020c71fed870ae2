"""A chain worker that is killed over and over: a parent with everything loaded that forks a child after each death.

Each child sweeps and follows the chain as beat would have it do, without a broker, so every hint is lost. It dies of
SIGKILL, which no handler sees: every other one before a random line of apps/submissions, the rest after a random time.
Where the first kind died goes to the log of deaths.

    python -m tests.chaos.worker FOLDER SEED LONGEST     LONGEST: lines a child may live at most; 0: it is not killed
"""

from __future__ import annotations

import os
import random
import signal
import sys
import threading
import time
from pathlib import Path
from types import FrameType
from typing import Any

import django

WATCHED = "/apps/submissions/"
FOLLOW_EVERY = 4
PAUSE_S = 0.05
LONGEST_S = 6.0
READY = "ready"  # with the seed after it, once the first child lives
CALM = "calm"  # a file of this name in the folder ends the killing


def die(deaths: Path, where: str) -> None:
    """Write down where, and end this process so that nothing of it runs any more."""
    with deaths.open("a", encoding="utf-8") as log:
        log.write(where + "\n")
    os.kill(os.getpid(), signal.SIGKILL)


class Killer:
    """Counts executed lines of the watched code and kills this process before the last one."""

    def __init__(self, lines: int, deaths: Path) -> None:
        self.left = lines
        self.deaths = deaths

    def frame(self, frame: FrameType, _event: str, _argument: Any) -> Any:
        """Follow frames of the watched code only."""
        return self.line if WATCHED in frame.f_code.co_filename else None

    def line(self, frame: FrameType, event: str, _argument: Any) -> Any:
        """Die when the time has come."""
        if event == "line":
            self.left -= 1
            if self.left <= 0:
                die(self.deaths, f"{frame.f_code.co_filename.rpartition(WATCHED)[2]}:{frame.f_lineno}")
        return self.line


def live() -> None:
    """Do the chain worker's tasks for ever."""
    from apps.submissions import tasks  # noqa: PLC0415 - after django.setup()

    turn = 0
    while True:
        turn += 1
        tasks.sweep()
        if turn % FOLLOW_EVERY == 0:
            tasks.follow_chain()
        time.sleep(PAUSE_S)


def main() -> None:
    """Fork children until terminated; end the last one with this process."""
    folder, dice, longest = Path(sys.argv[1]), random.Random(int(sys.argv[2])), int(sys.argv[3])
    django.setup()
    from apps.chain import web3_gateway  # noqa: F401, PLC0415 - loaded once, before the forks

    child = 0

    def end(*_: object) -> None:
        if child:
            os.kill(child, signal.SIGKILL)
        os._exit(0)

    signal.signal(signal.SIGTERM, end)
    while True:
        deadly = longest and not (folder / CALM).exists()
        by_line = deadly and dice.random() < 0.5
        lines = dice.randint(1, longest) if by_line else 0
        child = os.fork()
        if child == 0:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            (folder / f"{READY}{sys.argv[2]}").touch()
            if lines:
                sys.settrace(Killer(lines, folder / "deaths").frame)
            elif deadly:
                threading.Timer(dice.uniform(0.1, LONGEST_S), die, [folder / "deaths", "by the clock"]).start()
            live()
        os.waitpid(child, 0)
        time.sleep(0.01)


if __name__ == "__main__":
    main()
