"""What an operator is told to do about a miss."""

from __future__ import annotations

from apps.pricing.types import MissCode
from apps.sources.advice import ADVICE, advice
from tests.conftest import REPOSITORY


def test_every_code_has_advice() -> None:
    """No code leaves its reader alone."""
    assert set(ADVICE) == set(MissCode)
    assert all(advice(code).endswith(".") for code in MissCode)


def test_the_page_for_operators_says_the_same() -> None:
    """The table of the documentation is the one the program shows."""
    page = (REPOSITORY / "docs" / "generic-source.md").read_text()

    assert [code for code, text in ADVICE.items() if f"| `{code}` | {text} |" not in page] == []
