"""One worker process for each destination that is on."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest

from apps.feeds.models import Destination
from oracle_project.chain_workers import START, ChainWorkers, wanted_destinations


def sleeper(_name: str) -> subprocess.Popen[bytes]:
    """Return a process that stands for a worker."""
    return subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])


@pytest.fixture
def workers() -> Iterator[ChainWorkers]:
    """Return workers that are ended after the test."""
    made = ChainWorkers(sleeper)
    yield made
    made.stop()


def test_workers_follow_the_table(workers: ChainWorkers) -> None:
    """One is started when its destination comes, and ended when it goes; the others stay as they are."""
    workers.match(["base", "scroll"])
    kept = workers._running["scroll"].pid

    workers.match(["scroll", "linea"])

    assert workers.names == ["linea", "scroll"]
    assert workers._running["scroll"].pid == kept


def test_a_worker_that_died_is_started_again(workers: ChainWorkers) -> None:
    """At the next look, by itself."""
    workers.match(["base"])
    dead = workers._running["base"]
    dead.kill()
    dead.wait()

    workers.match(["base"])

    assert workers.names == ["base"]
    assert workers._running["base"].pid != dead.pid


def test_stopping_leaves_nothing(workers: ChainWorkers) -> None:
    """All are ended at once."""
    workers.match(["base", "scroll"])
    processes = list(workers._running.values())

    workers.stop()

    assert all(process.poll() is not None for process in processes)


@pytest.mark.django_db(transaction=True)
def test_only_destinations_that_are_on_are_wanted(settings: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """The table is read without Django."""
    from django.db import connection  # noqa: PLC0415 - the name of the test's database is known only now

    values = connection.settings_dict
    url = f"postgres://{values['USER']}:{values['PASSWORD']}@{values['HOST']}:{values['PORT']}/{values['NAME']}"
    monkeypatch.setenv("DATABASE_URL", url)
    Destination.objects.create(name="base", chain_id=1, rpc_urls=["https://a.example"])
    Destination.objects.create(name="scroll", chain_id=2, rpc_urls=["https://b.example"], enabled=False)

    assert wanted_destinations() == ["base"]


def test_the_start_script_takes_the_destinations_queue() -> None:
    """Without an argument the environment's chain, with one that destination's queue and node name."""
    text = START.read_text()

    assert 'queue="chain${1:+.$1}"' in text
    assert '--queues "$queue"' in text
    assert '--hostname "$queue@%h"' in text
