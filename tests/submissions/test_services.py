"""Hints to the chain worker."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from kombu.exceptions import OperationalError

from apps.submissions import services


class Broker:
    """Takes what is sent, or is away."""

    def __init__(self, *, away: bool = False) -> None:
        self.away = away
        self.sent: list[dict[str, Any]] = []

    def send_task(self, _name: str, **options: Any) -> None:
        """Take a message."""
        self.sent.append(options)
        if self.away:
            raise OperationalError


def test_hint_waits_for_no_result(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the result store away a hint would try to subscribe there for 20 s and then raise: it asks for no result."""
    broker = Broker()
    monkeypatch.setattr(services, "current_app", broker)

    services.hint("submissions.submit", uuid.uuid4())
    services.hint_action(1)

    assert [(options["ignore_result"], options["retry"]) for options in broker.sent] == [(True, False)] * 2


def test_lost_hint_is_logged_and_no_more(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """A broker that is away fails nothing: the row is committed, and the sweep finds it."""
    monkeypatch.setattr(services, "current_app", Broker(away=True))

    services.hint("submissions.submit", uuid.uuid4())

    assert "hint lost" in caplog.text
