"""The result backend: it joins chords and keeps nothing in the sender."""

from __future__ import annotations

import uuid

from celery import chord

from apps.rounds.tasks import settle_round
from apps.sources.tasks import fetch_lane
from oracle_project.celery import app
from oracle_project.results import Backend

LANES = 5


def publish() -> None:
    """Send one round's chord to the queues; no worker of the tests takes it."""
    round_id = str(uuid.uuid4())
    chord([fetch_lane.si(round_id, f"lane-{number}") for number in range(LANES)])(settle_round.s(round_id=round_id))


def test_celery_uses_this_backend() -> None:
    """The URL in Celery's settings names it, and it reaches the same Redis."""
    assert isinstance(app.backend, Backend)
    assert app.backend.client.ping()


def test_a_process_that_starts_rounds_does_not_grow() -> None:
    """No result object and no subscription stays behind for any lane."""
    for _ in range(3):
        publish()

    waiting, weak = app.backend._pending_results
    assert (dict(waiting), dict(weak)) == ({}, {})
    assert app.backend.result_consumer._pubsub is None
    assert not app.backend.result_consumer.subscribed_to
