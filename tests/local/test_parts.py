"""The parts as supervisord is told of them."""

from __future__ import annotations

import configparser
import os
from pathlib import Path

import pytest

from local.environment import choose_ports, oracle_environment
from local.parts import ORACLE_PARTS, START_SCRIPTS, Part, oracle_parts, supervisord_configuration
from local.state import Home, Secrets


def read(text: str) -> configparser.RawConfigParser:
    """Parse a configuration as supervisord does, % untouched."""
    parser = configparser.RawConfigParser()
    parser.read_string(text)
    return parser


def test_parts_of_one_rank_stop_together_and_ranks_in_reverse(tmp_path: Path) -> None:
    """Each rank is a group whose priority is the rank, so supervisord ends the highest first."""
    parts = [Part("postgres", ("a",), rank=1), Part("web", ("b",), rank=5), Part("beat", ("c",), rank=5)]

    parsed = read(supervisord_configuration(parts, home=Home(tmp_path), socket=tmp_path / "s"))

    assert parsed["group:rank5"]["programs"] == "web,beat"
    assert int(parsed["group:rank1"]["priority"]) < int(parsed["group:rank5"]["priority"])


def test_logs_are_rotated_and_percent_signs_survive(tmp_path: Path) -> None:
    """Every part's log is bounded; a % in a command reaches it as it is."""
    parsed = read(supervisord_configuration([Part("web", ("x%h",), rank=1)], home=Home(tmp_path), socket=tmp_path))

    assert parsed["program:web"]["command"] == "x%%h"
    assert parsed["program:web"]["stdout_logfile_maxbytes"] == "10MB"


@pytest.mark.parametrize("name", ORACLE_PARTS)
def test_every_part_has_a_start_script_that_can_run(name: str) -> None:
    """The scripts shared with the containers are there and executable."""
    assert os.access(START_SCRIPTS / name, os.X_OK)
    assert name in {part.name for part in oracle_parts(market="live")}


def test_what_the_operator_set_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """DATABASE_URL of the shell wins over the embedded server; the rest is made here."""
    monkeypatch.setenv("DATABASE_URL", "postgres://elsewhere/oracle")
    monkeypatch.delenv("REDIS_URL", raising=False)
    ports, _ = choose_ports()

    values = oracle_environment(Home(tmp_path), ports=ports, secrets=Secrets.load(tmp_path / "secrets.json"))

    assert values["DATABASE_URL"] == "postgres://elsewhere/oracle"
    assert f":{ports.redis}/" in values["REDIS_URL"]
    assert values["SIGNER_KEYSTORES"].count(",") == 2
    assert len(values["SOURCE_KEYS_SECRET"]) >= 32


def test_no_secret_is_in_a_command_line() -> None:
    """Other users of the machine can read command lines, so passwords are not in them."""
    words = " ".join(word for part in oracle_parts(market="simulated") for word in part.command)

    assert "PASSWORD" not in words
    assert "SECRET" not in words
