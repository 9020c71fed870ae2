"""Operations of a timelock on a real Anvil: found by their ids, in order, again and again."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from apps.chain import timelock_log as events
from apps.chain.bindings import price_oracle, timelock_controller
from apps.chain.contract_setup import NOBODY, ContractSetup
from apps.chain.deploy import Deployer
from apps.chain.errors import RpcRefused
from apps.chain.operations import (
    NOTHING,
    Operation,
    Role,
    Step,
    advance,
    has_role,
    is_timelock,
    open_operation,
    progress_of,
)
from apps.chain.timelock import TimelockSetup, hand_over
from apps.chain.timelock_log import timelock_log
from tests.chain.local_chain import anvil_at, funded_deployer, gateway_to, key

DELAY_S = 3600
ADMIN, OTHER = key(1), key(2)
SIGNERS = [key(n).address for n in (11, 12, 13)]
PAUSE, UNPAUSE = price_oracle.pause().data, price_oracle.unpause().data


@pytest.fixture(scope="module")
def governed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Deployer, str, str]]:
    """A key that may propose, a contract, and the timelock that is its admin."""
    with anvil_at(tmp_path_factory.mktemp("chain")) as url:
        deployer = funded_deployer(gateway_to(url), admin=ADMIN)
        contract = deployer.deploy(ContractSetup(admin=ADMIN.address, signers=SIGNERS, threshold=2)).address
        hand_over(deployer, contract, TimelockSetup(DELAY_S, [ADMIN.address]))
        wait(deployer)
        yield deployer, contract, hand_over(deployer, contract, TimelockSetup(DELAY_S, [ADMIN.address])).timelock


def wait(deployer: Deployer) -> None:
    """Let the delay pass."""
    deployer.gateway._raw("evm_increaseTime", [DELAY_S + 1])
    deployer.gateway._raw("evm_mine", [])


def test_the_id_is_the_one_that_the_timelock_computes(governed: tuple[Deployer, str, str]) -> None:
    """For any salt and predecessor, so what it looks up is what was scheduled."""
    deployer, contract, timelock = governed
    for salt, before in ((NOTHING, NOTHING), (b"\x07" * 32, NOTHING), (NOTHING, b"\x09" * 32)):
        operation = Operation(timelock, contract, PAUSE, salt=salt, predecessor=before)
        hashed = timelock_controller.hash_operation(contract, 0, PAUSE, before, salt)
        assert deployer.gateway.answer(timelock, hashed) == operation.id


def test_roles_are_called_as_the_timelock_calls_them(governed: tuple[Deployer, str, str]) -> None:
    """Their identifiers are computed here; a contract that is no timelock is told from one."""
    deployer, contract, timelock = governed
    asked = {
        Role.PROPOSER: timelock_controller.proposer_role,
        Role.EXECUTOR: timelock_controller.executor_role,
        Role.CANCELLER: timelock_controller.canceller_role,
    }
    assert all(deployer.gateway.answer(timelock, asked[role]()) == role.identifier for role in Role)
    assert is_timelock(deployer.gateway, timelock)
    assert not is_timelock(deployer.gateway, contract)
    assert not is_timelock(deployer.gateway, OTHER.address)
    assert has_role(deployer.gateway, timelock, Role.EXECUTOR, holder=OTHER.address), "anybody executes"
    assert not has_role(deployer.gateway, timelock, Role.PROPOSER, holder=OTHER.address)


def test_the_same_call_again_is_an_operation_of_its_own(governed: tuple[Deployer, str, str]) -> None:
    """Pausing and resuming twice takes new ids, and a call that waits is found and not scheduled anew."""
    deployer, contract, timelock = governed
    seen = []
    for data in (PAUSE, UNPAUSE, PAUSE, UNPAUSE):
        operation = open_operation(deployer.gateway, timelock=timelock, target=contract, data=data)
        scheduled = advance(operation, gateway=deployer.gateway, deployer=deployer)
        assert (scheduled.step, len(scheduled.receipts)) == (Step.WAIT, 1)
        assert open_operation(deployer.gateway, timelock=timelock, target=contract, data=data) == operation
        assert advance(operation, gateway=deployer.gateway, deployer=deployer).receipts == ()
        wait(deployer)
        assert progress_of(deployer.gateway, operation).step is Step.EXECUTE
        assert advance(operation, gateway=deployer.gateway, deployer=None).step is Step.EXECUTE, "nobody's key"
        assert advance(operation, gateway=deployer.gateway, deployer=deployer).step is Step.NOTHING
        seen.append(operation.id)
    assert len(set(seen)) == 4


def test_what_is_to_come_after_another_waits_for_it(governed: tuple[Deployer, str, str]) -> None:
    """Both delays are over, and the later one still may not be executed before the earlier one."""
    deployer, contract, timelock = governed
    first = open_operation(deployer.gateway, timelock=timelock, target=contract, data=PAUSE)
    second = open_operation(deployer.gateway, timelock=timelock, target=contract, data=UNPAUSE, predecessor=first.id)
    for operation in (first, second):
        advance(operation, gateway=deployer.gateway, deployer=deployer)
    wait(deployer)

    assert progress_of(deployer.gateway, second).step is Step.WAIT
    assert [one.predecessor for one in timelock_log(deployer.gateway, timelock).pending] == [NOTHING, first.id]
    assert advance(first, gateway=deployer.gateway, deployer=deployer).step is Step.NOTHING
    assert advance(second, gateway=deployer.gateway, deployer=deployer).step is Step.NOTHING
    assert timelock_log(deployer.gateway, timelock).pending == ()


def test_the_events_tell_roles_and_what_waits(
    governed: tuple[Deployer, str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also through an endpoint that answers for few blocks at a time; a cancelled operation waits no more."""
    deployer, contract, timelock = governed
    gateway = deployer.gateway
    operation = open_operation(gateway, timelock=timelock, target=contract, data=PAUSE)
    advance(operation, gateway=gateway, deployer=deployer)
    whole, spans, asked = timelock_log(gateway, timelock), [], gateway.logs
    monkeypatch.setattr(events, "SPAN", 8)
    monkeypatch.setattr(events, "LEAST_SPAN", 2)

    def few_blocks(contract: str, topics: object, *, first: int, last: int) -> object:
        spans.append(last - first + 1)
        if spans[-1] > 2:
            raise RpcRefused("query exceeds max block range")
        return asked(contract, topics, first=first, last=last)  # type: ignore[arg-type]

    monkeypatch.setattr(type(gateway), "logs", staticmethod(few_blocks))
    piecewise = timelock_log(gateway, timelock)

    assert (piecewise.pending, piecewise.holders, piecewise.is_complete) == (whole.pending, whole.holders, True)
    assert spans[:3] == [8, 2, 2]
    assert [(one.id, one.calls, one.salt) for one in whole.pending] == [
        (operation.id, ((contract, PAUSE),), operation.salt)
    ]
    assert whole.holders == {
        Role.PROPOSER: (ADMIN.address,),
        Role.EXECUTOR: (NOBODY,),
        Role.CANCELLER: (ADMIN.address,),
    }
    assert whole.owners == (timelock,)
    deployer.send(timelock, timelock_controller.cancel(operation.id).data)
    assert timelock_log(gateway, timelock).pending == ()
