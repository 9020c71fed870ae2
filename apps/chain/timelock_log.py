"""What a timelock's events tell: what waits in it, and who has its roles. Each is then asked of the chain's state.

Events are read from the newest back to those of its creation. Endpoints limit how many blocks one question may span, so
the span grows while they answer and shrinks when they refuse.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from apps.chain.abi import Log
from apps.chain.bindings import timelock_controller
from apps.chain.bindings.timelock_controller import CallSalt, CallScheduled, RoleGranted
from apps.chain.errors import HistoryPruned, RpcRefused, RpcUnavailable
from apps.chain.operations import DONE, NOTHING, Role, scheduled_for

if TYPE_CHECKING:
    from apps.chain.web3_gateway import Web3Gateway

SPAN, LEAST_SPAN = 10_000, 500
MAX_QUESTIONS = 60
TOPICS = (CallScheduled.TOPIC, CallSalt.TOPIC, RoleGranted.TOPIC)
OWNER = bytes(32)  # OpenZeppelin's DEFAULT_ADMIN_ROLE: who gives and takes the other roles


@dataclass(frozen=True, slots=True)
class PendingOperation:
    """An operation that was scheduled and neither carried out nor cancelled. calls: target and data, in order."""

    id: bytes
    calls: tuple[tuple[str, bytes], ...]
    salt: bytes
    predecessor: bytes
    ready_at: datetime


@dataclass(frozen=True, slots=True)
class TimelockLog:
    """What was found. is_complete: the events go back to the timelock's creation; else only to ``first_block``.

    holders: role to addresses; ``owners``: who gives and takes roles, the timelock alone if all is well.
    """

    pending: tuple[PendingOperation, ...]
    holders: Mapping[Role, tuple[str, ...]]
    owners: tuple[str, ...]
    first_block: int
    is_complete: bool


def timelock_log(gateway: Web3Gateway, timelock: str) -> TimelockLog:
    """Return what waits in a timelock and who has its roles. Raises RpcUnavailable or RpcRefused."""
    logs, first_block, is_complete = _events(gateway, timelock)
    granted = [RoleGranted.of(log) for log in logs if log.topics[0] == RoleGranted.TOPIC]
    return TimelockLog(
        pending=_pending(gateway, timelock, logs),
        holders={role: _holders(gateway, timelock, granted, role.identifier) for role in Role},
        owners=_holders(gateway, timelock, granted, OWNER),
        first_block=first_block,
        is_complete=is_complete,
    )


def _events(gateway: Web3Gateway, timelock: str) -> tuple[list[Log], int, bool]:
    found: list[Log] = []
    first_block = gateway.head().number + 1
    span, longest = SPAN, 0
    for _ in range(MAX_QUESTIONS):
        last = first_block - 1
        first = max(0, last - span + 1)
        try:
            logs = gateway.logs(timelock, TOPICS, first=first, last=last)
        except HistoryPruned:
            return found, first_block, False
        except (RpcRefused, RpcUnavailable):
            asked = last - first + 1
            if asked <= LEAST_SPAN:
                raise
            span = longest = max(LEAST_SPAN, asked // 4)
            continue
        found, first_block = logs + found, first
        if first == 0 or _is_creation(logs, timelock):
            return found, first_block, _is_creation(logs, timelock)
        span = min(2 * span, longest or 2 * span)
    return found, first_block, False


def _is_creation(logs: Iterable[Log], timelock: str) -> bool:
    """Return whether the constructor's events are among these: only it can make a timelock its own owner."""
    granted = (RoleGranted.of(log) for log in logs if log.topics[0] == RoleGranted.TOPIC)
    return any(event.role == OWNER and event.account == timelock for event in granted)


def _pending(gateway: Web3Gateway, timelock: str, logs: Sequence[Log]) -> tuple[PendingOperation, ...]:
    salts = {event.id: event.salt for event in map(CallSalt.of, _with(logs, CallSalt.TOPIC))}
    scheduled: dict[bytes, dict[int, CallScheduled]] = {}
    for event in map(CallScheduled.of, _with(logs, CallScheduled.TOPIC)):
        scheduled.setdefault(event.id, {})[event.index] = event
    ready = {identifier: scheduled_for(gateway, timelock, identifier) for identifier in scheduled}
    return tuple(
        PendingOperation(
            id=identifier,
            calls=tuple((calls[index].target, calls[index].data) for index in sorted(calls)),
            salt=salts.get(identifier, NOTHING),
            predecessor=next(iter(calls.values())).predecessor,
            ready_at=datetime.fromtimestamp(ready[identifier], UTC),
        )
        for identifier, calls in scheduled.items()
        if ready[identifier] > DONE
    )


def _holders(gateway: Web3Gateway, timelock: str, granted: Sequence[RoleGranted], role: bytes) -> tuple[str, ...]:
    ever = dict.fromkeys(event.account for event in granted if event.role == role)
    return tuple(one for one in ever if gateway.answer(timelock, timelock_controller.has_role(role, one)))


def _with(logs: Sequence[Log], topic: bytes) -> list[Log]:
    return [log for log in logs if log.topics[0] == topic]
