"""The doctor looks at everything and names what is ill."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import call_command
from django.db import OperationalError

from apps.chain.errors import RpcUnavailable
from apps.scheduler import doctor
from apps.scheduler.doctor import Diagnosis, diagnose
from tests.feeds.conftest import small

__all__ = ["small"]
pytestmark = pytest.mark.django_db


def found(name: str) -> list[Diagnosis]:
    """Return the findings of that name."""
    return [one for one in diagnose() if one.name == name]


def only(monkeypatch: pytest.MonkeyPatch, **examinations: Any) -> None:
    """Leave the doctor these examinations only."""
    monkeypatch.setattr(doctor, "EXAMINATIONS", tuple(examinations.items()))


def well() -> Iterator[Diagnosis]:
    """Find one thing well."""
    yield Diagnosis("this", is_well=True, told="fine")


def test_what_cannot_be_examined_is_itself_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that is away ends its own examination and no other."""

    def away() -> Iterator[Diagnosis]:
        raise OperationalError("connection refused")
        yield

    def no_node() -> Iterator[Diagnosis]:
        raise RpcUnavailable("node.example: ConnectTimeout")
        yield

    only(monkeypatch, database=away, chain=no_node, rest=well)

    assert [(one.name, one.is_well, one.told) for one in diagnose()] == [
        ("database", False, "OperationalError: connection refused"),
        ("chain", False, "rpc_unavailable: node.example: ConnectTimeout"),
        ("this", True, "fine"),
    ]


def test_database_redis_and_configuration_are_examined_for_real(small: str) -> None:
    """On the test's own servers the migrations stand, Redis answers and the configuration is sound."""
    assert found("database") == [Diagnosis("database", is_well=True, told="all migrations applied")]
    assert found("redis")[0].told.startswith(("answers", "maxmemory-policy"))
    assert found("configuration")[0].is_well


def test_queue_that_no_worker_takes_is_ill() -> None:
    """Without a worker all three queues are named."""
    ill = {one.name for one in diagnose() if one.name.startswith("queue") and not one.is_well}

    assert ill == {"queue fetch", "queue settle", "queue chain"}


def test_exit_code_tells_illness_from_warning(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A warning leaves the exit code at 0; an illness does not; --quiet shows only these."""

    def warned() -> Iterator[Diagnosis]:
        yield Diagnosis("that", is_well=False, told="could be better", is_warning=True)

    def ill() -> Iterator[Diagnosis]:
        yield Diagnosis("pool", is_well=False, told="gone")

    only(monkeypatch, one=well, two=warned)
    call_command("doctor", "--quiet")
    assert capsys.readouterr().out == "warn that: could be better\n"

    only(monkeypatch, one=well, three=ill)
    with pytest.raises(SystemExit) as left:
        call_command("doctor")
    assert left.value.code == 1
    assert capsys.readouterr().out == "ok   this: fine\nILL  pool: gone\n1 not well\n"
