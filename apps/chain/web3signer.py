"""A key in Web3Signer, or in anything that speaks its eth1 API, over HTTPS with mutual authentication.

``GET /api/v1/eth1/publicKeys`` lists the keys, ``POST /api/v1/eth1/sign/{public key}`` with ``{"data": "0x…"}`` hashes
the data with keccak256 and signs it; the reply is the signature as hex, quoted or bare.
https://docs.web3signer.consensys.io/reference/api/rest

The signer is not trusted: each signature must recover to the address that was asked for.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

import requests
from eth_utils.address import is_address, to_checksum_address

from apps.chain.errors import ChainError, SignerFaulty, SignerMisconfigured, SignerRefused, SignerUnreachable
from apps.chain.signatures import address_of, from_rsv
from oracle_project import env

PUBLIC_KEYS = "/api/v1/eth1/publicKeys"
SIGN = "/api/v1/eth1/sign/"
TIMEOUT_S = 5.0
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
MAX_KEYS = 1_000


class Web3Signer:
    """One key of a remote signer."""

    __slots__ = ("_address", "_session", "_url")

    def __init__(self, *, url: str, address: str, session: requests.Session) -> None:
        self._url = url
        self._address = address
        self._session = session

    def __repr__(self) -> str:
        return f"Web3Signer({self._address})"

    @property
    def address(self) -> str:
        """Checksummed address of the key."""
        return self._address

    def sign(self, message: bytes) -> bytes:
        """Return r || s || v over keccak256(message). Raises SignerUnreachable, SignerRefused or SignerFaulty."""
        text = _ask(self._session, "POST", self._url, body={"data": "0x" + message.hex()})
        try:
            signature = bytes.fromhex(text.strip().strip('"').removeprefix("0x"))
        except ValueError as exc:
            raise SignerFaulty("the reply of the remote signer is not hex") from exc
        return from_rsv(signature, message=message, address=self._address)


def open_web3signer(reference: str) -> Web3Signer:
    """Return the signer of ``https://host:port/0xAddress``; the service is asked which key has that address.

    Plain http is taken for loopback only. REMOTE_SIGNER_CERT, REMOTE_SIGNER_CERT_KEY and REMOTE_SIGNER_CA name PEM
    files.

    Raises SignerMisconfigured, SignerUnreachable, SignerRefused (no such key) or SignerFaulty.
    """
    base, address = _parts(reference)
    session = requests.Session()
    session.trust_env = False
    session.verify = env.text("REMOTE_SIGNER_CA") or True
    if certificate := env.text("REMOTE_SIGNER_CERT"):
        key = env.text("REMOTE_SIGNER_CERT_KEY")
        session.cert = (certificate, key) if key else certificate
    elif base.startswith("https:"):
        raise SignerMisconfigured("a remote signer needs mutual TLS: set REMOTE_SIGNER_CERT")
    for identifier in _public_keys(session, base):
        if _address(identifier) == address:
            return Web3Signer(url=f"{base}{SIGN}{identifier}", address=address, session=session)
    raise SignerRefused(f"the remote signer has no key of {address}")


def _parts(reference: str) -> tuple[str, str]:
    try:
        parts = urlsplit(reference)
        host, _ = parts.hostname, parts.port
    except ValueError as exc:
        raise SignerMisconfigured(f"not a URL: {exc}") from exc
    address = parts.path.strip("/")
    if not host or not is_address(address) or "@" in parts.netloc or parts.query:
        raise SignerMisconfigured("a remote signer is written web3signer+https://host:port/0xAddress")
    if parts.scheme != "https" and not (parts.scheme == "http" and host in LOOPBACK):
        raise SignerMisconfigured(f"a remote signer is asked over https, got {parts.scheme}://{host}")
    return f"{parts.scheme}://{parts.netloc}", str(to_checksum_address(address))


def _public_keys(session: requests.Session, base: str) -> list[str]:
    text = _ask(session, "GET", base + PUBLIC_KEYS)
    try:
        listed = json.loads(text)
    except ValueError as exc:
        raise SignerFaulty("the remote signer's list of keys is not JSON") from exc
    if not isinstance(listed, list) or not all(isinstance(entry, str) for entry in listed):
        raise SignerFaulty("the remote signer's list of keys is no list of texts")
    return listed[:MAX_KEYS]


def _address(identifier: str) -> str:
    """Return the address of a public key as the signer lists it: 0x and 64 bytes, with or without the 04 in front."""
    try:
        point = bytes.fromhex(identifier.removeprefix("0x"))
    except ValueError as exc:
        raise SignerFaulty("the remote signer lists a key that is not hex") from exc
    return address_of(point[1:] if len(point) == 65 else point)


def _ask(session: requests.Session, method: str, url: str, *, body: Any = None) -> str:
    """Return the text of a 200. The URL holds no secret, but errors name the host only, as those of a node do."""
    host = urlsplit(url).netloc
    try:
        reply = session.request(method, url, json=body, timeout=TIMEOUT_S, allow_redirects=False)
    except requests.exceptions.SSLError as exc:
        raise SignerRefused(f"{host}: TLS: {exc.__class__.__name__}") from exc
    except (requests.RequestException, OSError) as exc:
        raise SignerUnreachable(f"{host}: {exc.__class__.__name__}") from exc
    if reply.status_code == 200:
        return reply.text
    raise _refusal(reply.status_code, host)


def _refusal(status: int, host: str) -> ChainError:
    told = f"{host}: HTTP {status}"
    return SignerUnreachable(told) if status == 429 or status >= 500 else SignerRefused(told)
