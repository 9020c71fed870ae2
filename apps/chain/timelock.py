"""Hands the admin's office of a PriceOracle to a TimelockController, step by step.

The way: the timelock is deployed; the admin offers it the office (``transferAdmin``); a proposer schedules its
``acceptAdmin``; once that has waited for the delay, an executor has it carried out. Each step is looked up on the chain
before it is taken, so a way that was broken off is gone on with by asking again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from apps.chain.bindings import price_oracle, timelock_controller
from apps.chain.contract_setup import CREATE2_FACTORY, CREATE2_SALT, NOBODY
from apps.chain.deploy import Deployer
from apps.chain.errors import ChainError
from apps.chain.operations import Progress, Step, advance, open_operation


class HandoverRefused(ChainError):
    """The office is not the deploying key's to hand over."""

    code = "handover_refused"
    transient = False


class Stage(StrEnum):
    """How far the office is on its way."""

    OFFERED = "offered"
    SCHEDULED = "scheduled"
    ACCEPTED = "accepted"


@dataclass(frozen=True, slots=True)
class TimelockSetup:
    """A timelock's rules. delay_s: what a proposal waits. executors: who may carry it out then; none for anyone."""

    delay_s: int
    proposers: Sequence[str]
    executors: Sequence[str] = ()

    def creation_code(self) -> bytes:
        """Return what deploys the timelock. Nobody is above it: it alone changes its own roles and delay."""
        executors = _ascending(self.executors or [NOBODY])
        return timelock_controller.creation_code(self.delay_s, _ascending(self.proposers), executors, NOBODY)


@dataclass(frozen=True, slots=True)
class Handover:
    """Where the office stands. ``remains``: what somebody has still to do, in order; empty once it is accepted.

    ready_at: from when the acceptance may be executed, None while it is not scheduled or done.
    schedule_data, execute_data: calls of the timelock, for wallets that the oracle does not know.
    """

    timelock: str
    stage: Stage
    remains: tuple[str, ...]
    ready_at: datetime | None = None
    schedule_data: str = ""
    execute_data: str = ""


def hand_over(deployer: Deployer, contract: str, setup: TimelockSetup, *, standing: str = "") -> Handover:
    """Take every step that the deployer's key may take now, and return where the office stands.

    The timelock is deployed by CREATE2, where contracts/script/Deploy.s.sol would put it, and found there again.
    standing: the timelock of an earlier call, to be found on a chain that has no CREATE2 factory.
    The deployer becomes configurator and pauser if nobody is, so that neither adding feeds nor pausing waits for the
    timelock.

    Raises HandoverRefused when another key is admin, and whatever ``Deployer.deploy`` raises.
    """
    gateway = deployer.gateway
    if standing and not gateway.has_code(CREATE2_FACTORY):
        timelock = standing
    else:
        timelock = deployer.deploy_code(setup.creation_code(), salt=CREATE2_SALT).address
    if gateway.answer(contract, price_oracle.admin()) == timelock:
        return Handover(timelock, Stage.ACCEPTED, ())
    _offer(deployer, contract, timelock)
    accept = open_operation(gateway, timelock=timelock, target=contract, data=price_oracle.accept_admin().data)
    return _handover_at(advance(accept, gateway=gateway, deployer=deployer))


def _offer(deployer: Deployer, contract: str, timelock: str) -> None:
    gateway, own = deployer.gateway, deployer.admin.address
    if gateway.answer(contract, price_oracle.pending_admin()) == timelock:
        return
    admin = gateway.answer(contract, price_oracle.admin())
    if admin != own:
        raise HandoverRefused(f"the admin of {contract} is {admin}, the deploying key is {own}")
    if gateway.answer(contract, price_oracle.configurator()) == NOBODY:
        deployer.send(contract, price_oracle.set_configurator(own).data)
    if gateway.answer(contract, price_oracle.pauser()) == NOBODY:
        deployer.send(contract, price_oracle.set_pauser(own).data)
    deployer.send(contract, price_oracle.transfer_admin(timelock).data)


def _handover_at(progress: Progress) -> Handover:
    operation, timelock, ready_at = progress.operation, progress.operation.timelock, progress.ready_at
    if progress.step is Step.NOTHING:
        return Handover(timelock, Stage.ACCEPTED, ())
    schedule, execute = operation.schedule_data(delay_s=progress.delay_s), operation.execute_data()
    calls = ("0x" + schedule.hex(), "0x" + execute.hex())
    if ready_at is None:
        steps = (
            f"a proposer sends schedule_data to the timelock {timelock}",
            "after the delay: deploy_contract with the same options, or an executor sends execute_data to it",
        )
        return Handover(timelock, Stage.OFFERED, steps, None, *calls)
    step = (
        f"from {ready_at:%Y-%m-%d %H:%M:%S} UTC: deploy_contract with the same options, or execute_data to the timelock"
    )
    return Handover(timelock, Stage.SCHEDULED, (step,), ready_at, *calls)


def _ascending(addresses: Sequence[str]) -> tuple[str, ...]:
    return tuple(sorted(addresses, key=lambda address: int(address, 16)))
