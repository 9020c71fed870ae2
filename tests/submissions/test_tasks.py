"""The clock's tasks of one worker: sweep and follow_chain share a process, and neither starves the other."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest

from apps.scheduler.schedule import FOLLOW_CHAIN_S, SWEEP_SUBMISSIONS_S, expires_after_s
from apps.submissions import clients, following, sweeping, tasks

MINUTES_S = 600


class Worker:
    """A worker of one process with a clock of its own; ``sweeps`` and ``follows`` are when each began."""

    def __init__(self, *, sweep_s: float, follow_s: float) -> None:
        self.now = 0.0
        self.sweeps: list[float] = []
        self.follows: list[float] = []
        self.sweep = self._taking(sweep_s, self.sweeps)
        self.follow = self._taking(follow_s, self.follows)

    def work(self) -> None:
        """Take what beat sends in ten minutes, first come first served, without what has expired."""
        ticks = [(float(s), tasks.sweep, SWEEP_SUBMISSIONS_S) for s in range(0, MINUTES_S, SWEEP_SUBMISSIONS_S)]
        ticks += [(s + 0.1, tasks.follow_chain, FOLLOW_CHAIN_S) for s in range(0, MINUTES_S, FOLLOW_CHAIN_S)]
        for sent, task, interval_s in sorted(ticks, key=lambda tick: tick[0]):
            self.now = max(self.now, sent)
            if self.now - sent < expires_after_s(interval_s):
                task.apply(args=["main"], throw=True)

    def _taking(self, seconds: float, begun: list[float]) -> Callable[..., None]:
        def run(*_: object) -> None:
            begun.append(self.now)
            self.now += seconds

        return run


@pytest.mark.parametrize(("sweep_s", "follow_s"), [(0.1, 0.3), (0.1, 6), (0.1, 12), (12, 0.3), (12, 12), (3, 7)])
def test_neither_of_the_clocks_tasks_starves(monkeypatch: pytest.MonkeyPatch, sweep_s: float, follow_s: float) -> None:
    """However long a slow node makes either take, both have a turn within each other's length and a few seconds."""
    worker = Worker(sweep_s=sweep_s, follow_s=follow_s)
    monkeypatch.setattr(tasks, "_ran_last", {})
    monkeypatch.setattr(clients, "chain_clients", lambda _: None)
    monkeypatch.setattr(clients, "deployer", lambda _: None)
    monkeypatch.setattr(sweeping, "sweep", worker.sweep)
    monkeypatch.setattr(following, "follow", worker.follow)

    worker.work()

    for begun in (worker.sweeps, worker.follows):
        pauses = [after - before for before, after in pairwise([0.0, *begun, float(MINUTES_S)])]
        assert max(pauses) <= sweep_s + follow_s + 2 * FOLLOW_CHAIN_S


def test_a_person_or_a_test_may_follow_as_often_as_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only ticks give way."""
    followed: list[int] = []
    monkeypatch.setattr(clients, "chain_clients", lambda _: None)
    monkeypatch.setattr(clients, "deployer", lambda _: None)
    monkeypatch.setattr(following, "follow", lambda *_: followed.append(1))

    tasks.follow_chain()
    tasks.follow_chain()

    assert followed == [1, 1]
