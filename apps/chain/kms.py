"""Public keys as key services return them."""

from __future__ import annotations

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import SECP256K1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
    load_pem_public_key,
)

from apps.chain.errors import SignerMisconfigured
from apps.chain.signatures import address_of


def address_of_der(key: bytes) -> str:
    """Return the address of a DER SubjectPublicKeyInfo. Raises SignerMisconfigured for a key of another curve."""
    try:
        return _address(load_der_public_key(key))
    except (ValueError, UnsupportedAlgorithm) as exc:
        raise SignerMisconfigured(f"not a public key: {exc.__class__.__name__}") from exc


def address_of_pem(key: str) -> str:
    """Return the address of a PEM public key. Raises SignerMisconfigured for a key of another curve."""
    try:
        return _address(load_pem_public_key(key.encode()))
    except (ValueError, UnsupportedAlgorithm) as exc:
        raise SignerMisconfigured(f"not a public key: {exc.__class__.__name__}") from exc


def _address(key: object) -> str:
    if not isinstance(key, EllipticCurvePublicKey) or not isinstance(key.curve, SECP256K1):
        curve = key.curve.name if isinstance(key, EllipticCurvePublicKey) else key.__class__.__name__
        raise SignerMisconfigured(f"a signer's key is on secp256k1, got {curve}")
    return address_of(key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)[1:])
