#!/usr/bin/env python3
"""Checks an evidence bundle: bodies, leaves, Merkle root, report, signatures, and with --rpc the transaction.

This file needs nothing but Python 3.11 or newer: copy it anywhere and run ``python standalone.py bundle.json``.
Keccak-256 and the recovery of secp256k1 signatures are written out below, slowly and plainly, so that a reader can
check the checker.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import sys
import urllib.request
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

FORMAT = "price-oracle-evidence/1"
MASK = (1 << 64) - 1
MAX_BODY = 16_000_000
SHARED_WITHIN_S = 5  # answers of a report may share the oldest time among them, never a newer one
P = 2**256 - 2**32 - 977
N = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
G = (
    0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798,
    0x483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8,
)
DOMAIN_TYPE = b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
REPORT_TYPE = b"Report(uint32 signerSetVersion,bytes32 evidenceHash,bytes entries)"
ENTRY_BYTES, LANES, LANE_BITS, WIDE_INDEX = 30, 4, 48, 0x8000  # of the report's entries, see entries_of
Point = tuple[int, int] | None


class Wrong(Exception):
    """The bundle does not hold together; the message says where."""


def verify(bundle: Mapping[str, Any], *, rpc: Callable[[str, list[Any]], Any] | None = None) -> list[str]:
    """Return what was checked and found right, a line each. Raises Wrong at the first thing that is not."""
    if bundle.get("format") != FORMAT:
        raise Wrong(f"format is {bundle.get('format')!r}, this program reads {FORMAT}")
    done = [_check_bodies(bundle), _check_root(bundle)]
    published = [row for row in (bundle, *bundle.get("elsewhere", ())) if row["report"] is not None]
    if not published:
        return [*done, "no report: nothing was published from this round"]
    for row in published:
        report = row["report"]
        done += [_check_answers(bundle, report), _check_digest(report), _check_signatures(report)]
    if rpc is None:
        return [*done, "transaction not checked: no --rpc given"]
    return [*done, *_check_transactions(published, rpc)]


def _check_transactions(published: Sequence[Mapping[str, Any]], rpc: Callable[[str, list[Any]], Any]) -> Iterator[str]:
    """Check the transactions on the node's chain, of which there must be one; other chains need a node of theirs."""
    chain_id = int(rpc("eth_chainId", []), 16)
    here = [row for row in published if row["report"]["chain_id"] == chain_id]
    if not here:
        meant = ", ".join(sorted({str(row["report"]["chain_id"]) for row in published}))
        raise Wrong(f"the node is on chain {chain_id}, the report is for {meant}")
    for row in here:
        yield _check_transaction(row, rpc)
    for row in published:
        if row not in here:
            yield f"transaction on chain {row['report']['chain_id']} not checked: --rpc is of chain {chain_id}"


def _check_bodies(bundle: Mapping[str, Any]) -> str:
    """Every body hashes to its name, and is named by a call among the leaves."""
    named = {a["body_sha256"] for leaf in bundle["leaves"] for a in leaf.get("attempts", ())}
    for sha256, packed in bundle["bodies"].items():
        body = zlib.decompressobj().decompress(base64.b64decode(packed), MAX_BODY)
        if hashlib.sha256(body).hexdigest() != sha256:
            raise Wrong(f"body {sha256} hashes to {hashlib.sha256(body).hexdigest()}")
        if sha256 not in named:
            raise Wrong(f"body {sha256} is named by no call of the round")
    return f"{len(bundle['bodies'])} bodies hash to their names ({len(bundle['missing_bodies'])} are not kept)"


def _check_root(bundle: Mapping[str, Any]) -> str:
    root = "0x" + merkle_root([leaf_hash(leaf) for leaf in bundle["leaves"]]).hex()
    if root != bundle["evidence_hash"]:
        raise Wrong(f"the leaves give the root {root}, the round says {bundle['evidence_hash']}")
    return f"{len(bundle['leaves'])} leaves give the evidence hash {root}"


