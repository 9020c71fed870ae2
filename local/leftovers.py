"""Processes of an earlier run that was killed: remembered by pid and start time, ended before the next start.

On Linux children end with their parent; this is for the seconds that takes, and for other systems.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import psutil

from local.state import read_json, write_private

GRACE_S = 20.0
KILL_GRACE_S = 5.0


def remember(path: Path, pids: Mapping[str, int]) -> None:
    """Write the parts' processes to ``path``, unless they stand there already."""
    known: dict[str, list[float]] = {}
    for name, pid in pids.items():
        try:
            known[name] = [pid, psutil.Process(pid).create_time()]
        except psutil.NoSuchProcess:
            continue
    if known != read_json(path):
        write_private(path, json.dumps(known))


def end_leftovers(path: Path) -> list[str]:
    """End what still runs of the processes in ``path``, gently first. Returns the names of those parts."""
    alive = {name: process for name, entry in read_json(path).items() if (process := _same_process(entry))}
    for process in alive.values():
        process.terminate()
    _, stubborn = psutil.wait_procs(list(alive.values()), timeout=GRACE_S)
    for process in stubborn:
        process.kill()
    psutil.wait_procs(stubborn, timeout=KILL_GRACE_S)
    path.unlink(missing_ok=True)
    return sorted(alive)


def _same_process(entry: list[float]) -> psutil.Process | None:
    """Return the process of a remembered pid; None when it is gone or its pid was given to another program."""
    pid, started = int(entry[0]), float(entry[1])
    try:
        process = psutil.Process(pid)
        same = abs(process.create_time() - started) < 1 and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return None
    return process if same else None
