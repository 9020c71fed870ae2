"""When a worker's events go out."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from celery.utils.imports import symbol_by_name

from oracle_project import celery_config
from oracle_project.consumer import FLUSH_EVERY_S, Consumer


class Hub:
    """Stands in for the worker's loop: notes what is to be called now and later."""

    def __init__(self) -> None:
        self.soon: list[Callable[[], None]] = []
        self.later: list[tuple[float, Callable[[], None]]] = []

    def call_soon(self, callback: Callable[[], None]) -> None:
        self.soon.append(callback)

    def call_later(self, delay: float, callback: Callable[[], None]) -> None:
        self.later.append((delay, callback))


@pytest.fixture
def consumer() -> Consumer:
    """A consumer with nothing but a loop, counting its flushes."""
    made = Consumer.__new__(Consumer)
    made.hub = Hub()
    made.flushes = 0  # type: ignore[attr-defined]

    def flush() -> None:
        made.flushes += 1  # type: ignore[attr-defined]

    made._flush_events = flush
    return made


def test_workers_use_this_consumer() -> None:
    """Celery's setting names it."""
    assert symbol_by_name(celery_config.worker_consumer) is Consumer


def test_many_events_make_one_message(consumer: Consumer) -> None:
    """The loop is woken once, and what gathered in a quarter of a second goes together."""
    for _ in range(10):
        consumer.on_send_event_buffered()
    assert len(consumer.hub.soon) == 1
    consumer.hub.soon[0]()

    ((delay, flush),) = consumer.hub.later
    flush()

    assert (delay, consumer.flushes) == (FLUSH_EVERY_S, 1)  # type: ignore[attr-defined]


def test_an_event_after_a_message_makes_another(consumer: Consumer) -> None:
    """Nothing is left lying because something went before."""
    for number in range(2):
        consumer.on_send_event_buffered()
        consumer.hub.soon[number]()
        consumer.hub.later[number][1]()

    assert consumer.flushes == 2  # type: ignore[attr-defined]


def test_a_worker_without_a_loop_publishes_as_celery_does(consumer: Consumer) -> None:
    """There the events go out at once, without this class."""
    consumer.hub = None

    consumer.on_send_event_buffered()
