"""A call that a TimelockController is to make: scheduled by a proposer, waiting, carried out by an executor.

Its id follows from what it says, so it is found on the chain again and no record of it is kept. A call that was carried
out before has its id used up for ever; the salt counts how often it was, and the next one gets an id of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from itertools import count
from typing import TYPE_CHECKING

from eth_abi.abi import encode
from eth_hash.auto import keccak

from apps.chain.bindings import timelock_controller
from apps.chain.contract_setup import NOBODY
from apps.chain.errors import ContractMissing, ExecutionReverted
from apps.chain.gateway import Receipt

if TYPE_CHECKING:
    from apps.chain.deploy import Deployer
    from apps.chain.web3_gateway import Web3Gateway

NOTHING = bytes(32)
UNSET, DONE = 0, 1  # what getTimestamp says of an operation besides a time


class Role(StrEnum):
    """Who may do what to an operation."""

    PROPOSER = "PROPOSER_ROLE"
    EXECUTOR = "EXECUTOR_ROLE"
    CANCELLER = "CANCELLER_ROLE"

    @property
    def identifier(self) -> bytes:
        """What the timelock calls the role."""
        return bytes(keccak(self.encode()))


class Step(StrEnum):
    """What is to be done next about an operation."""

    SCHEDULE = "schedule"
    WAIT = "wait"
    EXECUTE = "execute"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Operation:
    """A call of ``target`` by the timelock. predecessor: id of the operation that must be carried out before it."""

    timelock: str
    target: str
    data: bytes
    salt: bytes = NOTHING
    predecessor: bytes = NOTHING

    @property
    def id(self) -> bytes:
        """What the timelock's hashOperation answers."""
        types = ("address", "uint256", "bytes", "bytes32", "bytes32")
        return bytes(keccak(encode(types, (self.target, 0, self.data, self.predecessor, self.salt))))

    def schedule_data(self, *, delay_s: int) -> bytes:
        """Return the call of the timelock that a proposer makes."""
        return timelock_controller.schedule(self.target, 0, self.data, self.predecessor, self.salt, delay_s).data

    def execute_data(self) -> bytes:
        """Return the call of the timelock that an executor makes once the operation has waited."""
        return timelock_controller.execute(self.target, 0, self.data, self.predecessor, self.salt).data


@dataclass(frozen=True, slots=True)
class Progress:
    """Where an operation stands. ready_at: from when it may be executed, None while it is not scheduled or done.

    receipts: of what was sent just now.
    """

    operation: Operation
    step: Step
    delay_s: int
    ready_at: datetime | None = None
    receipts: tuple[Receipt, ...] = ()


def is_timelock(gateway: Web3Gateway, address: str) -> bool:
    """Return whether a TimelockController stands at the address."""
    if not gateway.has_code(address):
        return False
    try:
        return gateway.answer(address, timelock_controller.proposer_role()) == Role.PROPOSER.identifier
    except (ContractMissing, ExecutionReverted):
        return False


def open_operation(
    gateway: Web3Gateway, *, timelock: str, target: str, data: bytes, predecessor: bytes = NOTHING
) -> Operation:
    """Return the operation of this call that is not carried out yet, whether it waits or was never scheduled."""
    return next(
        operation
        for operation in _numbered(timelock, target, data, predecessor)
        if scheduled_for(gateway, timelock, operation.id) != DONE
    )


def scheduled_for(gateway: Web3Gateway, timelock: str, operation: bytes) -> int:
    """Return the unix time from when an operation may be executed, or UNSET or DONE."""
    return gateway.answer(timelock, timelock_controller.get_timestamp(operation))


def has_role(gateway: Web3Gateway, timelock: str, role: Role, *, holder: str) -> bool:
    """Return whether an address has a role of the timelock, or everybody has."""
    return any(
        gateway.answer(timelock, timelock_controller.has_role(role.identifier, address)) for address in (holder, NOBODY)
    )


def progress_of(gateway: Web3Gateway, operation: Operation) -> Progress:
    """Return where an operation stands, without doing anything."""
    delay_s = gateway.answer(operation.timelock, timelock_controller.get_min_delay())
    ready = scheduled_for(gateway, operation.timelock, operation.id)
    if ready in (UNSET, DONE):
        return Progress(operation, Step.SCHEDULE if ready == UNSET else Step.NOTHING, delay_s)
    before = operation.predecessor
    must_wait = before != NOTHING and scheduled_for(gateway, operation.timelock, before) != DONE
    is_due = ready <= int(gateway.head().time.timestamp()) and not must_wait
    return Progress(
        operation, Step.EXECUTE if is_due else Step.WAIT, delay_s, ready_at=datetime.fromtimestamp(ready, UTC)
    )


def may_take(gateway: Web3Gateway, progress: Progress, *, holder: str) -> bool:
    """Return whether an address may take the step that an operation waits for."""
    roles = {Step.SCHEDULE: Role.PROPOSER, Step.EXECUTE: Role.EXECUTOR}
    role = roles.get(progress.step)
    return role is not None and has_role(gateway, progress.operation.timelock, role, holder=holder)


def advance(operation: Operation, *, gateway: Web3Gateway, deployer: Deployer | None) -> Progress:
    """Take every step that the deployer's key may take now, and return where the operation stands.

    Raises ExecutionReverted with the error of the timelock or of its target, and whatever ``Deployer.send`` raises.
    """
    receipts: list[Receipt] = []
    progress = progress_of(gateway, operation)
    while deployer is not None and may_take(gateway, progress, holder=deployer.admin.address):
        schedules = progress.step is Step.SCHEDULE
        data = operation.schedule_data(delay_s=progress.delay_s) if schedules else operation.execute_data()
        receipts.append(deployer.send(operation.timelock, data))
        progress = progress_of(gateway, operation)
    return Progress(operation, progress.step, progress.delay_s, progress.ready_at, tuple(receipts))


def _numbered(timelock: str, target: str, data: bytes, predecessor: bytes) -> Iterator[Operation]:
    for number in count():
        yield Operation(timelock, target, data, salt=number.to_bytes(32, "big"), predecessor=predecessor)
