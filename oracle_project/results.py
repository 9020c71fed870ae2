"""Celery's Redis result backend for senders that never wait for a result.

It joins chords as ever. What it leaves out is the waiting room: for every header task of a chord Celery keeps a result
object in the sender and subscribes it to a channel of Redis. With ``task_ignore_result`` nothing is ever published
there, so neither is ever let go: a process that starts rounds grew by an entry and a subscription per lane.
"""

from __future__ import annotations

from typing import TypeVar

from celery.backends.redis import RedisBackend

R = TypeVar("R")


class Backend(RedisBackend):
    """A backend where nobody waits for results; chords join in the workers."""

    def add_pending_result(self, result: R, weak: bool = False, start_drainer: bool = True) -> R:
        """Return the result without waiting for it."""
        del weak, start_drainer
        return result
