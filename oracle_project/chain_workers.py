"""The workers of the destinations beside the environment's own: one process each, as the table says at the moment.

``python -m oracle_project.chain_workers`` looks at the destinations every few seconds, starts a chain worker for each
that is on and has none, starts one that died again, and ends those of destinations that were switched off. A chain
that hangs so holds up its own worker and nobody else. Loads neither Django nor web3, since all it does is wait.

Who runs a destination's worker elsewhere (`compose/start/chain NAME`) gains a second worker of the same queue, which
is safe, or leaves this process out.
"""

from __future__ import annotations

import ctypes
import logging.config
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import psycopg

from apps.monitoring import logs, multiprocess
from oracle_project import env

START = Path(__file__).resolve().parents[1] / "compose" / "start" / "chain"
LOOK_EVERY_S = 5.0
STOP_WITHIN_S = 50.0  # below the 60 s that containers and `make stop` give
CONNECT_TIMEOUT_S = 5
WANTED = "SELECT name FROM feeds_destination WHERE enabled ORDER BY name"
PR_SET_PDEATHSIG = 1
log = logging.getLogger("oracle_project.chain_workers")

Start = Callable[[str], "subprocess.Popen[bytes]"]


def wanted_destinations() -> list[str]:
    """Return the names of the destinations that are on. Raises psycopg.Error."""
    url = env.text("DATABASE_URL") or "postgres://oracle@127.0.0.1:5432/oracle"
    with psycopg.connect(url, connect_timeout=CONNECT_TIMEOUT_S) as connection:
        return [str(row[0]) for row in connection.execute(WANTED).fetchall()]


def start_worker(name: str) -> subprocess.Popen[bytes]:
    """Start the worker of a destination, which ends with this process."""
    command = [str(START), name]  # no shell reads the name
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, preexec_fn=_die_with_parent)  # noqa: PLW1509, S603


def _die_with_parent() -> None:
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


class ChainWorkers:
    """The workers that run, by destination."""

    def __init__(self, start: Start = start_worker) -> None:
        self._start = start
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    @property
    def names(self) -> list[str]:
        """The destinations whose worker runs."""
        return sorted(name for name, process in self._running.items() if process.poll() is None)

    def match(self, wanted: list[str]) -> None:
        """Start what is wanted and does not run, end what is no longer wanted."""
        for name, process in list(self._running.items()):
            if process.poll() is not None:
                log.warning("chain worker ended destination=%s code=%s", name, process.returncode)
                del self._running[name]
        for name in set(self._running) - set(wanted):
            log.info("chain worker is not wanted any more destination=%s", name)
            self._end([self._running.pop(name)])
        for name in wanted:
            if name not in self._running:
                self._running[name] = self._start(name)
                log.info("chain worker started destination=%s pid=%d", name, self._running[name].pid)

    def stop(self) -> None:
        """End every worker, all at once, each after the task it is at."""
        self._end(list(self._running.values()))
        self._running.clear()

    def _end(self, processes: list[subprocess.Popen[bytes]]) -> None:
        for process in processes:
            process.terminate()
        for process in processes:
            try:
                process.wait(STOP_WITHIN_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def main() -> None:
    """Match the workers with the table until told to end."""
    logging.config.dictConfig(logs.configuration(level=env.text("LOG_LEVEL"), style=env.text("LOG_FORMAT")))
    ended = threading.Event()

    def end(_signal: int, _frame: FrameType | None) -> None:
        ended.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    workers = ChainWorkers()
    while not ended.is_set():
        try:
            workers.match(wanted_destinations())
        except psycopg.Error as exc:
            log.warning("destinations unreadable, workers stay as they are error=%s", exc.__class__.__name__)
        multiprocess.touch_alive("chains")
        ended.wait(LOOK_EVERY_S)
    workers.stop()


if __name__ == "__main__":
    main()
