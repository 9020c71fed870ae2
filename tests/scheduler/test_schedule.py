"""The timetable of the clock, and what it starts."""

from __future__ import annotations

import pytest

from apps.feeds.models import Feed
from apps.rounds.models import Round
from apps.scheduler import tasks
from apps.scheduler.schedule import beat_schedule
from oracle_project.celery import app


def test_every_scheduled_task_is_registered() -> None:
    """A name in the timetable that no worker knows would be thrown away, silently for users."""
    app.loader.import_default_modules()

    assert {entry["task"] for entry in beat_schedule().values()} <= set(app.tasks)


@pytest.mark.parametrize(
    ("task", "queue"),
    [
        ("rounds.fetch_lane", "fetch"),
        ("rounds.settle_round", "settle"),
        ("scheduler.sweep_rounds", "settle"),
        ("submissions.submit", "chain"),
        ("submissions.follow_chain", "chain"),
    ],
)
def test_each_task_goes_to_the_pool_of_its_nature(task: str, queue: str) -> None:
    """Fetching waits on sockets, settling writes, the chain queue keeps nonces in order."""
    assert app.amqp.router.route({}, task)["queue"].name == queue


@pytest.mark.django_db
def test_a_scheduled_round_covers_all_enabled_feeds(monkeypatch: pytest.MonkeyPatch) -> None:
    """One round for every enabled feed; a disabled one is left out; none without feeds."""
    assert tasks.start_scheduled_round() is None
    monkeypatch.setattr("apps.rounds.workflow._publish", lambda *_: None)
    for pair, enabled in (("BTC/USD", True), ("ETH/USD", True), ("SOL/USD", False)):
        Feed.objects.create(pair=pair, enabled=enabled)

    tasks.start_scheduled_round()

    started = Round.objects.get()
    assert sorted(started.pairs) == ["BTC/USD", "ETH/USD"]
    assert (started.trigger, started.requested) == (Round.Trigger.SCHEDULED, [])
