"""The admin's office goes to a timelock in two steps, on a real Anvil, from wherever it stands."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from apps.chain.bindings import price_oracle, timelock_controller
from apps.chain.contract_setup import ContractSetup
from apps.chain.deploy import Deployer
from apps.chain.errors import ExecutionReverted
from apps.chain.timelock import HandoverRefused, Stage, TimelockSetup, hand_over
from tests.chain.local_chain import BTC, anvil_at, funded_deployer, gateway_to, key

DELAY_S = 3600
ADMIN, PROPOSER, STRANGER = key(1), key(2), key(3)
SIGNERS = [key(n).address for n in (11, 12, 13)]


@pytest.fixture
def deployer(tmp_path: Path) -> Iterator[Deployer]:
    """A chain of this test's own, and the admin's key on it."""
    with anvil_at(tmp_path) as url:
        yield funded_deployer(gateway_to(url), admin=ADMIN)


@pytest.fixture
def contract(deployer: Deployer) -> str:
    """A contract that the deployer is admin of."""
    return deployer.deploy(ContractSetup(admin=ADMIN.address, signers=SIGNERS, threshold=2)).address


def wait(deployer: Deployer) -> None:
    """Let the delay pass."""
    deployer.gateway._raw("evm_increaseTime", [DELAY_S + 1])
    deployer.gateway._raw("evm_mine", [])


def admin_of(deployer: Deployer, contract: str) -> str:
    """Return who holds the office."""
    return deployer.gateway.answer(contract, price_oracle.admin())


def test_a_deployer_that_may_propose_goes_the_whole_way(deployer: Deployer, contract: str) -> None:
    """It offers and schedules at once, changes nothing while the delay runs, and has it accepted after it."""
    setup, gateway = TimelockSetup(DELAY_S, [ADMIN.address]), deployer.gateway

    first = hand_over(deployer, contract, setup)

    assert (first.stage, admin_of(deployer, contract)) == (Stage.SCHEDULED, ADMIN.address)
    assert gateway.answer(contract, price_oracle.pending_admin()) == first.timelock
    assert gateway.answer(contract, price_oracle.configurator()) == ADMIN.address
    assert gateway.answer(contract, price_oracle.pauser()) == ADMIN.address
    assert first.ready_at is not None
    assert first.ready_at > datetime.now(UTC)
    assert "deploy_contract with the same options" in first.remains[0]
    sent = gateway.nonce(ADMIN.address, pending=False)
    assert hand_over(deployer, contract, setup) == first
    assert gateway.nonce(ADMIN.address, pending=False) == sent

    wait(deployer)
    last = hand_over(deployer, contract, setup)

    assert (last.stage, last.remains, admin_of(deployer, contract)) == (Stage.ACCEPTED, (), first.timelock)
    assert hand_over(deployer, contract, setup) == last


def test_a_proposer_elsewhere_is_told_what_to_send(deployer: Deployer, contract: str) -> None:
    """The deployer only offers; the data it prints takes the office the rest of the way, whoever sends the last."""
    setup, gateway = TimelockSetup(DELAY_S, [PROPOSER.address]), deployer.gateway

    offered = hand_over(deployer, contract, setup)

    assert (offered.stage, len(offered.remains)) == (Stage.OFFERED, 2)
    with pytest.raises(ExecutionReverted, match="AccessControlUnauthorizedAccount"):
        deployer.send(offered.timelock, bytes.fromhex(offered.schedule_data[2:]))
    funded_deployer(gateway, admin=PROPOSER).send(offered.timelock, bytes.fromhex(offered.schedule_data[2:]))
    assert hand_over(deployer, contract, setup).stage == Stage.SCHEDULED
    with pytest.raises(ExecutionReverted, match="TimelockUnexpectedOperationState"):
        deployer.send(offered.timelock, bytes.fromhex(offered.execute_data[2:]))
    wait(deployer)
    funded_deployer(gateway, admin=STRANGER).send(offered.timelock, bytes.fromhex(offered.execute_data[2:]))
    assert admin_of(deployer, contract) == offered.timelock


def test_executors_that_are_named_are_the_only_ones(deployer: Deployer, contract: str) -> None:
    """With executors named, the deployer leaves the last call to them."""
    setup = TimelockSetup(DELAY_S, [ADMIN.address], executors=[PROPOSER.address])
    hand_over(deployer, contract, setup)
    wait(deployer)

    waiting = hand_over(deployer, contract, setup)

    assert waiting.stage == Stage.SCHEDULED
    funded_deployer(deployer.gateway, admin=PROPOSER).send(waiting.timelock, bytes.fromhex(waiting.execute_data[2:]))
    assert hand_over(deployer, contract, setup).stage == Stage.ACCEPTED


def test_afterwards_the_deployer_adds_feeds_and_the_timelock_rotates(deployer: Deployer, contract: str) -> None:
    """The old admin is configurator and pauser and no more; signers change by what the timelock carries out."""
    setup, gateway = TimelockSetup(DELAY_S, [ADMIN.address]), deployer.gateway
    hand_over(deployer, contract, setup)
    wait(deployer)
    timelock = hand_over(deployer, contract, setup).timelock
    ordered = sorted(SIGNERS[:2], key=lambda address: int(address, 16))
    rotate = price_oracle.set_signers(ordered, 1).data

    deployer.add_feed(contract, "BTC/USD", BTC)
    with pytest.raises(ExecutionReverted, match="Unauthorized"):
        deployer.send(contract, rotate)
    deployer.send(contract, price_oracle.pause().data)
    with pytest.raises(ExecutionReverted, match="Unauthorized"):
        deployer.send(contract, price_oracle.unpause().data)
    deployer.send(timelock, timelock_controller.schedule(contract, 0, rotate, bytes(32), bytes(32), DELAY_S).data)
    wait(deployer)
    deployer.send(timelock, timelock_controller.execute(contract, 0, rotate, bytes(32), bytes(32)).data)

    assert gateway.signer_set(contract).version == 2
    assert list(gateway.proxies(contract)) == ["BTC/USD"]


def test_the_office_of_another_is_not_handed_over(deployer: Deployer) -> None:
    """A key that is not the admin is refused with both addresses."""
    contract = deployer.deploy(ContractSetup(admin=STRANGER.address, signers=SIGNERS, threshold=2)).address

    with pytest.raises(HandoverRefused, match=f"{STRANGER.address}, the deploying key is {ADMIN.address}"):
        hand_over(deployer, contract, TimelockSetup(DELAY_S, [ADMIN.address]))
