"""MovableFeedProxy, typed. Written by contracts/bin/build from its ABI; do not edit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

from apps.chain.abi import Call, Log, checksummed, decoded_log, encoded
from apps.chain.artifacts import artifact


def creation_code(owner: str, first: str) -> bytes:
    """Return what deploys a MovableFeedProxy: the artifact's code and the constructor's arguments."""
    return bytes.fromhex(artifact("MovableFeedProxy").bytecode[2:]) + encoded("", ("address", "address"), (owner, first))


def accept_ownership() -> Call[None]:
    """acceptOwnership(), nonpayable."""
    data = encoded("79ba5097", (), ())
    return Call(data, (), lambda out: None)


def aggregator() -> Call[str]:
    """aggregator(), view."""
    data = encoded("245a7bfc", (), ())
    return Call(data, ("address",), lambda out: checksummed(out[0]))


def confirm_aggregator(next: str) -> Call[None]:
    """confirmAggregator(address), nonpayable."""
    data = encoded("a928c096", ("address",), (next,))
    return Call(data, (), lambda out: None)


def decimals() -> Call[int]:
    """decimals(), view."""
    data = encoded("313ce567", (), ())
    return Call(data, ("uint8",), lambda out: out[0])


def description() -> Call[str]:
    """description(), view."""
    data = encoded("7284e416", (), ())
    return Call(data, ("string",), lambda out: out[0])


def get_answer(round_id: int) -> Call[int]:
    """getAnswer(uint256), view."""
    data = encoded("b5ab58dc", ("uint256",), (round_id,))
    return Call(data, ("int256",), lambda out: out[0])


def get_round_data(round_id: int) -> Call[tuple[int, int, int, int, int]]:
    """getRoundData(uint80), view."""
    data = encoded("9a6fc8f5", ("uint80",), (round_id,))
    return Call(data, ("uint80", "int256", "uint256", "uint256", "uint80"), lambda out: (out[0], out[1], out[2], out[3], out[4]))


def get_timestamp(round_id: int) -> Call[int]:
    """getTimestamp(uint256), view."""
    data = encoded("b633620c", ("uint256",), (round_id,))
    return Call(data, ("uint256",), lambda out: out[0])


def latest_answer() -> Call[int]:
    """latestAnswer(), view."""
    data = encoded("50d25bcd", (), ())
    return Call(data, ("int256",), lambda out: out[0])


def latest_round() -> Call[int]:
    """latestRound(), view."""
    data = encoded("668a0f02", (), ())
    return Call(data, ("uint256",), lambda out: out[0])


def latest_round_data() -> Call[tuple[int, int, int, int, int]]:
    """latestRoundData(), view."""
    data = encoded("feaf968c", (), ())
    return Call(data, ("uint80", "int256", "uint256", "uint256", "uint80"), lambda out: (out[0], out[1], out[2], out[3], out[4]))


def latest_timestamp() -> Call[int]:
    """latestTimestamp(), view."""
    data = encoded("8205bf6a", (), ())
    return Call(data, ("uint256",), lambda out: out[0])


def owner() -> Call[str]:
    """owner(), view."""
    data = encoded("8da5cb5b", (), ())
    return Call(data, ("address",), lambda out: checksummed(out[0]))


def pending_owner() -> Call[str]:
    """pendingOwner(), view."""
    data = encoded("e30c3978", (), ())
    return Call(data, ("address",), lambda out: checksummed(out[0]))


def phase_aggregators(id: int) -> Call[str]:
    """phaseAggregators(uint16), view."""
    data = encoded("c1597304", ("uint16",), (id,))
    return Call(data, ("address",), lambda out: checksummed(out[0]))


def phase_id() -> Call[int]:
    """phaseId(), view."""
    data = encoded("58303b10", (), ())
    return Call(data, ("uint16",), lambda out: out[0])


def propose_aggregator(next: str) -> Call[None]:
    """proposeAggregator(address), nonpayable."""
    data = encoded("f8a2abd3", ("address",), (next,))
    return Call(data, (), lambda out: None)


def proposed_aggregator() -> Call[str]:
    """proposedAggregator(), view."""
    data = encoded("e8c4be30", (), ())
    return Call(data, ("address",), lambda out: checksummed(out[0]))


def renounce_ownership() -> Call[None]:
    """renounceOwnership(), nonpayable."""
    data = encoded("715018a6", (), ())
    return Call(data, (), lambda out: None)


def transfer_ownership(new_owner: str) -> Call[None]:
    """transferOwnership(address), nonpayable."""
    data = encoded("f2fde38b", ("address",), (new_owner,))
    return Call(data, (), lambda out: None)


def version() -> Call[int]:
    """version(), view."""
    data = encoded("54fd4d50", (), ())
    return Call(data, ("uint256",), lambda out: out[0])


@dataclass(frozen=True, slots=True)
class AggregatorConfirmed:
    """The event AggregatorConfirmed(address,address,uint16)."""

    TOPIC: ClassVar[bytes] = bytes.fromhex("9059c5baba6c0b7b10f4e50a8f483ea9d8f86040bd66fd4423a60d393883d2c3")
    previous: str
    latest: str
    phase_id: int

    @classmethod
    def of(cls, log: Log) -> Self:
        """Return the event of a log. Raises AbiMismatch for the log of another event."""
        topics, rest = decoded_log(log, cls.TOPIC, indexed=("address", "address", "uint16"), plain=())
        return cls(checksummed(topics[0]), checksummed(topics[1]), topics[2])


@dataclass(frozen=True, slots=True)
class AggregatorProposed:
    """The event AggregatorProposed(address,address)."""

    TOPIC: ClassVar[bytes] = bytes.fromhex("c0f151710f03d713b71d9970cee0d5b11ddc9a7552abaa3f6ee818010f21600d")
    current: str
    proposed: str

    @classmethod
    def of(cls, log: Log) -> Self:
        """Return the event of a log. Raises AbiMismatch for the log of another event."""
        topics, rest = decoded_log(log, cls.TOPIC, indexed=("address", "address"), plain=())
        return cls(checksummed(topics[0]), checksummed(topics[1]))


@dataclass(frozen=True, slots=True)
class AnswerUpdated:
    """The event AnswerUpdated(int256,uint256,uint256)."""

    TOPIC: ClassVar[bytes] = bytes.fromhex("0559884fd3a460db3073b7fc896cc77986f16e378210ded43186175bf646fc5f")
    current: int
    round_id: int
    updated_at: int

    @classmethod
    def of(cls, log: Log) -> Self:
        """Return the event of a log. Raises AbiMismatch for the log of another event."""
        topics, rest = decoded_log(log, cls.TOPIC, indexed=("int256", "uint256"), plain=("uint256",))
        return cls(topics[0], topics[1], rest[0])


@dataclass(frozen=True, slots=True)
class NewRound:
    """The event NewRound(uint256,address,uint256)."""

    TOPIC: ClassVar[bytes] = bytes.fromhex("0109fc6f55cf40689f02fbaad7af7fe7bbac8a3d2186600afc7d3e10cac60271")
    round_id: int
    started_by: str
    started_at: int

    @classmethod
    def of(cls, log: Log) -> Self:
        """Return the event of a log. Raises AbiMismatch for the log of another event."""
        topics, rest = decoded_log(log, cls.TOPIC, indexed=("uint256", "address"), plain=("uint256",))
        return cls(topics[0], checksummed(topics[1]), rest[0])


@dataclass(frozen=True, slots=True)
class OwnershipTransferStarted:
    """The event OwnershipTransferStarted(address,address)."""

    TOPIC: ClassVar[bytes] = bytes.fromhex("38d16b8cac22d99fc7c124b9cd0de2d3fa1faef420bfe791d8c362d765e22700")
    previous_owner: str
    new_owner: str

    @classmethod
    def of(cls, log: Log) -> Self:
        """Return the event of a log. Raises AbiMismatch for the log of another event."""
        topics, rest = decoded_log(log, cls.TOPIC, indexed=("address", "address"), plain=())
        return cls(checksummed(topics[0]), checksummed(topics[1]))


@dataclass(frozen=True, slots=True)
class OwnershipTransferred:
    """The event OwnershipTransferred(address,address)."""

    TOPIC: ClassVar[bytes] = bytes.fromhex("8be0079c531659141344cd1fd0a4f28419497f9722a3daafe3b4186f6b6457e0")
    previous_owner: str
    new_owner: str

    @classmethod
    def of(cls, log: Log) -> Self:
        """Return the event of a log. Raises AbiMismatch for the log of another event."""
        topics, rest = decoded_log(log, cls.TOPIC, indexed=("address", "address"), plain=())
        return cls(checksummed(topics[0]), checksummed(topics[1]))


ERRORS: dict[bytes, tuple[str, tuple[str, ...]]] = {
    bytes.fromhex("8678e368"): ("NotProposed", ("address", "address")),
    bytes.fromhex("2a92eb14"): ("OtherDecimals", ("uint8", "uint8")),
    bytes.fromhex("1e4fbdf7"): ("OwnableInvalidOwner", ("address",)),
    bytes.fromhex("118cdaa7"): ("OwnableUnauthorizedAccount", ("address",)),
    bytes.fromhex("02f7596c"): ("PhasesWithin", ("uint256",)),
    bytes.fromhex("4af50638"): ("UnknownRound", ("uint256",)),
}
