"""Reports planned while workers die at every line, nodes lie, chains fork, wallets run dry: none lost, none twice.

CHAOS_REPORTS says how many reports (default few, for every run of the tests; `make chaos` takes a thousand).
"""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from django.db import close_old_connections

from apps.submissions import services
from apps.submissions.models import Submission
from tests.chaos.storm import Storm
from tests.chaos.verdict import judge
from tests.chaos.world import CONFIRMATIONS, wait_until, world

pytestmark = [pytest.mark.chaos, pytest.mark.django_db(transaction=True)]
REPORTS = int(os.environ.get("CHAOS_REPORTS", "24"))
SEED = int(os.environ.get("CHAOS_SEED", "7"))
REPORTS_A_SECOND = 3
BLOWS_A_REPORT = 0.15
LONGEST_LIFE = 3_000  # lines; a sweep with one submission to send is about 400
PATIENCE_S = 240 + REPORTS


def test_storm_loses_nothing_and_sends_nothing_twice(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every accepted report is on chain, or a newer one of its feeds is; nothing is there twice; no nonce is stuck."""
    monkeypatch.setattr(services, "hint", lambda *_, **__: None)  # every hint is lost: the broker is down all the time
    with world(tmp_path) as chaos:
        storm = Storm(chaos, seed=SEED)
        with chaos.workers(2, longest=LONGEST_LIFE):
            for _ in range(REPORTS):
                storm.report()
                if storm.dice.random() < BLOWS_A_REPORT:
                    storm.strike()
                time.sleep(1 / REPORTS_A_SECOND)
            chaos.calm_down()
            wait_until(_is_settled, patience_s=PATIENCE_S, what=_open_ones())
            chaos.rpc("anvil_mine", hex(CONFIRMATIONS + 1))
            wait_until(_is_final, patience_s=PATIENCE_S, what="every submission at its end")
        verdict = judge(chaos)
    with capsys.disabled():
        print("\n" + "\n".join(f"  {line}" for line in verdict.lines(chaos)))

    assert verdict.reports == REPORTS
    assert (verdict.lost, verdict.twice, verdict.stuck, verdict.unexplained) == ([], [], [], [])


def _is_settled() -> bool:
    close_old_connections()
    return not Submission.objects.filter(state__in=Submission.UNFINISHED).exists()


def _is_final() -> bool:
    return not Submission.objects.filter(state__in=[*Submission.UNFINISHED, Submission.State.CONFIRMED]).exists()


def _open_ones() -> str:
    return "every submission mined or explained"
