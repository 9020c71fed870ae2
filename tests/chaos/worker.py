"""A chain worker that is killed over and over: a parent with everything loaded that forks a child after each death.

Each child is a Celery worker of one process on one destination's queue. It dies of SIGKILL, which no handler sees:
every other one before a line of apps/submissions where none died yet, the rest after a random time. Where one died, and
in which states submissions were then, goes to the log of deaths.

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
import psycopg

WATCHED = "/apps/submissions/"
LONGEST_S = 6.0
READY = "ready"  # with the seed after it, once the first child lives
CALM = "calm"  # a file of this name in the folder ends the killing
QUEUE = "CHAOS_QUEUE"  # the variable that names the destination's queue
CLOCK = "by the clock"


def die(where: str, deaths: Path) -> None:
    """Write down where, and end this process so that nothing of it runs any more."""
    with deaths.open("a", encoding="utf-8") as log:
        log.write(where + "\n")
    os.kill(os.getpid(), signal.SIGKILL)


class Killer:
    """Kills this process before a watched line where nobody died yet, once ``lines`` of them were executed.

    When all that are met are known, it lives ``PATIENCE`` times as long and then dies anywhere.
    """

    PATIENCE = 4

    def __init__(self, lines: int, deaths: Path) -> None:
        self.lines = lines
        self.count = 0
        self.deaths = deaths
        self.known = set(deaths.read_text(encoding="utf-8").splitlines()) if deaths.exists() else set()

    def frame(self, frame: FrameType, _event: str, _argument: Any) -> Any:
        """Follow frames of the watched code only."""
        return self.line if WATCHED in frame.f_code.co_filename else None

    def line(self, frame: FrameType, event: str, _argument: Any) -> Any:
        """Die when the time has come."""
        if event == "line":
            self.count += 1
            if self.count >= self.lines:
                where = f"{frame.f_code.co_filename.rpartition(WATCHED)[2]}:{frame.f_lineno}"
                if where not in self.known or self.count > self.PATIENCE * self.lines:
                    die(where, self.deaths)
        return self.line


def live(seed: str) -> None:
    """Work on what the broker has until killed."""
    from oracle_project.celery import app  # noqa: PLC0415 - after django.setup()

    app.worker_main(
        [
            *("worker", "--pool", "solo", "--queues", os.environ[QUEUE], "--hostname", f"chaos{seed}-{os.getpid()}@%h"),
            *("--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "WARNING"),
        ]
    )


def states_now() -> str:
    """Return the states that submissions are in, empty while the database is away."""
    try:
        with psycopg.connect(os.environ["DATABASE_URL"], connect_timeout=2) as database:
            rows = database.execute("SELECT DISTINCT state FROM submissions_submission ORDER BY state").fetchall()
    except psycopg.OperationalError:
        return ""
    return ",".join(state for (state,) in rows)


def main() -> None:
    """Fork children until terminated; end the last one with this process."""
    folder, longest = Path(sys.argv[1]), int(sys.argv[3])
    dice = random.Random(f"{sys.argv[2]} {os.environ[QUEUE]}")  # workers of another destination die at other lines
    django.setup()
    from apps.chain import web3_gateway  # noqa: F401, PLC0415 - loaded once, before the forks
    from apps.submissions import tasks  # noqa: F401, PLC0415

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
                threading.Timer(dice.uniform(0.5, LONGEST_S), die, [CLOCK, folder / "deaths"]).start()
            live(sys.argv[2])
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if os.WIFSIGNALED(status):
            with (folder / "states").open("a", encoding="utf-8") as log:
                log.write(states_now() + "\n")
        time.sleep(0.01)


if __name__ == "__main__":
    main()
