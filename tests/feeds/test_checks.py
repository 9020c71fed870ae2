"""System checks of the environment, and its documentation."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.checks import run_checks
from pytest_django import Settings

from oracle_project import env
from oracle_project.checks import DECIMALS, INTEGERS, TAG, check_environment
from oracle_project.env_docs import EXAMPLE, PAGE, example_text, page_text


def ids() -> set[str | None]:
    """Return the ids of what the checks find."""
    return {message.id for message in check_environment()}


def test_the_checks_are_registered_and_content_with_the_defaults() -> None:
    """`manage.py check` runs them; a machine without any variable passes."""
    assert run_checks(tags=[TAG]) == []


def test_production_names_every_missing_variable(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """One error each, so that an operator sets them in one go; a secret's file counts."""
    settings.SETTINGS_MODULE = "oracle_project.settings.production"
    for variable in env.VARIABLES:
        monkeypatch.delenv(variable.name, raising=False)
        monkeypatch.delenv(f"{variable.name}_FILE", raising=False)
    monkeypatch.setenv("SECRET_KEY_FILE", __file__)

    missing = [message.msg.split()[0] for message in check_environment() if message.id == "oracle.E001"]

    needed = [variable.name for variable in env.VARIABLES if variable.required_in_production]
    assert missing == [name for name in needed if name != "SECRET_KEY"]


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("PORT", "eighty", "oracle.E002"),
        ("PORT", "70000", "oracle.E003"),
        ("ROUND_INTERVAL_S", "soon", "oracle.E002"),
        ("ROUND_DEADLINE_S", "0", "oracle.E003"),
        ("SIGNER_THRESHOLD", "0", "oracle.E003"),
        ("LOG_LEVEL", "LOUD", "oracle.E002"),
        ("LOG_FORMAT", "xml", "oracle.E002"),
    ],
)
def test_malformed_variables_are_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str, code: str) -> None:
    """The message holds the name and what was given."""
    monkeypatch.setenv(name, value)

    assert [message.id for message in check_environment() if name in message.msg and value in message.msg] == [code]


def test_a_secret_file_that_cannot_be_read_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A wrong mount shows at the start, not at the first signature."""
    monkeypatch.delenv("KEYSTORE_PASSWORD", raising=False)
    monkeypatch.setenv("KEYSTORE_PASSWORD_FILE", str(tmp_path / "absent"))

    assert "oracle.E002" in ids()


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"SIGNER_KEYSTORES": ["a", "b"], "SIGNER_THRESHOLD": 3}, "oracle.E004"),
        ({"SIGNER_KEYSTORES": ["a", "a"], "SIGNER_THRESHOLD": 2}, "oracle.E004"),
        ({"MARKET": "imaginary"}, "oracle.E005"),
        ({"MARKET": "auto", "SETTINGS_MODULE": "oracle_project.settings.production"}, "oracle.E005"),
        ({"MARKET": "simulated", "MARKET_SIMULATOR_URL": ""}, "oracle.E006"),
        ({"MARKET": "simulated", "CHAIN_ID": 1}, "oracle.E007"),
        ({"ROUND_INTERVAL_S": Decimal("0.1"), "ROUND_DEADLINE_S": Decimal(8)}, "oracle.E009"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(
    settings: Settings, changes: dict[str, Any], code: str
) -> None:
    """Each contradiction has its own id."""
    for name, value in changes.items():
        setattr(settings, name, value)

    assert code in ids()


@pytest.mark.parametrize(
    ("content", "code"),
    [(None, "oracle.W001"), ("not json", "oracle.E008"), ("{}", "oracle.E008"), ("[]", "oracle.E008")],
)
def test_keystores_that_cannot_be_used_are_named(
    settings: Settings, tmp_path: Path, content: str | None, code: str
) -> None:
    """Absent is a warning, for only one worker needs it; a file that is no keystore is an error."""
    path = tmp_path / "keystore.json"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    settings.TRANSMITTER_KEYSTORE = str(path)

    assert code in ids()


def test_keystores_without_their_password_are_named(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Only a process that has the files needs the password, and it says so at the start."""
    monkeypatch.delenv("KEYSTORE_PASSWORD", raising=False)
    monkeypatch.delenv("KEYSTORE_PASSWORD_FILE", raising=False)
    path = tmp_path / "keystore.json"
    settings.TRANSMITTER_KEYSTORE = str(path)
    settings.SETTINGS_MODULE = "oracle_project.settings.production"  # last: another override would hide it
    assert "oracle.E008" not in ids()

    path.write_text(json.dumps({"version": 3, "crypto": {}}), encoding="utf-8")
    assert "oracle.E008" in ids()

    (tmp_path / "keystore.json.password").write_text("its own", encoding="utf-8")
    assert "oracle.E008" not in ids()


def test_a_keystore_is_accepted(settings: Settings, tmp_path: Path) -> None:
    """The shape of a Web3 secret storage file is enough; its password is tried by the chain worker."""
    path = tmp_path / "keystore.json"
    path.write_text(json.dumps({"version": 3, "crypto": {}}), encoding="utf-8")
    settings.TRANSMITTER_KEYSTORE = str(path)

    assert ids() == set()


@pytest.mark.parametrize("variable", env.VARIABLES, ids=lambda variable: variable.name)
def test_every_variable_is_documented(variable: env.Variable) -> None:
    """It stands in .env.example and in docs/configuration.md."""
    assert f"\n#{variable.name}=" in EXAMPLE.read_text(encoding="utf-8")
    assert f"| `{variable.name}`" in PAGE.read_text(encoding="utf-8")


def test_the_documentation_is_up_to_date() -> None:
    """Both files are what `python -m oracle_project.env_docs` makes."""
    page = PAGE.read_text(encoding="utf-8")

    assert EXAMPLE.read_text(encoding="utf-8") == example_text()
    assert page == page_text(page)


def test_every_number_among_the_variables_has_a_range() -> None:
    """A variable whose default is a number is checked as one."""
    numbers = {variable.name for variable in env.VARIABLES if (variable.default or "").replace(".", "", 1).isdigit()}

    assert numbers == {*INTEGERS, *DECIMALS}


def test_a_weak_secret_for_source_keys_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A secret that could be guessed is refused without being shown."""
    monkeypatch.setenv("SOURCE_KEYS_SECRET", "guessable")

    (message,) = [message for message in check_environment() if message.id == "oracle.E010"]

    assert "9 characters, fewer than 32" in message.msg
    assert "guessable" not in message.msg


def test_a_proxy_that_cannot_work_is_named_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    """Found before the first round fails over it."""
    monkeypatch.setenv("SOURCE_PROXY_URL", "http://user:secret@proxy")

    told = [str(message.msg) for message in check_environment()]

    assert told == ["SOURCE_PROXY_URL: a proxy needs its port"]
