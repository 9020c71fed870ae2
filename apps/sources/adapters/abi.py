"""The little of Ethereum's ABI that price reads need: Multicall3's aggregate3, and words of its results. Pure.

Coded by hand, because the fetch worker does without web3 (60 MB), and every length is checked before it is used.
Format: https://docs.soliditylang.org/en/latest/abi-spec.html, https://github.com/mds1/multicall3.
Selectors are the first four bytes of keccak256 of the signature; a test computes them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from apps.sources import errors

WORD = 32
AGGREGATE3 = "82ad56cb"  # aggregate3((address,bool,bytes)[])
BLOCK_TIMESTAMP = "0f28c97d"  # getCurrentBlockTimestamp()
CHAIN_ID = "3408e470"  # getChainId()
DECIMALS = "313ce567"  # decimals()
LATEST_ROUND_DATA = "feaf968c"  # latestRoundData()
OBSERVE = "883bdbfd"  # observe(uint32[])
MAX_RESULT_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class Call:
    """A call inside a multicall: contract address (0x and 40 hex digits) and call data as hex without 0x."""

    target: str
    data: str


def word(number: int) -> str:
    """Return a non-negative whole number as 32 bytes of hex."""
    return f"{number:064x}"


def uint32_array(numbers: Sequence[int]) -> str:
    """Return one dynamic array as the only argument of a call."""
    return word(WORD) + word(len(numbers)) + "".join(word(number) for number in numbers)


def encode_aggregate3(calls: Sequence[Call]) -> str:
    """Return aggregate3's call data with 0x; every call may fail by itself (allowFailure)."""
    tuples = [_encode_call(call) for call in calls]
    offsets, offset = "", WORD * len(tuples)
    for encoded in tuples:
        offsets += word(offset)
        offset += len(encoded) // 2
    return f"0x{AGGREGATE3}{word(WORD)}{word(len(tuples))}{offsets}{''.join(tuples)}"


def _encode_call(call: Call) -> str:
    size = len(call.data) // 2
    padded = call.data.ljust(-(-size // WORD) * WORD * 2, "0")
    return f"{call.target[2:].lower():0>64}{word(1)}{word(3 * WORD)}{word(size)}{padded}"


def decode_aggregate3(text: str, *, expected: int) -> list[bytes | None]:
    """Return what each call gave back, None where it failed. Raises UnexpectedShape for anything else.

    expected: how many calls were made.
    """
    result = _bytes(text)
    base = _size(result, 0)
    count = _size(result, base)
    if count != expected:
        raise errors.UnexpectedShape(f"{count} results for {expected} calls")
    heads = base + WORD
    return [_decode_result(result, heads + _size(result, heads + WORD * index)) for index in range(count)]


def _decode_result(result: bytes, start: int) -> bytes | None:
    is_ok = _uint(result, start)
    size_at = start + _size(result, start + WORD)
    size = _size(result, size_at)
    returned = result[size_at + WORD : size_at + WORD + size]
    if is_ok not in {0, 1} or len(returned) != size:
        raise errors.UnexpectedShape("a result of the multicall is cut off")
    return returned if is_ok else None


def uint(returned: bytes, index: int) -> int:
    """Return the word at an index as an unsigned number. Raises UnexpectedShape when it is not there."""
    return _uint(returned, WORD * index)


def sint(returned: bytes, index: int) -> int:
    """Return the word at an index as a signed number (two's complement). Raises UnexpectedShape."""
    number = uint(returned, index)
    return number - (1 << 256) if number >> 255 else number


def sint_array(returned: bytes, index: int) -> list[int]:
    """Return the dynamic array of signed numbers whose offset stands at an index. Raises UnexpectedShape."""
    start = _size(returned, WORD * index)
    count = _size(returned, start)
    if start % WORD or count > len(returned) // WORD:
        raise errors.UnexpectedShape(f"an array of {count} does not fit into {len(returned)} bytes")
    return [sint(returned, start // WORD + 1 + place) for place in range(count)]


def _bytes(text: str) -> bytes:
    try:
        result = bytes.fromhex(text[2:]) if text.startswith("0x") else b""
    except ValueError as exc:
        raise errors.UnexpectedShape("the result is not hexadecimal") from exc
    if not result or len(result) > MAX_RESULT_BYTES:
        raise errors.UnexpectedShape(
            f"the result has {len(result)} bytes; none means that no contract stands at the address on this chain"
        )
    return result


def _size(result: bytes, start: int) -> int:
    """Return a word that counts or points within the result. Raises UnexpectedShape when it points out of it."""
    number = _uint(result, start)
    if number > len(result):
        raise errors.UnexpectedShape(f"the result points to byte {number:.0e} of {len(result)}")
    return number


def _uint(result: bytes, start: int) -> int:
    taken = result[start : start + WORD]
    if len(taken) != WORD:
        raise errors.UnexpectedShape(f"the result ends at byte {len(result)}, a word was expected at {start}")
    return int.from_bytes(taken, "big")
