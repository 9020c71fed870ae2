"""FeedProxy, typed. Written by contracts/bin/build from its ABI; do not edit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

from apps.chain.abi import Call, Log, checksummed, decoded_log, encoded
from apps.chain.artifacts import artifact


def creation_code(oracle: str, feed_id: bytes, decimals: int, index: int, lane: int, base_round: int) -> bytes:
    """Return what deploys a FeedProxy: the artifact's code and the constructor's arguments."""
    return bytes.fromhex(artifact("FeedProxy").bytecode[2:]) + encoded("", ("address", "bytes32", "uint8", "uint16", "uint8", "uint32"), (oracle, feed_id, decimals, index, lane, base_round))


def announce(answer: int, round_id: int, observed_at: int, submitter: str) -> Call[None]:
    """announce(uint256,uint256,uint256,address), nonpayable."""
    data = encoded("467a471a", ("uint256", "uint256", "uint256", "address"), (answer, round_id, observed_at, submitter))
    return Call(data, (), lambda out: None)


def decimals() -> Call[int]:
    """decimals(), view."""
    data = encoded("313ce567", (), ())
    return Call(data, ("uint8",), lambda out: out[0])


def description() -> Call[str]:
    """description(), view."""
    data = encoded("7284e416", (), ())
    return Call(data, ("string",), lambda out: out[0])


def feed_id() -> Call[bytes]:
    """feedId(), view."""
    data = encoded("4a643499", (), ())
    return Call(data, ("bytes32",), lambda out: out[0])


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


def oracle() -> Call[str]:
    """oracle(), view."""
    data = encoded("7dc0d1d0", (), ())
    return Call(data, ("address",), lambda out: checksummed(out[0]))


def supports_interface(interface_id: bytes) -> Call[bool]:
    """supportsInterface(bytes4), pure."""
    data = encoded("01ffc9a7", ("bytes4",), (interface_id,))
    return Call(data, ("bool",), lambda out: out[0])


def version() -> Call[int]:
    """version(), view."""
    data = encoded("54fd4d50", (), ())
    return Call(data, ("uint256",), lambda out: out[0])


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


ERRORS: dict[bytes, tuple[str, tuple[str, ...]]] = {
    bytes.fromhex("f432bce9"): ("OnlyOracle", ("address",)),
}
