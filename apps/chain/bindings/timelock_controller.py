"""TimelockController, typed. Written by contracts/bin/build from its ABI; do not edit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

from apps.chain.abi import Call, Log, checksummed, decoded_log, encoded
from apps.chain.artifacts import artifact


def creation_code(min_delay: int, proposers: Sequence[str], executors: Sequence[str], admin: str) -> bytes:
    """Return what deploys a TimelockController: the artifact's code and the constructor's arguments."""
    return bytes.fromhex(artifact("TimelockController").bytecode[2:]) + encoded("", ("uint256", "address[]", "address[]", "address"), (min_delay, tuple(proposers), tuple(executors), admin))


def canceller_role() -> Call[bytes]:
    """CANCELLER_ROLE(), view."""
    data = encoded("b08e51c0", (), ())
    return Call(data, ("bytes32",), lambda out: out[0])


def default_admin_role() -> Call[bytes]:
    """DEFAULT_ADMIN_ROLE(), view."""
    data = encoded("a217fddf", (), ())
    return Call(data, ("bytes32",), lambda out: out[0])


def executor_role() -> Call[bytes]:
    """EXECUTOR_ROLE(), view."""
    data = encoded("07bd0265", (), ())
    return Call(data, ("bytes32",), lambda out: out[0])


def proposer_role() -> Call[bytes]:
    """PROPOSER_ROLE(), view."""
    data = encoded("8f61f4f5", (), ())
    return Call(data, ("bytes32",), lambda out: out[0])


def cancel(id: bytes) -> Call[None]:
    """cancel(bytes32), nonpayable."""
    data = encoded("c4d252f5", ("bytes32",), (id,))
    return Call(data, (), lambda out: None)


def execute(target: str, value: int, payload: bytes, predecessor: bytes, salt: bytes) -> Call[None]:
    """execute(address,uint256,bytes,bytes32,bytes32), payable."""
    data = encoded("134008d3", ("address", "uint256", "bytes", "bytes32", "bytes32"), (target, value, payload, predecessor, salt))
    return Call(data, (), lambda out: None)


def execute_batch(targets: Sequence[str], values: Sequence[int], payloads: Sequence[bytes], predecessor: bytes, salt: bytes) -> Call[None]:
    """executeBatch(address[],uint256[],bytes[],bytes32,bytes32), payable."""
    data = encoded("e38335e5", ("address[]", "uint256[]", "bytes[]", "bytes32", "bytes32"), (tuple(targets), tuple(values), tuple(payloads), predecessor, salt))
    return Call(data, (), lambda out: None)


def get_min_delay() -> Call[int]:
    """getMinDelay(), view."""
    data = encoded("f27a0c92", (), ())
    return Call(data, ("uint256",), lambda out: out[0])


def get_operation_state(id: bytes) -> Call[int]:
    """getOperationState(bytes32), view."""
    data = encoded("7958004c", ("bytes32",), (id,))
    return Call(data, ("uint8",), lambda out: out[0])


def get_role_admin(role: bytes) -> Call[bytes]:
    """getRoleAdmin(bytes32), view."""
    data = encoded("248a9ca3", ("bytes32",), (role,))
    return Call(data, ("bytes32",), lambda out: out[0])


def get_timestamp(id: bytes) -> Call[int]:
    """getTimestamp(bytes32), view."""
    data = encoded("d45c4435", ("bytes32",), (id,))
    return Call(data, ("uint256",), lambda out: out[0])


def grant_role(role: bytes, account: str) -> Call[None]:
    """grantRole(bytes32,address), nonpayable."""
    data = encoded("2f2ff15d", ("bytes32", "address"), (role, account))
    return Call(data, (), lambda out: None)


def has_role(role: bytes, account: str) -> Call[bool]:
    """hasRole(bytes32,address), view."""
    data = encoded("91d14854", ("bytes32", "address"), (role, account))
    return Call(data, ("bool",), lambda out: out[0])


def hash_operation(target: str, value: int, data: bytes, predecessor: bytes, salt: bytes) -> Call[bytes]:
    """hashOperation(address,uint256,bytes,bytes32,bytes32), pure."""
    data = encoded("8065657f", ("address", "uint256", "bytes", "bytes32", "bytes32"), (target, value, data, predecessor, salt))
    return Call(data, ("bytes32",), lambda out: out[0])


def hash_operation_batch(targets: Sequence[str], values: Sequence[int], payloads: Sequence[bytes], predecessor: bytes, salt: bytes) -> Call[bytes]:
    """hashOperationBatch(address[],uint256[],bytes[],bytes32,bytes32), pure."""
    data = encoded("b1c5f427", ("address[]", "uint256[]", "bytes[]", "bytes32", "bytes32"), (tuple(targets), tuple(values), tuple(payloads), predecessor, salt))
    return Call(data, ("bytes32",), lambda out: out[0])


def is_operation(id: bytes) -> Call[bool]:
    """isOperation(bytes32), view."""
    data = encoded("31d50750", ("bytes32",), (id,))
    return Call(data, ("bool",), lambda out: out[0])


def is_operation_done(id: bytes) -> Call[bool]:
    """isOperationDone(bytes32), view."""
    data = encoded("2ab0f529", ("bytes32",), (id,))
    return Call(data, ("bool",), lambda out: out[0])


def is_operation_pending(id: bytes) -> Call[bool]:
    """isOperationPending(bytes32), view."""
    data = encoded("584b153e", ("bytes32",), (id,))
    return Call(data, ("bool",), lambda out: out[0])


def is_operation_ready(id: bytes) -> Call[bool]:
    """isOperationReady(bytes32), view."""
    data = encoded("13bc9f20", ("bytes32",), (id,))
    return Call(data, ("bool",), lambda out: out[0])


def on_erc1155_batch_received(value_0: str, value_1: str, value_2: Sequence[int], value_3: Sequence[int], value_4: bytes) -> Call[bytes]:
    """onERC1155BatchReceived(address,address,uint256[],uint256[],bytes), nonpayable."""
    data = encoded("bc197c81", ("address", "address", "uint256[]", "uint256[]", "bytes"), (value_0, value_1, tuple(value_2), tuple(value_3), value_4))
    return Call(data, ("bytes4",), lambda out: out[0])


def on_erc1155_received(value_0: str, value_1: str, value_2: int, value_3: int, value_4: bytes) -> Call[bytes]:
    """onERC1155Received(address,address,uint256,uint256,bytes), nonpayable."""
    data = encoded("f23a6e61", ("address", "address", "uint256", "uint256", "bytes"), (value_0, value_1, value_2, value_3, value_4))
    return Call(data, ("bytes4",), lambda out: out[0])


def on_erc721_received(value_0: str, value_1: str, value_2: int, value_3: bytes) -> Call[bytes]:
    """onERC721Received(address,address,uint256,bytes), nonpayable."""
    data = encoded("150b7a02", ("address", "address", "uint256", "bytes"), (value_0, value_1, value_2, value_3))
    return Call(data, ("bytes4",), lambda out: out[0])


def renounce_role(role: bytes, caller_confirmation: str) -> Call[None]:
    """renounceRole(bytes32,address), nonpayable."""
    data = encoded("36568abe", ("bytes32", "address"), (role, caller_confirmation))
    return Call(data, (), lambda out: None)


def revoke_role(role: bytes, account: str) -> Call[None]:
    """revokeRole(bytes32,address), nonpayable."""
    data = encoded("d547741f", ("bytes32", "address"), (role, account))
    return Call(data, (), lambda out: None)


def schedule(target: str, value: int, data: bytes, predecessor: bytes, salt: bytes, delay: int) -> Call[None]:
    """schedule(address,uint256,bytes,bytes32,bytes32,uint256), nonpayable."""
    data = encoded("01d5062a", ("address", "uint256", "bytes", "bytes32", "bytes32", "uint256"), (target, value, data, predecessor, salt, delay))
    return Call(data, (), lambda out: None)


def schedule_batch(targets: Sequence[str], values: Sequence[int], payloads: Sequence[bytes], predecessor: bytes, salt: bytes, delay: int) -> Call[None]:
    """scheduleBatch(address[],uint256[],bytes[],bytes32,bytes32,uint256), nonpayable."""
    data = encoded("8f2a0bb0", ("address[]", "uint256[]", "bytes[]", "bytes32", "bytes32", "uint256"), (tuple(targets), tuple(values), tuple(payloads), predecessor, salt, delay))
    return Call(data, (), lambda out: None)


def supports_interface(interface_id: bytes) -> Call[bool]:
    """supportsInterface(bytes4), view."""
    data = encoded("01ffc9a7", ("bytes4",), (interface_id,))
    return Call(data, ("bool",), lambda out: out[0])


def update_delay(new_delay: int) -> Call[None]:
    """updateDelay(uint256), nonpayable."""
    data = encoded("64d62353", ("uint256",), (new_delay,))
    return Call(data, (), lambda out: None)


@dataclass(frozen=True, slots=True)
class CallExecuted:
    """The event CallExecuted(bytes32,uint256,address,uint256,bytes)."""

    TOPIC: ClassVar[bytes] = bytes.fromhex("c2617efa69bab66782fa219543714338489c4e9e178271560a91b82c3f612b58")
    id: bytes
    index: int
    target: str
    value: int
    data: bytes

    @classmethod
    def of(cls, log: Log) -> Self:
        """Return the event of a log. Raises AbiMismatch for the log of another event."""
        topics, rest = decoded_log(log, cls.TOPIC, indexed=("bytes32", "uint256"), plain=("address", "uint256", "bytes"))
        return cls(topics[0], topics[1], checksummed(rest[0]), rest[1], rest[2])


@dataclass(frozen=True, slots=True)
class CallSalt:
    """The event CallSalt(bytes32,bytes32)."""

    TOPIC: ClassVar[bytes] = bytes.fromhex("20fda5fd27a1ea7bf5b9567f143ac5470bb059374a27e8f67cb44f946f6d0387")
    id: bytes
    salt: bytes

    @classmethod
    def of(cls, log: Log) -> Self:
        """Return the event of a log. Raises AbiMismatch for the log of another event."""
        topics, rest = decoded_log(log, cls.TOPIC, indexed=("bytes32",), plain=("bytes32",))
        return cls(topics[0], rest[0])


@dataclass(frozen=True, slots=True)
class CallScheduled:
    """The event CallScheduled(bytes32,uint256,address,uint256,bytes,bytes32,uint256)."""

    TOPIC: ClassVar[bytes] = bytes.fromhex("4cf4410cc57040e44862ef0f45f3dd5a5e02db8eb8add648d4b0e236f1d07dca")
    id: bytes
    index: int
    target: str
    value: int
    data: bytes
    predecessor: bytes
    delay: int

    @classmethod
    def of(cls, log: Log) -> Self:
        """Return the event of a log. Raises AbiMismatch for the log of another event."""
        topics, rest = decoded_log(log, cls.TOPIC, indexed=("bytes32", "uint256"), plain=("address", "uint256", "bytes", "bytes32", "uint256"))
        return cls(topics[0], topics[1], checksummed(rest[0]), rest[1], rest[2], rest[3], rest[4])


@dataclass(frozen=True, slots=True)
class Cancelled:
    """The event Cancelled(bytes32)."""

    TOPIC: ClassVar[bytes] = bytes.fromhex("baa1eb22f2a492ba1a5fea61b8df4d27c6c8b5f3971e63bb58fa14ff72eedb70")
    id: bytes

    @classmethod
    def of(cls, log: Log) -> Self:
        """Return the event of a log. Raises AbiMismatch for the log of another event."""
        topics, rest = decoded_log(log, cls.TOPIC, indexed=("bytes32",), plain=())
        return cls(topics[0])


@dataclass(frozen=True, slots=True)
class MinDelayChange:
    """The event MinDelayChange(uint256,uint256)."""

    TOPIC: ClassVar[bytes] = bytes.fromhex("11c24f4ead16507c69ac467fbd5e4eed5fb5c699626d2cc6d66421df253886d5")
    old_duration: int
    new_duration: int

    @classmethod
    def of(cls, log: Log) -> Self:
        """Return the event of a log. Raises AbiMismatch for the log of another event."""
        topics, rest = decoded_log(log, cls.TOPIC, indexed=(), plain=("uint256", "uint256"))
        return cls(rest[0], rest[1])


@dataclass(frozen=True, slots=True)
class RoleAdminChanged:
    """The event RoleAdminChanged(bytes32,bytes32,bytes32)."""

    TOPIC: ClassVar[bytes] = bytes.fromhex("bd79b86ffe0ab8e8776151514217cd7cacd52c909f66475c3af44e129f0b00ff")
    role: bytes
    previous_admin_role: bytes
    new_admin_role: bytes

    @classmethod
    def of(cls, log: Log) -> Self:
        """Return the event of a log. Raises AbiMismatch for the log of another event."""
        topics, rest = decoded_log(log, cls.TOPIC, indexed=("bytes32", "bytes32", "bytes32"), plain=())
        return cls(topics[0], topics[1], topics[2])


@dataclass(frozen=True, slots=True)
class RoleGranted:
    """The event RoleGranted(bytes32,address,address)."""

    TOPIC: ClassVar[bytes] = bytes.fromhex("2f8788117e7eff1d82e926ec794901d17c78024a50270940304540a733656f0d")
    role: bytes
    account: str
    sender: str

    @classmethod
    def of(cls, log: Log) -> Self:
        """Return the event of a log. Raises AbiMismatch for the log of another event."""
        topics, rest = decoded_log(log, cls.TOPIC, indexed=("bytes32", "address", "address"), plain=())
        return cls(topics[0], checksummed(topics[1]), checksummed(topics[2]))


@dataclass(frozen=True, slots=True)
class RoleRevoked:
    """The event RoleRevoked(bytes32,address,address)."""

    TOPIC: ClassVar[bytes] = bytes.fromhex("f6391f5c32d9c69d2a47ea670b442974b53935d1edc7fd64eb21e047a839171b")
    role: bytes
    account: str
    sender: str

    @classmethod
    def of(cls, log: Log) -> Self:
        """Return the event of a log. Raises AbiMismatch for the log of another event."""
        topics, rest = decoded_log(log, cls.TOPIC, indexed=("bytes32", "address", "address"), plain=())
        return cls(topics[0], checksummed(topics[1]), checksummed(topics[2]))


ERRORS: dict[bytes, tuple[str, tuple[str, ...]]] = {
    bytes.fromhex("6697b232"): ("AccessControlBadConfirmation", ()),
    bytes.fromhex("e2517d3f"): ("AccessControlUnauthorizedAccount", ("address", "bytes32")),
    bytes.fromhex("d6bda275"): ("FailedCall", ()),
    bytes.fromhex("54336609"): ("TimelockInsufficientDelay", ("uint256", "uint256")),
    bytes.fromhex("ffb03211"): ("TimelockInvalidOperationLength", ("uint256", "uint256", "uint256")),
    bytes.fromhex("e2850c59"): ("TimelockUnauthorizedCaller", ("address",)),
    bytes.fromhex("90a9a618"): ("TimelockUnexecutedPredecessor", ("bytes32",)),
    bytes.fromhex("5ead8eb5"): ("TimelockUnexpectedOperationState", ("bytes32", "bytes32")),
}
