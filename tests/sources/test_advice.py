"""Every code tells the operator what to do."""

from __future__ import annotations

import pytest

from apps.pricing.types import MissCode
from apps.sources.advice import WHAT_TO_DO, what_to_do
from apps.sources.errors import leaves
from tests.conftest import REPOSITORY


def test_every_code_has_its_advice() -> None:
    """A code without one would leave the operator alone with it."""
    assert set(WHAT_TO_DO) == set(MissCode)
    assert all(text.endswith((".", "?")) for text in WHAT_TO_DO.values())


def test_every_error_has_a_code_of_its_own() -> None:
    """The tree and the codes are the same set; a lane that never came back raises nothing."""
    codes = [error.code for error in leaves()]

    assert sorted(codes) == sorted(set(MissCode) - {MissCode.LANE_LOST})


@pytest.mark.parametrize("code", MissCode)
def test_the_page_of_errors_says_the_same(code: MissCode) -> None:
    """docs/errors.md holds the table word for word."""
    assert f"| `{code}` | {WHAT_TO_DO[code]} |" in (REPOSITORY / "docs" / "errors.md").read_text(encoding="utf-8")


def test_another_word_has_no_advice() -> None:
    """Refusals of quotes and empty codes are no misses."""
    assert what_to_do("stale") == what_to_do("") == ""
