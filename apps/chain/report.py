"""The EIP-712 report that signers sign. Pure: bytes in, bytes out.

The domain is bound to one chain and one contract, and the message to a version of the signer set, so that a
signature is worth nothing anywhere else or after a rotation.  Spec: https://eips.ethereum.org/EIPS/eip-712
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from eth_abi.abi import encode
from eth_hash.auto import keccak

FEED_ID_BYTES = 32
DOMAIN_TYPE = b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
ANSWER_TYPE = b"FeedAnswer(bytes32 feedId,int192 answer,uint64 observedAt)"
REPORT_TYPE = b"Report(uint32 signerSetVersion,bytes32 evidenceHash,FeedAnswer[] answers)" + ANSWER_TYPE


@dataclass(frozen=True, slots=True)
class ReportAnswer:
    """One feed's new value: ``answer`` scaled by 10**decimals, ``observed_at`` in whole Unix seconds."""

    pair: str
    answer: int
    observed_at: int


@dataclass(frozen=True, slots=True)
class Report:
    """What the signers vouch for. ``evidence_hash`` is 0x-prefixed hex of 32 bytes."""

    signer_set_version: int
    evidence_hash: str
    answers: tuple[ReportAnswer, ...]


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
            [keccak(DOMAIN_TYPE), keccak(b"PriceOracle"), keccak(b"1"), chain_id, contract],
        )
    )


def report_digest(report: Report, *, chain_id: int, contract: str) -> bytes:
    """Return the 32 bytes that are signed; equals the contract's ``reportDigest``."""
    return keccak(report_message(report, chain_id=chain_id, contract=contract))


def report_message(report: Report, *, chain_id: int, contract: str) -> bytes:
    """Return the 66 bytes whose keccak256 is signed: ``0x19 0x01 || domain separator || hash of the report``."""
    answers = b"".join(keccak(_encode_answer(answer)) for answer in report.answers)
    struct = encode(
        ["bytes32", "uint32", "bytes32", "bytes32"],
        [keccak(REPORT_TYPE), report.signer_set_version, evidence_bytes(report.evidence_hash), keccak(answers)],
    )
    return b"\x19\x01" + domain_separator(chain_id=chain_id, contract=contract) + keccak(struct)


def report_tuple(report: Report) -> tuple[int, bytes, Sequence[tuple[bytes, int, int]]]:
    """Return the report as the contract's ABI takes it."""
    answers = [(feed_id(answer.pair), answer.answer, answer.observed_at) for answer in report.answers]
    return report.signer_set_version, evidence_bytes(report.evidence_hash), answers


def _encode_answer(answer: ReportAnswer) -> bytes:
    return encode(
        ["bytes32", "bytes32", "int192", "uint64"],
        [keccak(ANSWER_TYPE), feed_id(answer.pair), answer.answer, answer.observed_at],
    )
