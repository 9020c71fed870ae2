"""SequencerGuard, typed. Written by contracts/bin/build from its ABI; do not edit."""

from __future__ import annotations


from apps.chain.abi import Call, checksummed, encoded
from apps.chain.artifacts import artifact


def creation_code(uptime_feed: str, feed: str, grace_period: int) -> bytes:
    """Return what deploys a SequencerGuard: the artifact's code and the constructor's arguments."""
    return bytes.fromhex(artifact("SequencerGuard").bytecode[2:]) + encoded("", ("address", "address", "uint256"), (uptime_feed, feed, grace_period))


def feed() -> Call[str]:
    """feed(), view."""
    data = encoded("37a7b7d8", (), ())
    return Call(data, ("address",), lambda out: checksummed(out[0]))


def grace_period() -> Call[int]:
    """gracePeriod(), view."""
    data = encoded("a06db7dc", (), ())
    return Call(data, ("uint256",), lambda out: out[0])


def read(max_age: int) -> Call[tuple[int, int]]:
    """read(uint256), view."""
    data = encoded("ed2e5a97", ("uint256",), (max_age,))
    return Call(data, ("uint256", "uint256"), lambda out: (out[0], out[1]))


def uptime_feed() -> Call[str]:
    """uptimeFeed(), view."""
    data = encoded("3b56125c", (), ())
    return Call(data, ("address",), lambda out: checksummed(out[0]))


ERRORS: dict[bytes, tuple[str, tuple[str, ...]]] = {
    bytes.fromhex("0b3c8a71"): ("BadPrice", ("int256",)),
    bytes.fromhex("f52960e8"): ("GracePeriodNotOver", ("uint256", "uint256")),
    bytes.fromhex("032b3d00"): ("SequencerDown", ()),
    bytes.fromhex("2730eb48"): ("StalePrice", ("uint256", "uint256")),
}
