"""The harness: what a row says, that contestants take turns, and that a section runs from the command line."""

from __future__ import annotations

import json
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import psutil
import pytest

from bench.__main__ import REPOSITORY, section_names
from bench.measure import FULL, SMOKE, interleave, percentile, tree_cpu_s
from bench.rows import row, save, table
from local.install import KINDS

FIELDS = {"what", "definition", "unit", "floor", "rival", "ours", "ratio", "spread", "n"}


def test_a_ratio_is_taken_turn_by_turn() -> None:
    """A slow turn slows both sides: the ratio is the median of the turns' own, not that of the medians."""
    measured = row("x", "a / b", unit="ms", samples={"ours": [10, 40, 30], "floor": [5, 10, 10], "rival": [1, 2, 3]})

    assert (measured.ratio, measured.floor, measured.rival, measured.ours) == (3, 10, 2, 30)
    assert measured.spread == pytest.approx(2 / 3, rel=1e-3)
    assert measured.n == 3


def test_without_a_floor_the_rival_is_the_measure() -> None:
    """A row with neither has no ratio, and its spread is that of our own figures."""
    assert row("x", "", unit="ms", samples={"ours": [10.0], "rival": [4.0]}).ratio == 2.5
    alone = row("x", "", unit="MB", samples={"ours": [10.0, 11.0, 12.0]})

    assert (alone.ratio, alone.floor, alone.rival) == (None, None, None)
    assert alone.spread == pytest.approx(2 / 11, rel=1e-3)


def test_a_turn_lost_by_one_side_is_an_error() -> None:
    """Turns that cannot be paired are not quietly dropped."""
    with pytest.raises(ValueError, match="zip"):
        row("x", "", unit="ms", samples={"ours": [1.0, 2.0], "floor": [1.0]})


def test_contestants_take_turns_and_change_who_begins() -> None:
    """Every contestant runs once a turn, and none always runs first."""
    order: list[str] = []

    samples = interleave({name: lambda name=name: order.append(name) for name in ("a", "b")}, repeats=3)  # type: ignore[misc]

    assert order == ["a", "b", "b", "a", "a", "b"]
    assert {name: len(taken) for name, taken in samples.items()} == {"a": 3, "b": 3}


def test_json_holds_every_field_and_the_table_every_row(tmp_path: Path) -> None:
    """Programs get all nine fields, people a Markdown table that fits a page."""
    rows = [row("one", "a / b", unit="ms", samples={"ours": [1.5], "floor": [1.0]})]

    save(rows, tmp_path / "results" / "x.json")

    (stored,) = json.loads((tmp_path / "results" / "x.json").read_text())
    assert set(stored) == FIELDS
    assert [cell.strip() for cell in table(rows).splitlines()[-1].split("|")[1:-1]] == [
        *("one", "ms", "1", "", "1.5", "1.5", "0", "1")
    ]


def test_cpu_of_a_tree_counts_children_that_have_ended() -> None:
    """Work of a child that is gone was work all the same."""
    burn = "sum(range(5_000_000))"
    script = f"import subprocess, sys; subprocess.run([sys.executable, '-c', '{burn}']); print(); sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        own = psutil.Process(process.pid).cpu_times()

        assert tree_cpu_s(process.pid) >= own.user + own.system + own.children_user > own.user + own.system

        process.communicate()


def test_percentile_is_a_value_that_was_measured() -> None:
    """Nearest rank, so that few samples give no invented figure."""
    assert percentile([4, 1, 3, 2], 0.5) == 2
    assert percentile([4, 1, 3, 2], 0.95) == 4


def test_a_smoke_run_does_the_least_of_everything() -> None:
    """One turn, one round, one case; a full run does all of them."""
    assert (SMOKE.repeats, SMOKE.of(50), list(SMOKE.some([1, 2, 3]))) == (1, 1, [1])
    assert (FULL.of(50), list(FULL.some([1, 2, 3]))) == (50, [1, 2, 3])


@pytest.mark.e2e
@pytest.mark.parametrize("name", section_names())
def test_a_section_runs_from_the_command_line(name: str, tmp_path: Path) -> None:
    """Every section starts its servers, measures something, writes its JSON, prints its table, and leaves nothing."""
    command = [sys.executable, "-m", "bench", "--only", name, "--smoke", "--results", str(tmp_path)]

    outcome = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=300, check=False)

    assert outcome.returncode == 0, outcome.stderr[-2000:]
    rows = json.loads((tmp_path / f"{name}.json").read_text())
    assert rows
    assert all(set(each) == FIELDS and each["what"] in outcome.stdout for each in rows)


def test_an_unknown_section_is_refused_by_name() -> None:
    """A typing error must not pass as a run that measured nothing."""
    command = [sys.executable, "-m", "bench", "--only", "fetsch"]

    outcome = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)

    assert outcome.returncode == 2
    assert "no section fetsch; there are" in outcome.stderr


def test_requirements_of_measuring_are_among_those_of_testing() -> None:
    """What the tests install suffices for a measurement, and that for a run."""
    folder = REPOSITORY / "requirements"

    for smaller, larger in pairwise(KINDS):
        assert f"-r {smaller}.txt" in (folder / f"{larger}.txt").read_text().splitlines()
