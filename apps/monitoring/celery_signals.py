"""What Celery tells about its tasks and workers, turned into metrics, and one log format for every worker.

``connect`` is called by both Celery applications, with Django or without.
"""

from __future__ import annotations

import gc
import logging.config
import threading
import time
from typing import Any

from celery import Task, signals

from apps.monitoring import logs, metrics, multiprocess
from oracle_project import env

UNKNOWN = "unknown"
COLLECT_AFTER = 50_000, 20, 20  # new objects, and looks at the young before one at the old ones


class TaskTimer:
    """Measures each task between its two signals. Threads of a pool share one timer."""

    def __init__(self) -> None:
        self._started: dict[str, float] = {}
        self._lock = threading.Lock()

    def start(self, task_id: str) -> None:
        """Note that the task begins now."""
        with self._lock:
            self._started[task_id] = time.monotonic()

    def stop(self, task_id: str) -> float:
        """Return the seconds since the task began; 0 when its beginning was not seen."""
        with self._lock:
            started = self._started.pop(task_id, None)
        return 0.0 if started is None else time.monotonic() - started


_timer = TaskTimer()


def queue_of(task: Task[Any, Any] | None) -> str:
    """Return the queue the running task came from."""
    delivery = getattr(getattr(task, "request", None), "delivery_info", None) or {}
    return str(delivery.get("routing_key") or UNKNOWN)


def _task_starts(task_id: str, **_: object) -> None:
    _timer.start(task_id)


def _task_ends(task_id: str, task: Task[Any, Any], state: str | None = None, **_: object) -> None:
    metrics.task_finished(queue_of(task), task.name, state or UNKNOWN, _timer.stop(task_id))


def pool_of(hostname: str) -> str:
    """Return the pool a worker's node name says: ``fetch@host`` and ``fetch2@host`` are of pool ``fetch``.

    What stands behind a dot is a destination's name, which may end in a digit: ``chain.base2``.
    """
    name = hostname.partition("@")[0]
    return (name if "." in name else name.rstrip("0123456789")) or UNKNOWN


def _worker_beats(sender: Any, **_: object) -> None:
    pool = pool_of(sender.eventer.hostname)
    metrics.worker_seen(pool)
    multiprocess.touch_alive(pool)


def _configure_logging(**_: object) -> None:
    logging.config.dictConfig(logs.configuration(level=env.text("LOG_LEVEL"), style=env.text("LOG_FORMAT")))


def calm_collector(**_: object) -> None:
    """Have Python's garbage collector look seldom, once all is loaded that stays.

    Rounds make hundreds of thousands of objects and hardly a cycle. By default the collector looks after every 700,
    and at all that is loaded again and again: a tenth of what settling a large round took.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)


def connect() -> None:
    """Listen to Celery. Harmless twice: a receiver is connected once."""
    signals.setup_logging.connect(_configure_logging, weak=False)
    signals.task_prerun.connect(_task_starts, weak=False)
    signals.task_postrun.connect(_task_ends, weak=False)
    signals.heartbeat_sent.connect(_worker_beats, weak=False)
    signals.worker_ready.connect(calm_collector, weak=False)
