"""EvidenceProof, typed. Written by contracts/bin/build from its ABI; do not edit."""

from __future__ import annotations

from collections.abc import Sequence

from apps.chain.abi import Call, encoded
from apps.chain.artifacts import artifact


def creation_code() -> bytes:
    """Return what deploys a EvidenceProof: the artifact's code and the constructor's arguments."""
    return bytes.fromhex(artifact("EvidenceProof").bytecode[2:]) + encoded("", (), ())


def is_observed(evidence_hash: bytes, observation: bytes, proof: Sequence[bytes]) -> Call[bool]:
    """isObserved(bytes32,bytes,bytes32[]), pure."""
    data = encoded("c4a5d97b", ("bytes32", "bytes", "bytes32[]"), (evidence_hash, observation, tuple(proof)))
    return Call(data, ("bool",), lambda out: out[0])


def is_vouched_for(oracle: str, report: bytes, signatures: bytes, observation: bytes, proof: Sequence[bytes]) -> Call[bool]:
    """isVouchedFor(address,bytes,bytes,bytes,bytes32[]), view."""
    data = encoded("899d337f", ("address", "bytes", "bytes", "bytes", "bytes32[]"), (oracle, report, signatures, observation, tuple(proof)))
    return Call(data, ("bool",), lambda out: out[0])


ERRORS: dict[bytes, tuple[str, tuple[str, ...]]] = {

}
