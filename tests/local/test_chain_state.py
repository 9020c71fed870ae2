"""Anvil's state file is cut short and survives being cut off."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from local.chain_state import prepare, read_state, trimmed


def state_of(blocks: int) -> dict[str, Any]:
    """A state file's content with ``blocks`` blocks of one transaction each, in no order."""
    numbers = sorted(range(blocks), key=lambda number: number * 7 % max(blocks, 1))
    return {
        "accounts": {},
        "blocks": [{"header": {"number": hex(number)}} for number in numbers],
        "transactions": [{"block_number": number} for number in numbers],
    }


def test_only_the_last_blocks_and_their_transactions_are_kept() -> None:
    """Trimming keeps the newest blocks, whatever their order in the file."""
    state = trimmed(state_of(10), kept_blocks=3)

    assert [block["header"]["number"] for block in state["blocks"]] == ["0x7", "0x8", "0x9"]
    assert sorted(entry["block_number"] for entry in state["transactions"]) == [7, 8, 9]


def test_a_new_chain_needs_no_file(tmp_path: Path) -> None:
    """The first start finds nothing, says nothing and writes nothing."""
    assert prepare(tmp_path / "state.json") == ""
    assert list(tmp_path.iterdir()) == []


def test_a_file_cut_off_by_a_kill_falls_back_to_the_last_good_copy(tmp_path: Path) -> None:
    """Half a file is put aside, and the chain goes on from the state of the start before."""
    path = tmp_path / "state.json"
    path.write_text(json.dumps(state_of(5)))
    prepare(path)
    path.write_text('{"accounts": {')

    said = prepare(path)

    assert "last good copy" in said
    assert read_state(path) == trimmed(state_of(5))
    assert (tmp_path / "state.broken.json").exists()


def test_a_broken_file_without_a_copy_starts_a_new_chain(tmp_path: Path) -> None:
    """With nothing to go back to, the file is moved away so that Anvil can start."""
    path = tmp_path / "state.json"
    path.write_text("nonsense")

    assert "new chain" in prepare(path)
    assert not path.exists()
