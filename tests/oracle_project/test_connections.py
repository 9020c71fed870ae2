"""Workers keep their database connections between tasks, as the web process does between requests."""

from __future__ import annotations

import time

import pytest
from celery import signals
from celery.fixups.django import DjangoWorkerFixup
from django.db import connection

from oracle_project.celery import _look_after_connections, app

pytestmark = pytest.mark.django_db(transaction=True)


def backend() -> int:
    """Return the server process behind this thread's connection."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def next_task() -> None:
    """Do to the database's connections what a worker does between two tasks: Celery's own cleaning, and ours."""
    for _ in ("after one", "before the next"):
        DjangoWorkerFixup(app).close_database()
        _look_after_connections()


def test_our_rule_holds_around_every_task() -> None:
    """The two signals of a task are listened to."""
    for signal in (signals.task_prerun, signals.task_postrun):
        assert _look_after_connections in {receiver for _, receiver in signal.receivers}


def test_a_connection_outlives_the_task() -> None:
    """The next task of the thread speaks to the same server process."""
    before = backend()

    next_task()

    assert backend() == before


def test_a_connection_that_is_too_old_is_replaced() -> None:
    """CONN_MAX_AGE bounds its life, as everywhere."""
    before = backend()
    connection.close_at = time.monotonic() - 1

    next_task()

    assert backend() != before


def test_a_connection_that_the_server_ended_costs_no_task() -> None:
    """After a restart of the database the next task finds it dead before it is used, and opens another."""
    before = backend()
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [before])
    other.close()

    next_task()

    assert backend() != before
