"""Reports planned while everything dies, lies, forks or runs dry: none lost, none twice.

Real chain workers, killed before one line after the other, on a real broker and a real PostgreSQL, which are killed and
started again; half of the reports go to the environment's destination, half to one that has its row, its queue and
rules of its own. CHAOS_REPORTS says how many reports (default few, for every run of the tests; `make chaos` takes a
thousand), CHAOS_BROKER which broker (amqp where RabbitMQ is installed, else redis).
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, InterfaceError, connection

from apps.submissions import hints, services
from apps.submissions.models import Submission
from tests.chaos.servers import has_rabbitmq
from tests.chaos.storm import Storm
from tests.chaos.verdict import judge
from tests.chaos.world import CONFIRMATIONS, wait_until, world

pytestmark = pytest.mark.chaos
REPORTS = int(os.environ.get("CHAOS_REPORTS", "40"))
SEED = int(os.environ.get("CHAOS_SEED", "7"))
BROKER = os.environ.get("CHAOS_BROKER", "amqp" if has_rabbitmq() and REPORTS > 100 else "redis")
REPORTS_A_SECOND = 3
BLOWS_A_REPORT = 0.4 if REPORTS < 100 else 0.15
LONGEST_LIFE = 800  # watched lines; a sweep with one submission to send is about 400
PATIENCE_S = float(os.environ.get("CHAOS_PATIENCE_S", 240 + REPORTS))


@pytest.mark.parametrize("destination", ["main", "second"])
def test_storm_loses_nothing_and_sends_nothing_twice(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    django_db_blocker: Any,
    destination: str,
) -> None:
    """Every accepted report is on chain, or a newer one of its feeds is; nothing is there twice; no nonce is stuck."""
    with django_db_blocker.unblock(), world(tmp_path, broker=BROKER, destination=destination) as chaos:
        monkeypatch.setattr(hints, "current_app", chaos.app)
        monkeypatch.setattr(services, "hints", hints.Hints())
        storm = Storm(chaos, seed=SEED + (destination != "main"))
        with chaos.workers(2, longest=LONGEST_LIFE):
            while len(storm.accepted) < REPORTS // 2:
                storm.revive()
                storm.report()
                if storm.dice.random() < BLOWS_A_REPORT:
                    storm.strike()
                time.sleep(1 / REPORTS_A_SECOND)
            chaos.calm_down()
            wait_until(_is_settled, patience_s=PATIENCE_S, what="every submission mined or explained")
            chaos.rpc("anvil_mine", hex(CONFIRMATIONS + 1))
            wait_until(_is_final, patience_s=PATIENCE_S, what="every submission at its end")
        verdict = judge(chaos, accepted=storm.accepted)
    with capsys.disabled():
        print("\n" + "\n".join(f"  {line}" for line in verdict.lines(chaos)))

    assert verdict.reports == REPORTS // 2
    assert (verdict.lost, verdict.twice, verdict.stuck, verdict.unexplained) == ([], [], [], [])


def _is_settled() -> bool:
    return _is_none_left(*Submission.UNFINISHED)


def _is_final() -> bool:
    return _is_none_left(*Submission.UNFINISHED, Submission.State.CONFIRMED)


def _is_none_left(*states: str) -> bool:
    try:
        return not Submission.objects.filter(state__in=states).exists()
    except (DatabaseError, InterfaceError):
        connection.close()
        return False
