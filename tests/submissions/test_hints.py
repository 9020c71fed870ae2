"""Hints to workers: cheap while the broker is away, and never in the way of what is committed."""

from __future__ import annotations

from typing import Any

import kombu.utils.functional
import pytest
from celery import Celery
from kombu.exceptions import OperationalError

from apps.submissions import hints
from apps.submissions.hints import LONGEST_PAUSE_S, SHORTEST_PAUSE_S, Hints
from local.launch import free_port


class Broker:
    """Takes what is sent, or is away, which takes ``costs_s`` to find out."""

    def __init__(self) -> None:
        self.away = False
        self.costs_s = 0.0
        self.now = 100.0
        self.sent: list[dict[str, Any]] = []

    def clock(self) -> float:
        """Return the time."""
        return self.now

    def send_task(self, name: str, **options: Any) -> None:
        """Take a message."""
        self.sent.append({"task": name, **options})
        self.now += self.costs_s
        if self.away:
            raise OperationalError


@pytest.fixture
def broker(monkeypatch: pytest.MonkeyPatch) -> Broker:
    """The broker that hints go to."""
    made = Broker()
    monkeypatch.setattr(hints, "current_app", made)
    return made


def test_hint_waits_for_no_result_and_tries_once(broker: Broker) -> None:
    """With the result store away a hint would try to subscribe there for 20 s and then raise: it asks for no result."""
    assert Hints(broker.clock).send("submissions.submit", "id", queue="chain")

    assert broker.sent == [
        {
            "task": "submissions.submit",
            "args": ["id"],
            "queue": "chain",
            "ignore_result": True,
            "retry": False,
            "confirm_timeout": hints.CONFIRM_WITHIN_S,
        }
    ]


def test_lost_hint_is_logged_and_no_more(broker: Broker, caplog: pytest.LogCaptureFixture) -> None:
    """A broker that is away fails nothing: the row is committed, and the sweep finds it."""
    broker.away = True

    assert not Hints(broker.clock).send("submissions.submit", "id", queue="chain")

    assert "hint lost task=submissions.submit argument=id error=OperationalError" in caplog.text


@pytest.mark.parametrize(
    ("costs_s", "pause_s"), [(0.0, SHORTEST_PAUSE_S), (0.5, 5.0), (2.0, 20.0), (60.0, LONGEST_PAUSE_S)]
)
def test_broker_that_is_away_is_not_tried_for_every_hint(broker: Broker, costs_s: float, pause_s: float) -> None:
    """After a lost hint none is tried for ten times as long as it took, a second at least; then one is."""
    sender = Hints(broker.clock)
    broker.away, broker.costs_s = True, costs_s
    sender.send("a", 1, queue="chain")
    broker.now += pause_s - 0.001
    sender.send("a", 2, queue="chain")
    assert [sent["args"] for sent in broker.sent] == [[1]]

    broker.away = False
    broker.now += 0.001

    assert sender.send("a", 3, queue="chain")
    assert sender.send("a", 4, queue="chain")
    assert [sent["args"] for sent in broker.sent] == [[1], [3], [4]]


@pytest.mark.parametrize("scheme", ["redis", "amqp"])
def test_refused_connection_makes_nobody_sleep(scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """kombu sleeps 2 s and 4 s below every publish before it gives up, whatever ``retry`` says; ours does not."""
    app = Celery("hints", set_as_current=False)
    app.config_from_object("oracle_project.celery_config")
    app.conf.broker_url = app.conf.broker_write_url = f"{scheme}://127.0.0.1:{free_port()}//"
    monkeypatch.setattr(hints, "current_app", app)

    def sleep(_seconds: float) -> None:
        raise AssertionError("a hint slept")

    monkeypatch.setattr(kombu.utils.functional, "sleep", sleep)

    assert not Hints().send("submissions.submit", "id", queue="chain")
