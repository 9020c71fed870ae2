"""What an operator is told to do about a miss."""

from __future__ import annotations

from apps.pricing.types import MissCode
from apps.sources.advice import WHAT_TO_DO, what_to_do
from tests.conftest import REPOSITORY


def test_every_code_has_advice() -> None:
    """No code leaves its reader alone."""
    assert set(WHAT_TO_DO) == set(MissCode)
    assert all(what_to_do(code) for code in MissCode)
    assert what_to_do("stale") == ""


def test_the_page_for_operators_says_the_same() -> None:
    """The table of the documentation is the one the program shows."""
    page = (REPOSITORY / "docs" / "generic-source.md").read_text()

    assert [code for code, text in WHAT_TO_DO.items() if f"| `{code}` | {text} |" not in page] == []
