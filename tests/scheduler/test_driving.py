"""Ticks of the clock for destinations that only the table knows."""

from __future__ import annotations

import pytest
from celery import current_app

from apps.feeds.models import Destination
from apps.scheduler import driving
from apps.scheduler.driving import INTERVALS_S, MOST_WAITING, drive, messages_waiting
from apps.scheduler.schedule import DRIVE, beat_schedule

pytestmark = pytest.mark.django_db


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, list[str], str]]:
    """Return what is sent: task, arguments, queue."""
    found: list[tuple[str, list[str], str]] = []
    monkeypatch.setattr(current_app, "send_task", lambda task, args, queue, **_: found.append((task, args, queue)))
    return found


def test_each_destination_gets_its_tick_in_its_own_queue(sent: list[tuple[str, list[str], str]]) -> None:
    """Those that are off get none, and main has its own from beat."""
    Destination.objects.create(name="base", chain_id=1, rpc_urls=["https://a.example"])
    Destination.objects.create(name="scroll", chain_id=2, rpc_urls=["https://b.example"], enabled=False)

    assert drive("submissions.sweep") == ["base"]

    assert sent == [("submissions.sweep", ["base"], "chain.base")]


def test_a_queue_that_nobody_empties_does_not_grow(
    sent: list[tuple[str, list[str], str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A destination whose worker is gone costs the broker a handful of messages, and the others nothing."""
    for number, name in enumerate(("base", "scroll"), start=1):
        Destination.objects.create(name=name, chain_id=number, rpc_urls=["https://a.example"])
    waiting = {"chain.base": MOST_WAITING, "chain.scroll": 0}
    monkeypatch.setattr(driving, "messages_waiting", lambda _connection, queue: waiting[queue])

    assert drive("submissions.follow_chain") == ["scroll"]


def test_an_unknown_queue_is_empty() -> None:
    """The broker makes a queue with its first message."""
    with current_app.connection_for_write() as connection:
        assert messages_waiting(connection, "chain.never_seen") == 0


def test_beat_drives_every_task_of_the_chain_workers() -> None:
    """What main gets, the other destinations get as often."""
    driven = {row["args"][0]: row["schedule"] for row in beat_schedule().values() if row["task"] == DRIVE}

    assert driven == INTERVALS_S