def _check_answers(bundle: Mapping[str, Any], report: Mapping[str, Any]) -> str:
    if report["evidence_hash"] != bundle["evidence_hash"]:
        raise Wrong(f"the report commits to {report['evidence_hash']}, the round to {bundle['evidence_hash']}")
    known = {row["pair"]: row for row in bundle["answers"]}
    for row in report["answers"]:
        own = known.get(row["pair"])
        if own is None or own["answer"] != row["answer"]:
            raise Wrong(f"the report says {row['answer']} for {row['pair']}, the round {own and own['answer']}")
        older_s = int(datetime.fromisoformat(own["observed_at"]).timestamp()) - row["observed_at"]
        if not 0 <= older_s <= SHARED_WITHIN_S:
            raise Wrong(f"{row['pair']} was observed at {own['observed_at']}, the report says {row['observed_at']}")
    told = {(row["place"], row["observed_at"]): int(row["answer"]) for row in report["answers"]}
    if (packed := entries_of(bytes.fromhex(report["entries"][2:]))) != told:
        raise Wrong(f"the report's entries hold {packed}, its answers are {told}")
    return f"{len(report['answers'])} answers of the report are those of the round"


def _check_digest(report: Mapping[str, Any]) -> str:
    digest = "0x" + report_digest(report).hex()
    if digest != report["digest"]:
        raise Wrong(f"the report's EIP-712 digest is {digest}, the bundle says {report['digest']}")
    return f"the report has the digest {digest}"


def _check_signatures(report: Mapping[str, Any]) -> str:
    digest, allowed = bytes.fromhex(report["digest"][2:]), {address.lower() for address in report["signers"]}
    found = {recover(digest, bytes.fromhex(row["signature"].removeprefix("0x"))) for row in report["signatures"]}
    if strangers := found - allowed:
        raise Wrong(f"signed by {', '.join(sorted(strangers))}, who is not in the signer set")
    if len(found) < report["threshold"]:
        raise Wrong(f"{len(found)} signers signed, {report['threshold']} must")
    return f"{len(found)} of {len(allowed)} signers signed, {report['threshold']} must"


def _check_transaction(published: Mapping[str, Any], rpc: Callable[[str, list[Any]], Any]) -> str:
    """The transaction succeeded, went to the contract, and carries root and answers."""
    report, told = published["report"], published["transaction"]
    if told is None:
        raise Wrong("the bundle names no transaction")
    receipt, sent = rpc("eth_getTransactionReceipt", [told["hash"]]), rpc("eth_getTransactionByHash", [told["hash"]])
    if not receipt or not sent or int(receipt["status"], 16) != 1:
        raise Wrong(f"the node knows no successful transaction {told['hash']}")
    if (sent["to"] or "").lower() != report["contract"].lower():
        raise Wrong(f"the transaction went to {sent['to']}, the report is for {report['contract']}")
    words = [report["evidence_hash"][2:], report["entries"][2:]]
    if absent := [word for word in words if word not in sent["input"]]:
        raise Wrong(f"the transaction does not carry {absent[0]}")
    return f"transaction {told['hash']} in block {int(receipt['blockNumber'], 16)} carries root and answers"


