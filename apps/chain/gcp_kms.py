"""A key in Google Cloud KMS, of algorithm EC_SIGN_SECP256K1_SHA256; it never leaves the service.

REST, because the client library brings gRPC along for two calls: ``GET v1/{name}/publicKey`` returns PEM, ``POST
v1/{name}:asymmetricSign`` a DER signature over the digest under ``sha256``, whatever hash made it. Both directions
carry CRC32C sums, which are checked as https://cloud.google.com/kms/docs/data-integrity-guidelines asks.
Credentials come from where google-auth looks for them: metadata server, workload identity, a file.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any

import google.auth
import google_crc32c
import requests
from eth_hash.auto import keccak
from google.auth.exceptions import DefaultCredentialsError, GoogleAuthError
from google.auth.transport.requests import AuthorizedSession

from apps.chain.errors import ChainError, SignerFaulty, SignerMisconfigured, SignerRefused, SignerUnreachable
from apps.chain.kms import address_of_pem
from apps.chain.signatures import from_der

API = "https://cloudkms.googleapis.com/v1/"
SCOPE = "https://www.googleapis.com/auth/cloudkms"
ALGORITHM = "EC_SIGN_SECP256K1_SHA256"
TIMEOUT_S = 5.0


class GcpKmsSigner:
    """One key version of Google Cloud KMS."""

    __slots__ = ("_address", "_name", "_session", "_url")

    def __init__(self, *, session: requests.Session, url: str, name: str) -> None:
        self._session = session
        self._url = url
        self._name = name
        key = self._call("GET", f"{name}/publicKey")
        if key.get("algorithm") != ALGORITHM:
            raise SignerMisconfigured(f"the key's algorithm is {key.get('algorithm')}, a signer's is {ALGORITHM}")
        pem = str(key.get("pem", ""))
        _check_sum(pem.encode(), key.get("pemCrc32c"))
        self._address = address_of_pem(pem)

    def __repr__(self) -> str:
        return f"GcpKmsSigner({self._address})"

    @property
    def address(self) -> str:
        """Checksummed address of the key."""
        return self._address

    def sign(self, message: bytes) -> bytes:
        """Return r || s || v over keccak256(message). Raises SignerUnreachable, SignerRefused or SignerFaulty."""
        digest = keccak(message)
        sent = {"sha256": base64.b64encode(digest).decode()}
        body = {"digest": sent, "digestCrc32c": str(google_crc32c.value(digest))}
        reply = self._call("POST", f"{self._name}:asymmetricSign", body=body)
        if reply.get("verifiedDigestCrc32c") is not True:
            raise SignerFaulty("Google KMS did not confirm the digest it got")
        try:
            der = base64.b64decode(str(reply.get("signature", "")), validate=True)
        except binascii.Error as exc:
            raise SignerFaulty("the signature of Google KMS is not base64") from exc
        _check_sum(der, reply.get("signatureCrc32c"))
        return from_der(der, message=message, address=self._address)

    def _call(self, method: str, path: str, *, body: dict[str, Any] | None = None) -> dict[str, Any]:
        try:
            reply = self._session.request(method, self._url + path, json=body, timeout=TIMEOUT_S)
            document = reply.json() if reply.status_code == 200 else None
        except (requests.RequestException, GoogleAuthError, OSError) as exc:
            raise SignerUnreachable(f"Google KMS: {exc.__class__.__name__}") from exc
        if reply.status_code != 200:
            raise _refusal(reply.status_code)
        if not isinstance(document, dict):
            raise SignerFaulty("the reply of Google KMS is no JSON object")
        return document


def open_gcp_kms(name: str) -> GcpKmsSigner:
    """Return the signer of a key version's full resource name. Raises a Signer error."""
    if not name.startswith("projects/") or "/cryptoKeyVersions/" not in name:
        raise SignerMisconfigured("a Google key is named projects/…/cryptoKeys/KEY/cryptoKeyVersions/N")
    try:
        credentials, _ = google.auth.default(scopes=[SCOPE])
    except DefaultCredentialsError as exc:
        raise SignerMisconfigured("Google KMS: no credentials found") from exc
    session = AuthorizedSession(credentials)  # type: ignore[no-untyped-call]
    return GcpKmsSigner(session=session, url=API, name=name)


def _check_sum(content: bytes, told: object) -> None:
    if str(google_crc32c.value(content)) != str(told):
        raise SignerFaulty("a reply of Google KMS does not match its CRC32C")


def _refusal(status: int) -> ChainError:
    told = f"Google KMS: HTTP {status}"
    return SignerUnreachable(told) if status == 429 or status >= 500 else SignerRefused(told)
