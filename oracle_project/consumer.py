"""Celery's consumer, telling Flower about tasks four times a second instead of once per turn of its loop.

Each task makes three events. Celery gathers them, and publishes what it has whenever its loop comes round: under load
that is a message to the broker for one or two events, a fifth of a fetch worker's CPU. A quarter of a second gathers
whole rounds; a batch that grows to 24 events goes at once, as before.
"""

from __future__ import annotations

from typing import Any

from celery.worker import consumer

FLUSH_EVERY_S = 0.25


class Consumer(consumer.Consumer):
    """A consumer that waits a little before it publishes the events of tasks."""

    hub: Any
    _flush_events: Any
    _is_flush_due = False

    def on_send_event_buffered(self) -> None:  # type: ignore[override]  # the stubs take it for a property
        """Note that events wait; called by the threads of the pool."""
        if self.hub and not self._is_flush_due:
            self._is_flush_due = True
            self.hub.call_soon(self._flush_later)  # wakes the loop, whose thread alone may touch its timers

    def _flush_later(self) -> None:
        self.hub.call_later(FLUSH_EVERY_S, self._flush_now)

    def _flush_now(self) -> None:
        self._is_flush_due = False  # before: an event that comes meanwhile must not be forgotten
        self._flush_events()
