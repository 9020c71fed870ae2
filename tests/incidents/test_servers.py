"""Real workers, a real broker and a real database: what restarts lose, and what two workers do at once."""

from __future__ import annotations

import multiprocessing
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

import pytest
import redis
from django.db import connection

from apps.submissions import hints, services
from apps.submissions.models import Attempt, Submission, Wallet
from apps.submissions.services import PlannedAnswer, plan_submission
from tests.chaos.servers import has_rabbitmq
from tests.chaos.world import PAIRS, World, celery_of, wait_until, world

pytestmark = pytest.mark.e2e
State = Submission.State
PATIENCE_S = 90
needs_rabbitmq = pytest.mark.skipif(not has_rabbitmq(), reason="no RabbitMQ is installed here")
BROKERS = ["redis", pytest.param("amqp", marks=needs_rabbitmq)]
MANY = tuple(f"P{n}/USD" for n in range(20))


@pytest.fixture(autouse=True)
def _lost_hints() -> None:
    """Send hints here; the other incidents lose them all."""


@contextmanager
def fair_world(folder: Path, monkeypatch: pytest.MonkeyPatch, blocker: Any, **options: Any) -> Iterator[World]:
    """A world without weather and haste, whose broker this process publishes to."""
    patient = {"BUMP_AFTER_BLOCKS": "500", "TRANSACTION_TIMEOUT_S": "60"}
    with blocker.unblock(), world(folder, weather={}, **patient, **options) as made:
        monkeypatch.setattr(hints, "current_app", made.app)
        monkeypatch.setattr(services, "hints", hints.Hints())
        yield made


def planned(pair: str, answer: int, *, age_s: float = 1) -> uuid.UUID:
    """Plan a report of one answer."""
    observed_at = datetime.now(UTC) - timedelta(seconds=age_s)
    answers = [PlannedAnswer(pair=pair, answer=answer, decimals=8, observed_at=observed_at)]
    return plan_submission(answers=answers, evidence_hash="0x" + "cd" * 32, simulated=False).pk


def landed_once(chain: World, *answers: int) -> None:
    """Wait until every submission is confirmed; each answer has one event and its submission one transaction."""
    wait_until(
        lambda: not Submission.objects.exclude(state__in=Submission.LANDED).exists(),
        patience_s=PATIENCE_S,
        what="every report confirmed",
    )
    events = chain.gateway.events(chain.contract, first=0, last=chain.gateway.head().number)
    assert sorted(event.answer for event in events) == sorted(answers)
    assert Attempt.objects.count() == len(answers) == Wallet.objects.get().next_nonce


@pytest.mark.parametrize("broker", BROKERS)
def test_incident_28_broker_restarts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, django_db_blocker: Any, broker: str
) -> None:
    """The broker dies with one report waiting to be mined; another is accepted meanwhile: both land, once each."""
    with fair_world(tmp_path, monkeypatch, django_db_blocker, broker=broker) as chain, chain.workers(1, longest=0):
        chain.mining = False
        first = planned(PAIRS[0], 1)
        sent = Submission.objects.filter(pk=first, state=State.UNCONFIRMED)
        wait_until(sent.exists, patience_s=PATIENCE_S, what="the first report broadcast")

        chain.broker.kill()
        planned(PAIRS[1], 2)
        assert services.hints.paused_until > 0  # it was told nobody
        chain.mining = True
        chain.broker.start()

        landed_once(chain, 1, 2)


def test_incident_28_redis_flushed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, django_db_blocker: Any) -> None:
    """Everything in Redis is gone, a report's only message with it: the sweep finds the row, and it lands once."""
    with fair_world(tmp_path, monkeypatch, django_db_blocker, broker="redis") as chain:
        planned(PAIRS[0], 1)
        with redis.Redis.from_url(chain.cache.url) as cache:
            assert cache.llen("chain") > 0
            cache.flushall()

        with chain.workers(1, longest=0):
            landed_once(chain, 1)


def test_incident_28_database_restarts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, django_db_blocker: Any) -> None:
    """The database dies while a report waits to be mined: what it had said it took is there, and lands once."""
    with fair_world(tmp_path, monkeypatch, django_db_blocker, broker="redis") as chain, chain.workers(1, longest=0):
        chain.mining = False
        first = planned(PAIRS[0], 1)
        sent = Submission.objects.filter(pk=first, state=State.UNCONFIRMED)
        wait_until(sent.exists, patience_s=PATIENCE_S, what="the report broadcast")

        chain.database.kill()
        connection.close()
        chain.database.start()
        chain.mining = True

        landed_once(chain, 1)


def settle_many(environment: dict[str, str], at_once: Barrier, pairs: tuple[str, ...]) -> None:
    """Do what a settle worker does at the end of its rounds: plan a report each."""
    hints.current_app = celery_of(environment)
    at_once.wait(30)
    for n, pair in enumerate(pairs):
        planned(pair, 1 + n, age_s=30 - n)
    connection.close()


def test_incident_10_two_settle_workers_and_two_senders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, django_db_blocker: Any
) -> None:
    """Four processes, twenty reports at once: twenty nonces in order of broadcast, and nothing left unresolved."""
    options = {"broker": "redis", "pairs": MANY, "MAX_IN_FLIGHT": "20"}
    with fair_world(tmp_path, monkeypatch, django_db_blocker, **options) as chain, chain.workers(2, longest=0):
        fork = multiprocessing.get_context("fork")
        at_once = fork.Barrier(2)
        connection.close()
        halves = (MANY[::2], MANY[1::2])
        settlers = [fork.Process(target=settle_many, args=(chain.environment, at_once, half)) for half in halves]
        for settler in settlers:
            settler.start()
        for settler in settlers:
            settler.join(60)
        assert [settler.exitcode for settler in settlers] == [0, 0]

        landed_once(chain, *range(1, 11), *range(1, 11))
        attempts = list(Attempt.objects.order_by("nonce"))
        assert [attempt.nonce for attempt in attempts] == list(range(20))
        mined = set(Submission.objects.values_list("tx_hash", flat=True))
        assert {attempt.tx_hash for attempt in attempts} == mined  # "already known" and "nonce too low" were its own
        assert sorted(attempts, key=lambda attempt: attempt.created_at) == attempts
