"""Makes an admin's call, by the way that leads to whoever may make it.

    the key at hand holds the office    it is sent, and done once it is mined
    a timelock holds it                 scheduled, executed once it has waited, cancelled; each as far as the key may
    anybody else holds it               what that wallet has to send is told

Every call is tried first as the office's holder would make it: one that the contract would refuse is neither sent nor
scheduled. Where a call stands is read from the chain, so asking again goes on from there and repeats nothing.

Errors:
    BadArgument: an order is asked for that nobody would keep.
    ThresholdUnreachable: with the new set the workers' own keys could sign no report.
    NotPending: the operation to be cancelled does not wait in the timelock.
    ExecutionReverted: the contract refuses the call; nothing was sent, or what was sent changed nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from apps.chain.bindings import timelock_controller
from apps.chain.errors import ChainError
from apps.chain.operations import (
    DONE,
    NOTHING,
    UNSET,
    Progress,
    Role,
    Step,
    advance,
    has_role,
    is_timelock,
    may_take,
    open_operation,
    progress_of,
    scheduled_for,
)
from apps.chain.signers import members_among
from apps.submissions.admin_calls import AdminCall, BadArgument

if TYPE_CHECKING:
    from apps.chain.deploy import Deployer
    from apps.chain.web3_gateway import Web3Gateway


class ThresholdUnreachable(ChainError):
    """With the new signer set the workers' own keys could sign no report."""

    code = "threshold_unreachable"


class NotPending(ChainError):
    """The operation does not wait in the timelock."""

    code = "operation_not_pending"


class Stage(StrEnum):
    """How far a call is.

    ALREADY: the contract is so.  DONE: mined.  SCHEDULED: it waits in the timelock.  OPEN: nothing was sent, somebody
    else has to.  DRY_RUN: nothing was sent, as was asked.
    """

    ALREADY = "already"
    DONE = "done"
    SCHEDULED = "scheduled"
    OPEN = "open"
    DRY_RUN = "dry_run"


@dataclass(frozen=True, slots=True)
class Outcome:
    """Where a call stands. by: who makes it.  remains: what somebody has still to do, in order.

    next_step: send, schedule, wait or execute, empty when nothing is.  own_key_may: the key at hand may take it.
    to, data: the call itself, for a wallet that holds the office.  schedule_data, execute_data: calls of the timelock,
    for wallets that propose and execute.  operation: its id in the timelock.
    """

    stage: Stage
    by: str
    to: str
    data: str
    next_step: str = ""
    own_key_may: bool = False
    remains: tuple[str, ...] = ()
    transactions: tuple[str, ...] = ()
    block_number: int | None = None
    timelock: str = ""
    operation: str = ""
    delay_s: int | None = None
    ready_at: datetime | None = None
    schedule_data: str = ""
    execute_data: str = ""


@dataclass(frozen=True, slots=True)
class Governor:
    """A contract, and the key at hand, if any."""

    gateway: Web3Gateway
    contract: str
    deployer: Deployer | None = None

    @property
    def own(self) -> str:
        """Address of the key at hand, empty without one."""
        return self.deployer.admin.address if self.deployer else ""


def require_reach(signers: Sequence[str], *, threshold: int, own: Sequence[str]) -> None:
    """Raise ThresholdUnreachable unless enough of the workers' own keys are in a signer set."""
    kept = members_among(own, signers)
    if len(kept) < threshold:
        raise ThresholdUnreachable(
            f"{len(kept)} of the {len(own)} keys in SIGNER_KEYSTORES are in the new set, {threshold} have to sign: the "
            "workers could write no price any more. Give them the new keys first, or say --force"
        )


def carry_out(call: AdminCall, governor: Governor, *, after: bytes = NOTHING, is_dry_run: bool = False) -> Outcome:
    """Make a call as far as the key at hand may, and return where it stands.

    after: id of the timelock's operation that must be carried out before this one. Raises BadArgument where there is
    no timelock to keep that order, NotPending where it has no such operation.
    """
    gateway, contract = governor.gateway, governor.contract
    by = governor.own if governor.own in call.callers else call.callers[0]
    asked = Outcome(Stage.ALREADY, by, contract, _hex(call.call.data))
    if call.is_so:
        return asked
    gateway.answer(contract, call.call, sender=by)
    if by != governor.own and is_timelock(gateway, by):
        return _through_timelock(asked, call, governor, after=after, is_dry_run=is_dry_run)
    if after != NOTHING:
        raise BadArgument(f"--after is an order that a timelock keeps; {by}, who makes this call, is none")
    return _sent(asked, call.call.data, governor, may_send=by == governor.own, is_dry_run=is_dry_run)


