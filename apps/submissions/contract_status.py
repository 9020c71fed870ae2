"""What an operator sees of a contract: who holds its offices, who signs, what is paused, what waits in a timelock."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError
from eth_hash.auto import keccak
from eth_utils.address import is_address, to_checksum_address

from apps.chain.artifacts import artifact
from apps.chain.bindings import timelock_controller
from apps.chain.contract_setup import NOBODY
from apps.chain.operations import Role, has_role, is_timelock
from apps.chain.report import pair_of
from apps.chain.signers import members_among
from apps.chain.timelock_log import PendingOperation, timelock_log
from apps.submissions.admin_calls import offices_of
from apps.submissions.governing import Governor

ANYONE = "anyone"


def contract_status(governor: Governor, *, signers: Sequence[str]) -> dict[str, Any]:
    """Return the state as JSON; an empty office is null. signers: addresses of the workers' own keys.

    Raises ContractMissing, RpcUnavailable or RpcRefused.
    """
    gateway, contract = governor.gateway, governor.contract
    offices, signer_set = offices_of(gateway, contract), gateway.signer_set(contract)
    feeds = sorted(gateway.placements(contract))
    holders = dict.fromkeys(one for one in (offices.admin, offices.pending_admin) if one != NOBODY)
    return {
        "admin": offices.admin,
        "pending_admin": _holder(offices.pending_admin),
        "configurator": _holder(offices.configurator),
        "pauser": _holder(offices.pauser),
        "own_key": governor.own or None,
        "signers": {
            "addresses": list(signer_set.signers),
            "threshold": signer_set.threshold,
            "version": signer_set.version,
            "of_the_workers": members_among(signers, signer_set.signers),
        },
        "paused": gateway.is_paused(contract),
        "paused_feeds": sorted(gateway.paused_feeds(contract, feeds)),
        "timelocks": [_timelock(one, governor) for one in holders if is_timelock(gateway, one)],
    }


def _timelock(timelock: str, governor: Governor) -> dict[str, Any]:
    gateway, log = governor.gateway, timelock_log(governor.gateway, timelock)
    anyone = has_role(gateway, timelock, Role.EXECUTOR, holder=NOBODY)
    return {
        "address": timelock,
        "delay_s": gateway.answer(timelock, timelock_controller.get_min_delay()),
        "proposers": list(log.holders[Role.PROPOSER]),
        "executors": ANYONE if anyone else list(log.holders[Role.EXECUTOR]),
        "cancellers": list(log.holders[Role.CANCELLER]),
        "owners": list(log.owners),
        "own_key_may": [
            verb
            for verb, role in (("propose", Role.PROPOSER), ("execute", Role.EXECUTOR), ("cancel", Role.CANCELLER))
            if governor.own and has_role(gateway, timelock, role, holder=governor.own)
        ],
        "pending": [_pending(one, governor.contract) for one in log.pending],
        "events_from_block": log.first_block,
        "events_complete": log.is_complete,
    }


def _pending(operation: PendingOperation, contract: str) -> dict[str, Any]:
    return {
        "operation": "0x" + operation.id.hex(),
        "calls": [told_call(target, data, contract=contract) for target, data in operation.calls],
        "ready_at": operation.ready_at.isoformat(),
        "after": "0x" + operation.predecessor.hex() if any(operation.predecessor) else None,
        "salt": "0x" + operation.salt.hex(),
    }


def told_call(target: str, data: bytes, *, contract: str) -> dict[str, Any]:
    """Return a call in words where it is one of the oracle's or the timelock's own functions, else as it is."""
    abi = artifact("PriceOracle" if target == contract else "TimelockController").abi
    for entry in (one for one in abi if one["type"] == "function"):
        types = [_type(one) for one in entry["inputs"]]
        if keccak(f"{entry['name']}({','.join(types)})".encode())[:4] != data[:4]:
            continue
        try:
            arguments = [_shown(value) for value in decode(types, data[4:])]
        except DecodingError:
            break
        return {"to": target, "function": entry["name"], "arguments": arguments}
    return {"to": target, "data": "0x" + data.hex()}


def _type(entry: dict[str, Any]) -> str:
    """Return a parameter's type as signatures spell it: a struct is the tuple of its fields."""
    if not entry["type"].startswith("tuple"):
        return str(entry["type"])
    return f"({','.join(_type(one) for one in entry['components'])}){entry['type'].removeprefix('tuple')}"


def _shown(value: Any) -> Any:
    """Return an argument as JSON: an address with its checksum, a feed id as its pair, other bytes in hex."""
    if isinstance(value, bytes):
        return _shown_bytes(value)
    if is_address(value):
        return to_checksum_address(value)
    if isinstance(value, tuple | list):
        return [_shown(one) for one in value]
    return value


def _shown_bytes(value: bytes) -> str:
    pair = pair_of(value) if len(value) == 32 else ""
    return pair if "/" in pair else "0x" + value.hex()


def _holder(address: str) -> str | None:
    return None if address == NOBODY else address
