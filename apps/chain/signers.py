"""Keys: report signers and accounts that send transactions. A key is never shown, logged or compared.

A signer gets the message and not its hash, since a remote one hashes by itself. What is signed is always
keccak256(message): of ``0x19 0x01 || domain || struct`` for a report (EIP-712), of the unsigned bytes of a transaction.

Signatures are 65 bytes r || s || v with v 27 or 28 and s in the lower half of the curve's order, as the contract
demands (libsecp256k1 always returns it there, and ``sign`` checks).
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from eth_hash.auto import keccak
from eth_typing import Hash32
from eth_utils.address import to_checksum_address

from apps.chain.errors import KeystoreUnusable
from apps.chain.key_references import password_file
from apps.chain.signatures import HALF_ORDER
from apps.chain.transactions import SignedTransaction, TransactionFields, signed_transaction, unsigned_bytes
from oracle_project import env

if TYPE_CHECKING:
    from eth_account import Account
    from eth_account.signers.local import LocalAccount

__all__ = [
    "KeystoreSigner",
    "SignedTransaction",
    "Signer",
    "TransactionFields",
    "create_keystore",
    "keystore_address",
    "open_keystore",
    "sign_report",
    "sign_transaction",
    "sorted_by_address",
]

LOCAL_KDF_ROUNDS = 4_096  # scrypt; ~1 % of the standard cost: development keys guard play money and must open fast
STANDARD_KDF_ROUNDS = 262_144


class Signer(Protocol):
    """A key, here or elsewhere, that vouches for a report or pays for a transaction."""

    @property
    def address(self) -> str:
        """Checksummed address of the key."""

    def sign(self, message: bytes) -> bytes:
        """Return the 65-byte signature over keccak256(message). Raises SignerUnreachable, Refused or Faulty."""


class KeystoreSigner:
    """A key opened from an encrypted keystore file; signs digests and transactions."""

    __slots__ = ("_account",)

    def __init__(self, account: LocalAccount) -> None:
        self._account = account

    def __repr__(self) -> str:
        return f"KeystoreSigner({self.address})"

    def __reduce__(self) -> str:
        raise TypeError("a key does not leave its process")

    @property
    def address(self) -> str:
        """Checksummed address of the key."""
        return str(self._account.address)

    def sign(self, message: bytes) -> bytes:
        """Return r || s || v over keccak256(message), s in the lower half."""
        signed = self._account.unsafe_sign_hash(Hash32(keccak(message)))
        if signed.s > HALF_ORDER:  # pragma: no cover - no known backend does this
            raise ValueError("the signing backend returned a high s")
        return bytes(signed.signature)


def open_keystore(path: str | Path) -> KeystoreSigner:
    """Return the key of a keystore file, opened with the password in the file beside it, else KEYSTORE_PASSWORD.

    Raises KeystoreUnusable, without a word about the content.
    """
    try:
        document = json.loads(Path(path).read_text(encoding="utf-8"))
        key = _accounts().decrypt(document, _password_of(Path(path)))
    except (OSError, ValueError, TypeError, KeyError) as exc:
        # `from None`: the chain of a decryption error may quote the document
        raise KeystoreUnusable(f"{Path(path).name}: {exc.__class__.__name__}") from None
    return KeystoreSigner(_accounts().from_key(key))


def _password_of(keystore: Path) -> str:
    own = password_file(keystore)
    if own.exists():
        return own.read_text(encoding="utf-8").rstrip("\r\n")
    return env.text("KEYSTORE_PASSWORD")


def keystore_address(path: str | Path) -> str:
    """Return the checksummed address a keystore file states, without opening it. Raises KeystoreUnusable."""
    try:
        return str(to_checksum_address(json.loads(Path(path).read_text(encoding="utf-8"))["address"]))
    except (OSError, ValueError, TypeError, KeyError) as exc:
        raise KeystoreUnusable(f"{Path(path).name}: {exc.__class__.__name__}") from None


def create_keystore(path: str | Path, password: str, *, local: bool = True) -> str:
    """Write a new random key to an encrypted keystore file (mode 0600) and return its address.

    local: a cheap key derivation, for development keys only.

    Raises:
        FileExistsError: the file is there already; a key is never overwritten.
        ValueError: the password is empty.
    """
    if not password:
        raise ValueError("a keystore needs a password")
    account = _accounts().create()
    rounds = LOCAL_KDF_ROUNDS if local else STANDARD_KDF_ROUNDS
    document = _accounts().encrypt(account.key, password, kdf="scrypt", iterations=rounds)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(document, file)
    return str(account.address)


def members_among(addresses: Iterable[str], signers: Iterable[str]) -> list[str]:
    """Return the members of a signer set that are among some addresses, in any spelling; as the set has them."""
    known = {address.lower() for address in addresses}
    return [signer for signer in signers if signer.lower() in known]


def sorted_by_address(signers: Iterable[Signer]) -> tuple[Signer, ...]:
    """Return the signers in ascending order of address, as the contract wants their signatures."""
    return tuple(sorted(signers, key=lambda signer: int(signer.address, 16)))


def sign_report(message: bytes, signers: Sequence[Signer]) -> list[bytes]:
    """Return one signature of a report's message per signer, ascending by signer address."""
    return [signer.sign(message) for signer in sorted_by_address(signers)]


def sign_transaction(fields: TransactionFields, signer: Signer) -> SignedTransaction:
    """Return the transaction of these fields, signed."""
    return signed_transaction(fields, signer.sign(unsigned_bytes(fields)))


def _accounts() -> type[Account]:
    """Return eth_account's class of accounts, loaded by whoever holds keys: it costs others a second of start."""
    from eth_account import Account  # noqa: PLC0415

    from apps.chain import recursion as _recursion  # noqa: F401, PLC0415 - for its effect

    return Account
