"""Secrets, the run's lock and leftovers of a home."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from local.launch import as_child, free_port, is_free
from local.leftovers import end_leftovers, remember
from local.state import AlreadyRunningError, Home, RunLock, Secrets

SLEEPER = [sys.executable, "-c", "import time; time.sleep(60)"]


def test_secrets_are_made_once_and_kept_private(tmp_path: Path) -> None:
    """A second start reads what the first one made, from a file only its owner can read."""
    path = tmp_path / "secrets.json"

    first = Secrets.load(path)

    assert Secrets.load(path) == first
    assert path.stat().st_mode & 0o777 == 0o600
    assert len(set(map(str, (first.secret_key, first.postgres_password, first.redis_password)))) == 3


def test_a_second_run_is_refused_with_the_pid_of_the_first(tmp_path: Path) -> None:
    """Only one process holds a home, and the other learns who."""
    first = RunLock(Home(tmp_path))
    first.take()

    with pytest.raises(AlreadyRunningError) as caught:
        RunLock(Home(tmp_path)).take()

    assert caught.value.pid == psutil.Process().pid
    assert RunLock(Home(tmp_path)).holder() == psutil.Process().pid


def test_a_lock_nobody_holds_counts_as_free(tmp_path: Path) -> None:
    """The file of a run that was killed does not stop the next one."""
    (tmp_path / "run.lock").write_text("1")

    assert RunLock(Home(tmp_path)).holder() == 0


def test_folders_start_with_empty_metrics_and_no_run_file(tmp_path: Path) -> None:
    """What an earlier run left is not mistaken for this one's."""
    home = Home(tmp_path)
    home.make_folders()
    home.path("metrics", "counter_1.db").write_bytes(b"")
    home.path("run.json").write_text("{}")
    home.path("environment.json").write_text("{}")

    home.make_folders()

    assert not list(home.path("metrics").iterdir())
    assert not home.path("run.json").exists()
    assert not home.path("environment.json").exists()


def test_leftovers_of_a_killed_run_are_ended(tmp_path: Path) -> None:
    """A remembered process that still runs is ended; its file is forgotten."""
    path = tmp_path / "pids.json"
    with subprocess.Popen(SLEEPER) as process:
        remember(path, {"web": process.pid})

        assert end_leftovers(path) == ["web"]
        assert not psutil.pid_exists(process.pid)
    assert not path.exists()


def test_a_pid_given_to_another_program_is_left_alone(tmp_path: Path) -> None:
    """A process that started at another time than remembered is not ours."""
    path = tmp_path / "pids.json"
    path.write_text(f'{{"web": [{psutil.Process().pid}, 1.0]}}')

    assert end_leftovers(path) == []


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the kernel's parent-death signal is Linux's")
def test_a_child_ends_when_its_parent_is_killed() -> None:
    """kill -9 of a parent takes its wrapped child along."""
    script = (
        "import subprocess, sys, time\n"
        f"child = subprocess.Popen({as_child(SLEEPER)!r})\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        while child.cmdline() != SLEEPER:  # the wrapper has not become its command yet
            time.sleep(0.01)

        parent.kill()

        gone, _ = psutil.wait_procs([child], timeout=10)
        assert gone == [child]


def test_a_taken_port_moves_to_the_next_free_one() -> None:
    """A port somebody listens on is passed over."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        taken = server.getsockname()[1]

        assert not is_free(taken)
        assert free_port(taken) > taken
