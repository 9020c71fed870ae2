"""Stand-ins for key services: the protocol of each over a key of the test's own."""

from __future__ import annotations

import base64
import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import google_crc32c
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from eth_account import Account
from eth_utils.crypto import keccak

from apps.chain.signatures import ORDER

Answer = tuple[int, str]
Route = Callable[[str, str, bytes], Answer]


def private_key(number: int) -> ec.EllipticCurvePrivateKey:
    """Return the secp256k1 key of a small number."""
    return ec.derive_private_key(number, ec.SECP256K1())


def address_of_key(number: int) -> str:
    """Return the address of the key of that number, by another library."""
    return str(Account.from_key(number.to_bytes(32, "big")).address)


def der_signature(number: int, digest: bytes, *, high_s: bool = False) -> bytes:
    """Return a DER signature over a digest, with s forced into one half."""
    r, s = decode_dss_signature(private_key(number).sign(digest, ec.ECDSA(Prehashed(hashes.SHA256()))))
    low = min(s, ORDER - s)
    return encode_dss_signature(r, ORDER - low if high_s else low)


@contextmanager
def served(route: Route, *, tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """Serve ``route(method, path, body) -> (status, text)`` on loopback and yield its base URL."""

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            status, text = route(self.command, self.path, body)
            self.send_response(status)
            self.send_header("content-length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        do_GET = do_POST = _answer  # noqa: N815 - the library's names

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Stay quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"{'https' if tls else 'http'}://localhost:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def web3signer(number: int) -> Route:
    """Return the eth1 routes of Web3Signer over one key: it hashes what it signs."""
    account = Account.from_key(number.to_bytes(32, "big"))
    identifier = "0x" + bytes(account._key_obj.public_key.to_bytes()).hex()

    def route(method: str, path: str, body: bytes) -> Answer:
        if (method, path) == ("GET", "/api/v1/eth1/publicKeys"):
            return 200, json.dumps(["0x" + "11" * 64, identifier])
        if (method, path) == ("POST", f"/api/v1/eth1/sign/{identifier}"):
            message = bytes.fromhex(json.loads(body)["data"][2:])
            return 200, "0x" + bytes(account.unsafe_sign_hash(keccak(message)).signature).hex()
        return 404, "Resource not found"

    return route


def google_kms(number: int, name: str, **changed: Any) -> Route:
    """Return the two calls of Google KMS over one key; ``changed`` replaces fields of its answers."""
    pem = private_key(number).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

    def route(method: str, path: str, body: bytes) -> Answer:
        if (method, path) == ("GET", f"/v1/{name}/publicKey"):
            sums = {"pem": pem, "pemCrc32c": str(google_crc32c.value(pem.encode()))}
            return 200, json.dumps({**sums, "algorithm": "EC_SIGN_SECP256K1_SHA256", "name": name, **changed})
        if (method, path) == ("POST", f"/v1/{name}:asymmetricSign"):
            asked = json.loads(body)
            digest = base64.b64decode(asked["digest"]["sha256"])
            der = der_signature(number, digest, high_s=True)
            signature = {
                "signature": base64.b64encode(der).decode(),
                "signatureCrc32c": str(google_crc32c.value(der)),
                "verifiedDigestCrc32c": asked["digestCrc32c"] == str(google_crc32c.value(digest)),
                "name": name,
            }
            return 200, json.dumps({**signature, **changed})
        return 404, "{}"

    return route


class Authority:
    """A certificate authority of the test's own, for servers and clients on localhost."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test authority")])
        self._certificate = self._issue("test authority", self._key, ca=True)
        self.certificate = folder / "ca.pem"
        self.certificate.write_bytes(self._certificate.public_bytes(Encoding.PEM))

    def issue(self, name: str) -> Path:
        """Return a PEM file with a certificate of that name and its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        path = self._folder / f"{name}.pem"
        secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        path.write_bytes(self._issue(name, key, ca=False).public_bytes(Encoding.PEM) + secret)
        return path

    def server_context(self) -> ssl.SSLContext:
        """Return the TLS settings of a server that wants a certificate of this authority from its clients."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.issue("localhost"))
        context.load_verify_locations(self.certificate)
        context.verify_mode = ssl.CERT_REQUIRED
        return context

    def _issue(self, name: str, key: ec.EllipticCurvePrivateKey, *, ca: bool) -> x509.Certificate:
        now = datetime.now(UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(minutes=5))
            .not_valid_after(now + timedelta(hours=1))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
        )
        if ca:
            usage = x509.KeyUsage(True, False, False, False, False, True, True, False, False)
            builder = builder.add_extension(usage, critical=True)
        else:
            purposes = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH])
            builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
            builder = builder.add_extension(purposes, critical=False)
        return builder.sign(self._key, hashes.SHA256())
