"""The Merkle root over a round's observations, which the report commits to.

Leaves are hashed twice and siblings are sorted, as OpenZeppelin's MerkleProof expects
(https://docs.openzeppelin.com/contracts/5.x/api/utils/cryptography#MerkleProof), so one observation can be proved on
chain without revealing the others.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from Crypto.Hash import keccak

EMPTY_ROOT = bytes(32)


def observation_leaf(observation: Mapping[str, Any]) -> bytes:
    """Return the 32-byte leaf of one observation: keccak256 twice over its JSON with sorted keys and no spaces."""
    text = json.dumps(observation, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return _keccak256(_keccak256(text.encode()))


def merkle_root(leaves: Sequence[bytes]) -> bytes:
    """Return the root over the leaves, whatever their order; 32 zero bytes for none.

    An odd node moves up unhashed.
    """
    level = sorted(leaves)
    while len(level) > 1:
        pairs = [level[index : index + 2] for index in range(0, len(level), 2)]
        level = [_keccak256(b"".join(sorted(pair))) if len(pair) == 2 else pair[0] for pair in pairs]
    return level[0] if level else EMPTY_ROOT


def evidence_hash(observations: Sequence[Mapping[str, Any]]) -> str:
    """Return the root over the observations as 0x-prefixed hex, 66 characters."""
    return "0x" + merkle_root([observation_leaf(observation) for observation in observations]).hex()


def _keccak256(message: bytes) -> bytes:
    return keccak.new(digest_bits=256, data=message).digest()
