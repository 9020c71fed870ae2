"""secp256k1 signatures as the EVM wants them, made from what key services return. Pure.

A key service answers with r and s only (DER, https://www.rfc-editor.org/rfc/rfc3279#section-2.2.3), s in either half
of the curve's order. The contract and every node want s in the lower half, and v, which is found by recovering both
candidates and comparing their addresses with the key's.
"""

from __future__ import annotations

from coincurve import PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from eth_hash.auto import keccak
from eth_utils.address import to_checksum_address

from apps.chain.errors import SignerFaulty

ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
HALF_ORDER = ORDER // 2
SIGNATURE_BYTES = 65
PARITIES = (27, 28)


def address_of(point: bytes) -> str:
    """Return the checksummed address of an uncompressed public key: 64 bytes x || y. Raises SignerFaulty."""
    if len(point) != 64:
        raise SignerFaulty(f"a public key has 64 bytes, got {len(point)}")
    return str(to_checksum_address(keccak(point)[-20:]))


def from_der(der: bytes, *, message: bytes, address: str) -> bytes:
    """Return r || s || v of a DER signature over keccak256(message). Raises SignerFaulty unless ``address`` made it."""
    try:
        r, s = decode_dss_signature(der)
    except ValueError as exc:
        raise SignerFaulty("the signature is not DER") from exc
    return _with_parity(r, s, message=message, address=address)


def from_rsv(signature: bytes, *, message: bytes, address: str) -> bytes:
    """Return r || s || v with low s and v 27 or 28 of a 65-byte signature. Raises SignerFaulty as ``from_der``."""
    if len(signature) != SIGNATURE_BYTES:
        raise SignerFaulty(f"a signature has {SIGNATURE_BYTES} bytes, got {len(signature)}")
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:64], "big")
    return _with_parity(r, s, message=message, address=address)


def _with_parity(r: int, s: int, *, message: bytes, address: str) -> bytes:
    if not (0 < r < ORDER and 0 < s < ORDER):
        raise SignerFaulty("r or s of the signature is out of range")
    low_s = min(s, ORDER - s)
    digest, both = keccak(message), r.to_bytes(32, "big") + low_s.to_bytes(32, "big")
    for v in PARITIES:
        try:
            point = PublicKey.from_signature_and_message(both + bytes([v - PARITIES[0]]), digest, hasher=None)
        except ValueError:  # this parity is no point of the curve
            continue
        if address_of(point.format(compressed=False)[1:]) == address:
            return both + bytes([v])
    raise SignerFaulty(f"the signature is not of {address}, or not over the keccak256 of the message")
