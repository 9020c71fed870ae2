"""The EIP-712 report that signers sign. Pure: bytes in, bytes out.

The domain is bound to one chain and one contract, and the message to a version of the signer set, so that a
signature is worth nothing anywhere else or after a rotation.  Spec: https://eips.ethereum.org/EIPS/eip-712

The answers travel as entries of 30 bytes (contracts/docs/design.md): a page's index, the observation time, and the
answers of up to four feeds that share the page, or the one answer of a wide feed.  Where a feed stands is its *place*,
page index times four plus lane, which the contract gives it once and for all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from eth_abi.abi import encode
from eth_hash.auto import keccak

FEED_ID_BYTES = 32
DOMAIN_TYPE = b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
DOMAIN_VERSION = b"2"
REPORT_TYPE = b"Report(uint32 signerSetVersion,bytes32 evidenceHash,bytes entries)"
LANES = 4
LANE_BYTES = 6
BODY_BYTES = LANES * LANE_BYTES
ENTRY_BYTES = 2 + 4 + BODY_BYTES
WIDE_INDEX = 0x8000
MAX_LANE = 2 ** (8 * LANE_BYTES) - 1  # above every bound a packed feed can have, so the contract refuses it
MAX_BODY = 2 ** (8 * BODY_BYTES) - 1
SIGNATURE_BYTES = 65


@dataclass(frozen=True, slots=True)
class ReportAnswer:
    """One feed's new value: ``answer`` scaled by 10**decimals, ``observed_at`` in whole Unix seconds."""

    pair: str
    answer: int
    observed_at: int


@dataclass(frozen=True, slots=True)
class Report:
    """What the signers vouch for. ``evidence_hash`` is 0x-prefixed hex of 32 bytes.

    ``places`` maps pair to place; answers of pairs that are not in it are no part of the report.
    """

    signer_set_version: int
    evidence_hash: str
    answers: tuple[ReportAnswer, ...]
    places: Mapping[str, int] = field(default_factory=dict)


def feed_id(pair: str) -> bytes:
    """Return a pair's on-chain id: its ASCII letters, padded on the right with zeros to 32 bytes.

    Raises ValueError when the pair is empty, longer than 32 bytes, or not ASCII.
    """
    encoded = pair.encode("ascii")
    if not 0 < len(encoded) <= FEED_ID_BYTES:
        raise ValueError(f"a feed id holds 1 to {FEED_ID_BYTES} characters, got {len(encoded)}")
    return encoded.ljust(FEED_ID_BYTES, b"\0")


def pair_of(identifier: bytes) -> str:
    """Return the pair a feed id stands for; the inverse of ``feed_id``. Foreign bytes are shown escaped."""
    return identifier.rstrip(b"\0").decode("ascii", errors="backslashreplace")


def evidence_bytes(evidence_hash: str) -> bytes:
    """Return the 32 bytes of a hex hash. Raises ValueError for any other length."""
    raw = bytes.fromhex(evidence_hash.removeprefix("0x"))
    if len(raw) != FEED_ID_BYTES:
        raise ValueError(f"an evidence hash has 32 bytes, got {len(raw)}")
    return raw


def domain_separator(*, chain_id: int, contract: str) -> bytes:
    """Return the EIP-712 domain separator of a PriceOracle."""
    return keccak(
        encode(
            ["bytes32", "bytes32", "bytes32", "uint256", "address"],
            [keccak(DOMAIN_TYPE), keccak(b"PriceOracle"), keccak(DOMAIN_VERSION), chain_id, contract],
        )
    )


def report_digest(report: Report, *, chain_id: int, contract: str) -> bytes:
    """Return the 32 bytes that are signed; equals the contract's ``reportDigest``."""
    return keccak(report_message(report, chain_id=chain_id, contract=contract))


def report_message(report: Report, *, chain_id: int, contract: str) -> bytes:
    """Return the 66 bytes whose keccak256 is signed: ``0x19 0x01 || domain separator || hash of the report``."""
    struct = encode(
        ["bytes32", "uint32", "bytes32", "bytes32"],
        [
            keccak(REPORT_TYPE),
            report.signer_set_version,
            evidence_bytes(report.evidence_hash),
            keccak(encode_entries(report)),
        ],
    )
    return b"\x19\x01" + domain_separator(chain_id=chain_id, contract=contract) + keccak(struct)


def encode_report(report: Report) -> bytes:
    """Return the report as the contract takes it: signer-set version, evidence hash, entries."""
    head = report.signer_set_version.to_bytes(4, "big") + evidence_bytes(report.evidence_hash)
    return head + encode_entries(report)


def place_of(index: int, lane: int) -> int:
    """Return the place of a lane of a page."""
    return index * LANES + lane


def encode_entries(report: Report) -> bytes:
    """Return the answers as the contract takes them: one entry per page and observation time, the oldest first.

    So a feed that is in the report twice gets its older answer first, whatever the order of the answers.
    An answer too large for its lane is sent as the largest number a lane holds, which no feed accepts: the contract
    skips it and takes the others.

    Raises ValueError for an answer that is not positive or a time that does not fit 32 bits.
    """
    bodies: dict[tuple[int, int, int], dict[int, int]] = {}
    for answer in report.answers:
        place = report.places.get(answer.pair)
        if place is None:
            continue
        _check(answer)
        index, lane = divmod(place, LANES)
        repeat = 0
        while lane in bodies.setdefault((answer.observed_at, index, repeat), {}):
            repeat += 1
        bodies[answer.observed_at, index, repeat][lane] = answer.answer
    entries = sorted(bodies.items(), key=lambda entry: entry[0])
    return b"".join(_entry(index, observed_at, lanes) for (observed_at, index, _), lanes in entries)


def compact_signatures(signatures: Sequence[bytes]) -> bytes:
    """Return signatures of 65 bytes (r, s, v) as the contract takes them: r and s, with v in the top bit of s.

    Spec: https://eips.ethereum.org/EIPS/eip-2098.  Raises ValueError for any other length, v, or a high s.
    """
    return b"".join(_compact(signature) for signature in signatures)


def _compact(signature: bytes) -> bytes:
    if len(signature) != SIGNATURE_BYTES or signature[-1] not in (27, 28) or signature[32] > 0x7F:
        raise ValueError("a report's signature has 65 bytes, a low s, and 27 or 28 as its last byte")
    top = signature[32] | (signature[-1] - 27) << 7
    return signature[:32] + bytes([top]) + signature[33:64]


def _check(answer: ReportAnswer) -> None:
    if not 0 < answer.answer <= MAX_BODY:
        raise ValueError(f"{answer.pair}: an answer is 1 to 2**192 - 1, got {answer.answer}")
    if not 0 <= answer.observed_at < 2**32:
        raise ValueError(f"{answer.pair}: a time is 0 to 2**32 - 1, got {answer.observed_at}")


def _entry(index: int, observed_at: int, lanes: Mapping[int, int]) -> bytes:
    if index & WIDE_INDEX:
        body = lanes[0]
    else:
        body = sum(min(answer, MAX_LANE) << (8 * LANE_BYTES * lane) for lane, answer in lanes.items())
    return index.to_bytes(2, "big") + observed_at.to_bytes(4, "big") + body.to_bytes(BODY_BYTES, "big")
