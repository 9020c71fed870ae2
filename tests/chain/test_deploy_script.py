"""contracts/script/Deploy.s.sol deploys what the Deployer does, at the same addresses; each goes on after the other."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from apps.chain.bindings import price_oracle
from apps.chain.contract_setup import ContractSetup
from apps.chain.deploy import Deployer
from apps.chain.timelock import Stage, TimelockSetup, hand_over
from tests.chain.local_chain import anvil_at, funded_deployer, gateway_to, key

CONTRACTS = Path(__file__).resolve().parents[2] / "contracts"
ADMIN = key(1)
SIGNERS = [key(n).address for n in (13, 11, 12)]
SETUP = ContractSetup(admin=ADMIN.address, signers=SIGNERS, threshold=2)
TIMELOCK = TimelockSetup(3600, [ADMIN.address])


def run_script(url: str, folder: Path, *, ends_with: int = 0, **settings: str) -> str:
    """Run the script as the runbook says, some settings changed; returns what it printed."""
    forge = CONTRACTS / "node_modules" / "@foundry-rs" / "forge"
    if not forge.exists():
        pytest.skip("forge is not installed: npm ci in contracts/")
    script = ["script", "script/Deploy.s.sol", "--rpc-url", url, "--broadcast", "--private-key", f"0x{1:064x}"]
    wanted = {
        "SIGNERS": ",".join(SIGNERS),
        "THRESHOLD": "2",
        "TIMELOCK_DELAY": "3600",
        "PROPOSERS": ADMIN.address,
        "FOUNDRY_BROADCAST": str(folder / "broadcast"),
        **settings,
    }
    run = subprocess.run(
        ["node", str(CONTRACTS / "bin" / "forge"), *script],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **wanted},
    )
    assert run.returncode == ends_with, run.stdout + run.stderr
    return run.stdout + run.stderr


def by_command(deployer: Deployer) -> tuple[str, str, Stage]:
    """Deploy and hand over as deploy_contract does; returns contract, timelock and stage."""
    contract = deployer.deploy(SETUP).address
    handover = hand_over(deployer, contract, TIMELOCK)
    return contract, handover.timelock, handover.stage


def test_the_script_and_the_command_give_the_same(tmp_path: Path) -> None:
    """On two chains they give the same addresses and code; on one, the second finds all done and sends nothing."""
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    with anvil_at(tmp_path / "a") as first, anvil_at(tmp_path / "b") as second:
        scripted, commanded = (funded_deployer(gateway_to(url), admin=ADMIN) for url in (first, second))
        printed = run_script(first, tmp_path)
        contract, timelock, stage = by_command(commanded)
        sent = [one.gateway.nonce(ADMIN.address, pending=False) for one in (scripted, commanded)]

        assert f"oracle: address {contract}" in printed
        assert f"timelock: address {timelock}" in printed
        codes = [
            [one.gateway._raw("eth_getCode", [address, "latest"]) for address in (contract, timelock)]
            for one in (scripted, commanded)
        ]
        assert codes[0] == codes[1]
        assert sent[0] == sent[1]
        assert by_command(scripted) == (contract, timelock, stage) == (contract, timelock, Stage.SCHEDULED)
        run_script(second, tmp_path)
        assert sent == [one.gateway.nonce(ADMIN.address, pending=False) for one in (scripted, commanded)]

        commanded.gateway._raw("evm_increaseTime", [3601])
        commanded.gateway._raw("evm_mine", [])
        run_script(second, tmp_path)
        assert commanded.gateway.answer(contract, price_oracle.admin()) == timelock


def test_the_script_cuts_no_number_down(tmp_path: Path) -> None:
    """A threshold of 258 is not one of 2, nor a history of 65,664 rounds one of 128: nothing is deployed."""
    with anvil_at(tmp_path) as url:
        assert "TooLarge" in run_script(url, tmp_path, ends_with=1, THRESHOLD="258")
        assert "TooLarge" in run_script(url, tmp_path, ends_with=1, HISTORY_LENGTH="65664")
        assert gateway_to(url).nonce(ADMIN.address, pending=False) == 0


def test_the_script_leaves_the_last_call_to_named_executors(tmp_path: Path) -> None:
    """It says that an executor is to carry out the acceptance, as the command does, and does not fail on it."""
    with anvil_at(tmp_path) as url:
        deployer = funded_deployer(gateway_to(url), admin=ADMIN)
        executors = {"EXECUTORS": key(2).address}
        run_script(url, tmp_path, **executors)
        deployer.gateway._raw("evm_increaseTime", [3601])
        deployer.gateway._raw("evm_mine", [])
        assert "an executor executes acceptAdmin()" in run_script(url, tmp_path, **executors)
