"""The package for readers of prices is whole: everything in it, and a consumer beside it, compiles from it alone."""

from __future__ import annotations

import json
import shutil
import subprocess
import tarfile
from pathlib import Path
from typing import Any

import pytest

CONTRACTS = Path(__file__).resolve().parents[2] / "contracts"
CONSUMER = """// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;
import {RollupLendingMarket} from "price-oracle-kit/kit/LendingMarket.sol";
import {TwapReader} from "price-oracle-kit/kit/TwapReader.sol";
import {IPriceOracle} from "price-oracle-kit/src/interfaces/IPriceOracle.sol";
import {SequencerGuard} from "price-oracle-kit/src/SequencerGuard.sol";
contract Consumer is RollupLendingMarket {
    constructor(SequencerGuard guard) RollupLendingMarket(guard, 3600) {}
    function direct(IPriceOracle oracle, bytes32 feed) external view returns (int192 answer) {
        (answer,) = oracle.getPriceNoOlderThan(feed, 3600);
    }
}
"""
COMPILE = "process.stdout.write(require('solc').compile(require('fs').readFileSync(0, 'utf8')))"


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package, packed and unpacked."""
    if not (CONTRACTS / "node_modules" / "solc").exists() or shutil.which("npm") is None:
        pytest.skip("the compiler is not installed: npm ci in contracts/")
    folder = tmp_path_factory.mktemp("kit")
    run = subprocess.run(
        ["node", str(CONTRACTS / "bin" / "kit"), str(folder)], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    with tarfile.open(run.stdout.strip()) as packed:
        packed.extractall(folder, filter="data")
    return folder / "package"


def compiled(sources: dict[str, str]) -> dict[str, Any]:
    """Return what the pinned compiler makes of these sources and nothing else."""
    settings = {"outputSelection": {"*": {"*": ["evm.bytecode.object"]}}, "evmVersion": "cancun"}
    asked = {
        "language": "Solidity",
        "sources": {name: {"content": text} for name, text in sources.items()},
        "settings": settings,
    }
    run = subprocess.run(
        ["node", "-e", COMPILE], input=json.dumps(asked), capture_output=True, text=True, check=True, cwd=CONTRACTS
    )
    made: dict[str, Any] = json.loads(run.stdout)
    return made


def test_a_consumer_compiles_from_the_package_alone(package: Path) -> None:
    """Interfaces, guard and examples need no file that the package lacks, and nothing of the oracle's own code."""
    sources = {
        f"price-oracle-kit/{path.relative_to(package)}": path.read_text(encoding="utf-8")
        for path in package.rglob("*.sol")
    }

    made = compiled({**sources, "Consumer.sol": CONSUMER})

    assert [error["formattedMessage"] for error in made.get("errors", [])] == []
    assert made["contracts"]["Consumer.sol"]["Consumer"]["evm"]["bytecode"]["object"]
    assert not [name for name in sources if name.endswith(("/PriceOracle.sol", "/FeedProxy.sol"))]


def test_what_the_readme_names_is_there(package: Path) -> None:
    """Every file of the README's table is in the package, and its version is the wire's."""
    rows = [line for line in (package / "README.md").read_text(encoding="utf-8").splitlines() if line.startswith("| `")]

    named = [row.split("`")[1] for row in rows]
    assert len(named) == 6
    assert all(list(package.glob(name)) for name in named), named
    assert json.loads((package / "package.json").read_text(encoding="utf-8"))["version"].split(".")[0] == "2"
