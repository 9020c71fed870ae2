"""Tells a worker that a row waits for it. Only a hint: the sweep finds every row that nobody was told of.

Whoever closes a round sends hints, so a broker that is away must cost next to nothing: one hint finds out, without a
second try, and those after it are left out for ten times as long as that took, a second at least.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from celery import current_app
from kombu.exceptions import OperationalError

log = logging.getLogger(__name__)
SHORTEST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 30.0
PAUSE_FACTOR = 10  # so that a broker that swallows connections takes a tenth of a process's time at most
CONFIRM_WITHIN_S = 2.0  # a broker that confirms (RabbitMQ) and does not is away too


@dataclass
class Hints:
    """The way of hints to the broker, one a process."""

    clock: Callable[[], float] = time.monotonic
    paused_until: float = float("-inf")

    def send(self, task: str, argument: str | int, *, queue: str) -> bool:
        """Publish a task with its one argument; returns whether the broker took it.

        Without its result: to wait for one would subscribe at the result store, and try that for 20 s when it is away.
        """
        started = self.clock()
        if started < self.paused_until:
            log.debug("hint left out task=%s argument=%s", task, argument)
            return False
        options: dict[str, Any] = {"retry": False, "ignore_result": True, "confirm_timeout": CONFIRM_WITHIN_S}
        try:
            current_app.send_task(task, args=[argument], queue=queue, **options)
        except (OperationalError, OSError) as exc:
            pause_s = min(LONGEST_PAUSE_S, max(SHORTEST_PAUSE_S, PAUSE_FACTOR * (self.clock() - started)))
            self.paused_until = self.clock() + pause_s
            log.warning(
                "hint lost task=%s argument=%s error=%s pause_s=%.1f", task, argument, exc.__class__.__name__, pause_s
            )
            return False
        return True


hints = Hints()
