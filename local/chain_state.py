"""Script that repairs and trims Anvil's state file, then becomes Anvil: ``chain_state.py STATE COMMAND…``.

Anvil writes every block header there for ever (1.7 KB a block, measured with 1.7.1: 30 MB a day at one block every 5 s)
and writes in place, so a kill -9 can leave half a file. Before each start the file is cut to its last blocks, a copy of
the last good one is kept beside it, and a broken file is replaced by that copy, or put aside for a fresh chain.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

KEPT_BLOCKS = 2000


def read_state(path: Path) -> dict[str, Any] | None:
    """Return the state in ``path``; None when there is none or it is not whole."""
    try:
        state = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return state if isinstance(state, dict) and "accounts" in state else None


def trimmed(state: dict[str, Any], *, kept_blocks: int = KEPT_BLOCKS) -> dict[str, Any]:
    """Return the state with its last ``kept_blocks`` blocks only; transactions of dropped blocks go with them."""
    blocks = sorted(state.get("blocks") or [], key=lambda block: int(block["header"]["number"], 16))[-kept_blocks:]
    first = int(blocks[0]["header"]["number"], 16) if blocks else 0
    kept = [entry for entry in state.get("transactions") or [] if int(entry["block_number"]) >= first]
    return state | {"blocks": blocks, "transactions": kept}


def prepare(path: Path) -> str:
    """Make ``path`` loadable and small. Returns what happened to a broken file, or an empty string."""
    copy, broken, said = path.with_suffix(".good.json"), path.with_suffix(".broken.json"), ""
    state = read_state(path)
    if state is None and path.exists():
        path.replace(broken)
        state = read_state(copy)
        said = "chain state was cut off; " + ("went back to the last good copy" if state else "starting a new chain")
    if state is not None:
        scratch = path.with_suffix(".new.json")
        scratch.write_text(json.dumps(trimmed(state)), encoding="utf-8")
        scratch.replace(copy)
        scratch.write_bytes(copy.read_bytes())
        scratch.replace(path)
    return said


def main(arguments: list[str]) -> None:
    """Prepare the state file named first, then run the rest as a command in place of this process."""
    path, *command = arguments
    if said := prepare(Path(path)):
        print(said, flush=True)
    os.execvp(command[0], command)  # noqa: S606 - a shell is what this avoids


if __name__ == "__main__":
    main(sys.argv[1:])
