"""What the signals of Celery make of tasks and workers."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from prometheus_client import REGISTRY

from apps.monitoring import celery_signals


@pytest.mark.parametrize(
    ("hostname", "pool"),
    [
        ("fetch@host", "fetch"),
        ("fetch2@host", "fetch"),
        ("chain@a.b", "chain"),
        ("chain.base2@a.b", "chain.base2"),
        ("@host", "unknown"),
    ],
)
def test_pool_is_read_from_the_node_name(hostname: str, pool: str) -> None:
    """Workers of one pool are numbered, their pool is not."""
    assert celery_signals.pool_of(hostname) == pool


def test_a_task_is_counted_and_timed() -> None:
    """Between the two signals of a task lies its duration."""
    task = SimpleNamespace(name="tests.one", request=SimpleNamespace(delivery_info={"routing_key": "settle"}))

    celery_signals._task_starts("id-1")
    celery_signals._task_ends("id-1", task, state="SUCCESS")

    labels = {"queue": "settle", "task": "tests.one"}
    assert REGISTRY.get_sample_value("oracle_tasks_total", {**labels, "state": "success"}) == 1
    assert REGISTRY.get_sample_value("oracle_task_duration_seconds_count", labels) == 1


def test_a_task_whose_start_was_missed_takes_no_time() -> None:
    """A timer that never heard of a task says zero and keeps nothing."""
    assert celery_signals.TaskTimer().stop("unknown") == 0.0


def test_a_heartbeat_marks_its_pool() -> None:
    """The newest heartbeat of a pool is a Unix time."""
    celery_signals._worker_beats(SimpleNamespace(eventer=SimpleNamespace(hostname="chain1@host")))

    assert REGISTRY.get_sample_value("oracle_worker_last_seen_timestamp_seconds", {"pool": "chain"}) > 1_600_000_000
