"""The committed contract artifacts: ABI and bytecode of contracts/artifacts/*.json."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

ARTIFACTS = Path(__file__).resolve().parents[2] / "contracts" / "artifacts"


@dataclass(frozen=True, slots=True)
class Artifact:
    """A compiled contract. ``bytecode`` is 0x-prefixed creation code, ``source_hash`` of all Solidity it came from."""

    name: str
    abi: list[dict[str, Any]]
    bytecode: str
    source_hash: str


@cache
def artifact(name: str) -> Artifact:
    """Return the artifact of a contract. Raises FileNotFoundError when it was never compiled."""
    document = json.loads((ARTIFACTS / f"{name}.json").read_text(encoding="utf-8"))
    return Artifact(name, document["abi"], document["bytecode"], document["sourceHash"])