def leaf_text(leaf: Mapping[str, Any]) -> str:
    """Return the JSON that a leaf is hashed as: sorted keys, no spaces."""
    return json.dumps(leaf, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def leaf_hash(leaf: Mapping[str, Any]) -> bytes:
    """Return a leaf: keccak256 twice over its JSON."""
    return keccak256(keccak256(leaf_text(leaf).encode()))


def merkle_root(leaves: Sequence[bytes]) -> bytes:
    """Return the root: leaves sorted, pairs sorted before they are hashed, an odd one moves up."""
    level = sorted(leaves)
    while len(level) > 1:
        level = _parents(level)
    return level[0] if level else bytes(32)


def merkle_proof(leaves: Sequence[bytes], leaf: bytes) -> list[bytes]:
    """Return the siblings from a leaf up to the root: what EvidenceProof.isObserved takes. The leaf must be there."""
    level = sorted(leaves)
    place = level.index(leaf)
    proof = []
    while len(level) > 1:
        if place ^ 1 < len(level):
            proof.append(level[place ^ 1])
        level, place = _parents(level), place // 2
    return proof


def _parents(level: Sequence[bytes]) -> list[bytes]:
    pairs = [level[index : index + 2] for index in range(0, len(level), 2)]
    return [keccak256(b"".join(sorted(pair))) if len(pair) == 2 else pair[0] for pair in pairs]


def proof_of(bundle: Mapping[str, Any], number: int) -> dict[str, Any]:
    """Return what EvidenceProof.isObserved takes to say on chain that leaf ``number`` is in the evidence."""
    if not 0 <= number < len(bundle["leaves"]):
        raise Wrong(f"there is no leaf {number}, the last is {len(bundle['leaves']) - 1}")
    hashes = [leaf_hash(leaf) for leaf in bundle["leaves"]]
    return {
        "evidenceHash": bundle["evidence_hash"],
        "observation": leaf_text(bundle["leaves"][number]),
        "proof": ["0x" + sibling.hex() for sibling in merkle_proof(hashes, hashes[number])],
    }


def entries_of(packed: bytes) -> dict[tuple[int, int], int]:
    """Return the answers of a report's entries by place and observation time.

    An entry has 30 bytes: a page's index (2), the time (4), and four answers of 6 bytes, the last lane first; or, where
    the index has its top bit, one answer of 24. A place is index times four plus lane.
    """
    found: dict[tuple[int, int], int] = {}
    for start in range(0, len(packed), ENTRY_BYTES):
        entry = packed[start : start + ENTRY_BYTES]
        index, at, body = (int.from_bytes(part, "big") for part in (entry[:2], entry[2:6], entry[6:]))
        if index & WIDE_INDEX:
            found[index * LANES, at] = body
            continue
        for lane in range(LANES):
            if answer := body >> (LANE_BITS * lane) & ((1 << LANE_BITS) - 1):
                found[index * LANES + lane, at] = answer
    return found


def report_digest(report: Mapping[str, Any]) -> bytes:
    """Return the EIP-712 digest the signers sign."""
    domain = _words(keccak256(DOMAIN_TYPE), keccak256(b"PriceOracle"), keccak256(b"2"), report["chain_id"])
    separator = keccak256(domain + bytes.fromhex(report["contract"][2:]).rjust(32, b"\0"))
    root, entries = bytes.fromhex(report["evidence_hash"][2:]), bytes.fromhex(report["entries"][2:])
    struct = keccak256(_words(keccak256(REPORT_TYPE), report["signer_set_version"], root, keccak256(entries)))
    return keccak256(b"\x19\x01" + separator + struct)


def _words(*values: int | bytes) -> bytes:
    return b"".join(value if isinstance(value, bytes) else value.to_bytes(32, "big") for value in values)


def keccak256(message: bytes) -> bytes:
    """Return the Keccak-256 of the message, as Ethereum uses it (https://keccak.team/keccak_specs_summary.html)."""
    rate = 136
    padded = bytearray(message) + b"\x01" + b"\0" * (-(len(message) + 1) % rate)
    padded[-1] |= 0x80
    state = [0] * 25
    for start in range(0, len(padded), rate):
        for lane in range(rate // 8):
            state[lane] ^= int.from_bytes(padded[start + 8 * lane : start + 8 * lane + 8], "little")
        state = _permuted(state)
    return b"".join(lane.to_bytes(8, "little") for lane in state[:4])


def _permuted(state: list[int]) -> list[int]:
    for constant in _ROUND_CONSTANTS:
        columns = [state[x] ^ state[x + 5] ^ state[x + 10] ^ state[x + 15] ^ state[x + 20] for x in range(5)]
        state = [
            lane ^ columns[(index + 4) % 5] ^ _rotated(columns[(index + 1) % 5], 1) for index, lane in enumerate(state)
        ]
        turned = [0] * 25
        for index, lane in enumerate(state):
            x, y = index % 5, index // 5
            turned[y + 5 * ((2 * x + 3 * y) % 5)] = _rotated(lane, _OFFSETS[index])
        state = [_mixed(turned, index // 5 * 5, index % 5) for index in range(25)]
        state[0] ^= constant
    return state


def _mixed(lanes: list[int], row: int, x: int) -> int:
    return lanes[row + x] ^ (~lanes[row + (x + 1) % 5] & MASK & lanes[row + (x + 2) % 5])


def _rotated(lane: int, by: int) -> int:
    return ((lane << by) | (lane >> (64 - by))) & MASK if by else lane


def _constants() -> Iterator[int]:
    """Yield the 24 round constants from their shift register."""
    register = 1
    for _ in range(24):
        constant = 0
        for power in range(7):
            if register & 1:
                constant |= 1 << ((1 << power) - 1)
            register = (register << 1) ^ (0x171 if register & 0x80 else 0)
        yield constant


def _offsets() -> list[int]:
    """Return how far each lane is rotated."""
    offsets, x, y = [0] * 25, 1, 0
    for step in range(24):
        offsets[x + 5 * y] = ((step + 1) * (step + 2) // 2) % 64
        x, y = y, (2 * x + 3 * y) % 5
    return offsets


_ROUND_CONSTANTS = tuple(_constants())
_OFFSETS = tuple(_offsets())


def recover(digest: bytes, signature: bytes) -> str:
    """Return the address that made a 65-byte signature (r, s, v). Raises Wrong for one that nobody can have made."""
    if len(signature) != 65:
        raise Wrong(f"a signature has 65 bytes, got {len(signature)}")
    r, s, v = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:64], "big"), signature[64]
    if not (0 < r < N and 0 < s <= N // 2 and v in {27, 28}):
        raise Wrong("a signature is malformed, or its s is in the upper half")
    y = pow(r**3 + 7, (P + 1) // 4, P)
    if (y * y - r**3 - 7) % P:
        raise Wrong("a signature belongs to no point of the curve")
    point = (r, y if y % 2 == v - 27 else P - y)
    inverse = pow(r, -1, N)
    key = _sum(_times(-int.from_bytes(digest, "big") * inverse % N, G), _times(s * inverse % N, point))
    if key is None:
        raise Wrong("a signature belongs to no key")
    return "0x" + keccak256(key[0].to_bytes(32, "big") + key[1].to_bytes(32, "big"))[12:].hex()


def _times(factor: int, point: Point) -> Point:
    result: Point = None
    while factor:
        if factor & 1:
            result = _sum(result, point)
        point = _sum(point, point)
        factor >>= 1
    return result


def _sum(a: Point, b: Point) -> Point:
    if a is None or b is None:
        return a or b
    if a[0] == b[0] and (a[1] + b[1]) % P == 0:
        return None
    slope = 3 * a[0] ** 2 * pow(2 * a[1], -1, P) if a == b else (b[1] - a[1]) * pow(b[0] - a[0], -1, P)
    x = (slope**2 - a[0] - b[0]) % P
    return x, (slope * (a[0] - x) - a[1]) % P


def json_rpc(url: str) -> Callable[[str, list[Any]], Any]:
    """Return a function that asks a node."""

    def ask(method: str, params: list[Any]) -> Any:
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
        request = urllib.request.Request(url, body, {"Content-Type": "application/json"})  # noqa: S310 - the user's node
        with urllib.request.urlopen(request, timeout=20) as reply:  # noqa: S310
            return json.load(reply).get("result")

    return ask


def main(arguments: Sequence[str] | None = None) -> int:
    """Check the bundle named on the command line; return 0 when all is right, 1 when not."""
    parser = argparse.ArgumentParser(description="Check an evidence bundle of a price oracle.")
    parser.add_argument("file", help="what GET /api/v1/rounds/ID/evidence returned")
    parser.add_argument("--rpc", help="JSON-RPC URL of a node, to check the transaction too")
    parser.add_argument(
        "--prove", type=int, metavar="N", help="print the on-chain proof of leaf N, from 0, instead of 'ok'"
    )
    options = parser.parse_args(arguments)
    with open(options.file, encoding="utf-8") as stream:  # noqa: PTH123 - this file stands alone
        bundle = json.load(stream)
    try:
        done = verify(bundle, rpc=json_rpc(options.rpc) if options.rpc else None)
        if options.prove is not None:
            done = [json.dumps(proof_of(bundle, options.prove), indent=2, ensure_ascii=False)]
        sys.stdout.writelines(f"{'' if options.prove is not None else 'ok: '}{line}\n" for line in done)
    except (Wrong, KeyError, TypeError, ValueError, zlib.error) as exc:
        sys.stdout.write(f"WRONG: {exc}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
