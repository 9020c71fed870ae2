"""manage.py beside a running oracle."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from local.environment import choose_ports, oracle_environment, shared_environment
from local.state import Home, Secrets
from oracle_project import env, running
from oracle_project.running import join_running_oracle

ADDRESSES = {"DATABASE_URL": "postgres://running/oracle", "REDIS_URL": "redis://running/0", "MARKET": "simulated"}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home whose oracle says where it is, and a shell in which nothing is set."""
    for name in [*os.environ]:
        if name.removesuffix("_FILE") in {variable.name for variable in env.VARIABLES}:
            monkeypatch.delenv(name)
    monkeypatch.setenv("ORACLE_HOME", str(tmp_path))
    for name in ADDRESSES:
        monkeypatch.setenv(name, "")  # so that what is taken over is undone
    (tmp_path / running.FILE).write_text(json.dumps(ADDRESSES))
    return tmp_path


@pytest.mark.usefixtures("home")
def test_a_shell_without_variables_gets_those_of_the_running_oracle() -> None:
    """Servers, market and settings are the ones the oracle's own parts have."""
    join_running_oracle()

    assert {name: os.environ[name] for name in ADDRESSES} == ADDRESSES
    assert os.environ["DJANGO_SETTINGS_MODULE"] == "oracle_project.settings.local"


@pytest.mark.usefixtures("home")
def test_what_the_shell_says_stands_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """A market of one's own is kept, the servers are still found."""
    monkeypatch.setenv("MARKET", "live")

    join_running_oracle()

    assert os.environ["MARKET"] == "live"
    assert os.environ["DATABASE_URL"] == ADDRESSES["DATABASE_URL"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "postgres://elsewhere/oracle"),
        ("DATABASE_URL_FILE", "a/secret/file"),
        ("DJANGO_SETTINGS_MODULE", "oracle_project.settings.production"),
    ],
)
@pytest.mark.usefixtures("home")
def test_another_oracle_gets_nothing_of_the_running_one(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    """Half of one oracle and half of another would sign with the wrong keys."""
    monkeypatch.setenv(name, value)

    join_running_oracle()

    assert not os.environ["REDIS_URL"]


def test_without_a_running_oracle_nothing_changes(home: Path) -> None:
    """No file, no variables."""
    (home / running.FILE).unlink()

    join_running_oracle()

    assert not os.environ["DATABASE_URL"]


def test_a_command_reaches_the_servers_that_the_running_oracle_has(home: Path) -> None:
    """The file as `make run` writes it is enough for a process that is given nothing else."""
    ports, _ = choose_ports()
    secrets = Secrets.load(home / "secrets.json")
    shared = shared_environment(oracle_environment(Home(home), ports=ports, secrets=secrets))
    (home / running.FILE).write_text(json.dumps(shared))
    asked = (
        "from django.conf import settings; print(settings.DATABASES['default']['PORT'], settings.TRANSMITTER_KEYSTORE)"
    )
    bare = {"PATH": os.environ["PATH"], "ORACLE_HOME": str(home)}

    said = subprocess.run(
        [sys.executable, "manage.py", "shell", "--no-imports", "-c", asked],
        env=bare,
        cwd=running.REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    )

    assert said.stdout.split() == [str(ports.postgres), str(home / "keys" / "transmitter.json")]
    assert "PROMETHEUS_MULTIPROC_DIR" not in shared
