"""Calls, events and errors of a contract as typed values: what apps/chain/bindings is written in. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from eth_abi.abi import decode, encode
from eth_abi.exceptions import DecodingError
from eth_utils.address import to_checksum_address

T = TypeVar("T")


class AbiMismatch(ValueError):
    """Bytes that are not what the ABI says; another contract answered."""


@dataclass(frozen=True, slots=True)
class Log:
    """An event as a receipt has it."""

    topics: tuple[bytes, ...]
    data: bytes


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """A call of a contract: the data that is sent, and what its reply means."""

    data: bytes
    outputs: tuple[str, ...]
    result: Callable[[Sequence[Any]], T]

    def decoded(self, reply: bytes) -> T:
        """Return what the contract answered. Raises AbiMismatch for a reply of another shape."""
        return self.result(_decoded(self.outputs, reply))


def encoded(selector: str, types: Sequence[str], values: Sequence[object]) -> bytes:
    """Return the data of a call: the selector's bytes (hex, none for a constructor) and the encoded arguments.

    Raises eth_abi's EncodingError for a value that its type does not hold.
    """
    return bytes.fromhex(selector) + encode(types, values)


def decoded_log(
    log: Log, topic: bytes, *, indexed: Sequence[str], plain: Sequence[str]
) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """Return the indexed and the other values of an event. Raises AbiMismatch for the log of another one."""
    if len(log.topics) != 1 + len(indexed) or log.topics[0] != topic:
        raise AbiMismatch(f"a log of {len(log.topics)} topics is not of the event 0x{topic.hex()}")
    values = tuple(_decoded((kind,), one)[0] for kind, one in zip(indexed, log.topics[1:], strict=True))
    return values, _decoded(plain, log.data)


def checksummed(address: str) -> str:
    """Return an address as it is shown."""
    return str(to_checksum_address(address))


def _decoded(types: Sequence[str], reply: bytes) -> tuple[Any, ...]:
    try:
        return tuple(decode(types, reply))
    except DecodingError as exc:
        raise AbiMismatch(f"{len(reply)} bytes are not ({', '.join(types)})") from exc
