"""Every test that contracts/docs/behaviour.md names for a promise exists."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "contracts" / "docs" / "behaviour.md"


def test_every_promise_names_tests_that_exist() -> None:
    """No row is without a test, and no name is of a test that was renamed or taken out."""
    solidity = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "contracts" / "test").rglob("*.sol"))
    known = set(re.findall(r"function (\w+)\(", solidity))
    rows = [line for line in DOCUMENT.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    promises = [row for row in rows if not row.startswith("| promise |")]

    named = {row: re.findall(r"`((?:tests/|test|invariant)[^`]+)`", row.rsplit(" | ", 1)[1]) for row in promises}
    assert all(named.values()), [row for row, tests in named.items() if not tests]
    missing = [name for tests in named.values() for name in tests if not _exists(name, known)]
    assert missing == []


def _exists(name: str, known: set[str]) -> bool:
    path, _, test = name.partition("::")
    if not test:
        return name in known
    file = ROOT / path
    return file.is_file() and f"def {test}(" in file.read_text(encoding="utf-8")
