"""How things are measured: in turns, by CPU time, and as much of it as the scale says."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import psutil

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Scale:
    """How much to measure. repeats: turns of every contestant.  share: of the full number of rounds or calls."""

    repeats: int = 5
    share: float = 1.0

    def of(self, count: int, *, least: int = 1) -> int:
        """Return this scale's share of ``count``, at least ``least``."""
        return max(least, math.ceil(count * self.share))

    def some(self, cases: Sequence[T]) -> Sequence[T]:
        """Return this scale's share of the cases, from the front, at least one."""
        return cases[: self.of(len(cases))]


FULL = Scale()
SMOKE = Scale(repeats=1, share=0.01)


def interleave(contestants: Mapping[str, Callable[[], T]], *, repeats: int) -> dict[str, list[T]]:
    """Return what each contestant measured in each turn. Who begins changes with the turn, and slow drift hits all."""
    names = list(contestants)
    samples: dict[str, list[T]] = {name: [] for name in names}
    for turn in range(repeats):
        start = turn % len(names)
        for name in [*names[start:], *names[:start]]:
            samples[name].append(contestants[name]())
    return samples


def cpu_of(work: Callable[[], object]) -> float:
    """Return the CPU seconds, all threads, that this process needs for the work."""
    before = time.process_time()
    work()
    return time.process_time() - before


def tree_cpu_s(pid: int) -> float:
    """Return the CPU seconds of a process and all it started, the ended ones it waited for included."""
    root = psutil.Process(pid)
    total = 0.0
    for process in [root, *root.children(recursive=True)]:
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:  # its time is in its parent's by now
            continue
        total += times.user + times.system + times.children_user + times.children_system
    return total


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value that ``share`` (0 … 1) of the values do not pass, by nearest rank."""
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, max(0, math.ceil(share * len(ranked)) - 1))]