def cancel(operation: bytes, governor: Governor, *, timelocks: Sequence[str], is_dry_run: bool = False) -> Outcome:
    """Take an operation back that waits in one of these timelocks. Raises NotPending."""
    gateway = governor.gateway
    standing = {one: scheduled_for(gateway, one, operation) for one in timelocks if is_timelock(gateway, one)}
    timelock = next((one for one, ready in standing.items() if ready > DONE), "")
    if not timelock:
        states = ", ".join(f"{'done' if ready == DONE else 'unknown'} in {one}" for one, ready in standing.items())
        raise NotPending(f"{_hex(operation)} does not wait anywhere: {states or 'no timelock holds an office'}")
    data = timelock_controller.cancel(operation).data
    may_send = bool(governor.own) and has_role(gateway, timelock, Role.CANCELLER, holder=governor.own)
    by = governor.own if may_send else "a canceller"
    asked = Outcome(Stage.OPEN, by, timelock, _hex(data), timelock=timelock, operation=_hex(operation))
    return _sent(asked, data, governor, may_send=may_send, is_dry_run=is_dry_run)


def _sent(asked: Outcome, data: bytes, governor: Governor, *, may_send: bool, is_dry_run: bool) -> Outcome:
    remains = (f"{asked.by} sends data to {asked.to}",)
    if is_dry_run:
        return replace(asked, stage=Stage.DRY_RUN, next_step="send", own_key_may=may_send, remains=remains)
    if governor.deployer is None or not may_send:
        return replace(asked, stage=Stage.OPEN, next_step="send", remains=remains)
    receipt = governor.deployer.send(asked.to, data)
    return replace(asked, stage=Stage.DONE, transactions=(receipt.tx_hash,), block_number=receipt.block_number)


def _through_timelock(
    asked: Outcome, call: AdminCall, governor: Governor, *, after: bytes, is_dry_run: bool
) -> Outcome:
    gateway, timelock = governor.gateway, asked.by
    if after != NOTHING and scheduled_for(gateway, timelock, after) == UNSET:
        raise NotPending(f"{_hex(after)} is no operation of the timelock {timelock}: nothing could ever come after it")
    operation = open_operation(
        gateway, timelock=timelock, target=governor.contract, data=call.call.data, predecessor=after
    )
    if is_dry_run:
        return replace(_told(asked, progress_of(gateway, operation), governor), stage=Stage.DRY_RUN)
    return _told(asked, advance(operation, gateway=gateway, deployer=governor.deployer), governor)


def _told(asked: Outcome, progress: Progress, governor: Governor) -> Outcome:
    operation, is_done = progress.operation, progress.step is Step.NOTHING
    waiting = Stage.SCHEDULED if progress.ready_at else Stage.OPEN
    may = bool(governor.own) and may_take(governor.gateway, progress, holder=governor.own)
    return replace(
        asked,
        stage=Stage.DONE if is_done else waiting,
        next_step="" if is_done else progress.step.value,
        own_key_may=may,
        remains=_remains(progress),
        transactions=tuple(receipt.tx_hash for receipt in progress.receipts),
        block_number=progress.receipts[-1].block_number if progress.receipts else None,
        timelock=operation.timelock,
        operation=_hex(operation.id),
        delay_s=progress.delay_s,
        ready_at=progress.ready_at,
        schedule_data="" if progress.ready_at or is_done else _hex(operation.schedule_data(delay_s=progress.delay_s)),
        execute_data="" if is_done else _hex(operation.execute_data()),
    )


def _remains(progress: Progress) -> tuple[str, ...]:
    timelock, before = progress.operation.timelock, progress.operation.predecessor
    executing = f"the same command again, or an executor sends execute_data to the timelock {timelock}"
    if before != NOTHING:
        executing += f"; once {_hex(before)} is carried out"
    match progress.step, progress.ready_at:
        case Step.SCHEDULE, _:
            proposing = f"a proposer sends schedule_data to the timelock {timelock}"
            return proposing, f"{progress.delay_s} s later: {executing}"
        case ((Step.WAIT | Step.EXECUTE), datetime() as ready_at):
            return (f"from {ready_at:%Y-%m-%d %H:%M:%S} UTC: {executing}",)
    return ()


def _hex(raw: bytes) -> str:
    return "0x" + raw.hex()
