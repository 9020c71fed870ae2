"""Source API keys as they rest and travel: tokens that only a process with SOURCE_KEYS_SECRET can open.

SOURCE_KEYS_SECRET holds one secret or more, separated by commas. The first seals; all of them open, so that a secret is
changed by putting the new one in front, running `manage.py source_key rotate`, and taking the old one out.

A sealed key names the origin it was set for (``https://pro-api.coinmarketcap.com``) and opens for no other: somebody
who may edit a source, but not see its key, cannot have it sent to a host of their own.

Tokens are Fernet's (AES-128-CBC with HMAC-SHA256, https://github.com/fernet/spec); its keys are derived from the
secrets by HKDF-SHA256, so a secret may be any long random text.
"""

from __future__ import annotations

import base64
import json
import re
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from apps.monitoring import logs
from oracle_project import env

if TYPE_CHECKING:
    from cryptography.fernet import Fernet, MultiFernet

VARIABLE = "SOURCE_KEYS_SECRET"
MIN_SECRET_CHARACTERS = 32
MIN_KEY_CHARACTERS = 12  # long enough that no price is mistaken for a key and starred out of a reply
MAX_KEY_CHARACTERS = 1000
_PURPOSE = b"price-oracle source keys v1"
_KEY = re.compile(r"[!-~]+")  # printable ASCII without blanks: what a header and a URL can carry


class SealError(ValueError):
    """A key cannot be sealed or opened; the message never holds a key or a secret."""


def origin_of(url: str) -> str:
    """Return scheme, host and port of a URL, the default port left out. Raises SealError without a host."""
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError as exc:
        raise SealError(f"not a URL: {exc}") from exc
    if not host or "{" in host:
        raise SealError("the source has no address that a key could be set for")
    is_default = port is None or (parts.scheme, port) in {("https", 443), ("http", 80)}
    return f"{parts.scheme}://{host}" + ("" if is_default else f":{port}")


def seal(key: str, *, origin: str) -> str:
    """Return a token that opens to the key, for this origin only. Raises SealError."""
    if not MIN_KEY_CHARACTERS <= len(key) <= MAX_KEY_CHARACTERS or not _KEY.fullmatch(key):
        raise SealError(
            f"a key has {MIN_KEY_CHARACTERS} to {MAX_KEY_CHARACTERS} printable ASCII characters and no blank, "
            f"got {len(key)} characters"
        )
    return _fernets().encrypt(json.dumps({"key": key, "origin": origin}).encode()).decode()


def unseal(token: str, *, origin: str) -> str:
    """Return the key, which from now on never stands in a log line of this process. Raises SealError."""
    from cryptography.fernet import InvalidToken  # noqa: PLC0415 - 6 MB that a worker without keys never needs

    try:
        content = json.loads(_fernets().decrypt(token.encode()))
    except InvalidToken as exc:
        raise SealError(f"no secret of {VARIABLE} opens the source's key; set the key again") from exc
    if content["origin"] != origin:
        raise SealError(f"the source's key was set for {content['origin']}, not for {origin}; set it again")
    logs.hide(content["key"])
    return str(content["key"])


def reseal(token: str) -> str:
    """Return the token sealed anew under the first secret. Raises SealError."""
    from cryptography.fernet import InvalidToken  # noqa: PLC0415

    try:
        return _fernets().rotate(token.encode()).decode()
    except InvalidToken as exc:
        raise SealError(f"no secret of {VARIABLE} opens the source's key; set the key again") from exc


def is_current(token: str) -> bool:
    """Return whether the first secret alone opens the token, so that the others may go. Raises SealError."""
    from cryptography.fernet import InvalidToken  # noqa: PLC0415

    try:
        _fernet(_secrets()[0]).decrypt(token.encode())
    except InvalidToken:
        return False
    return True


def secret_faults() -> list[str]:
    """Return what is wrong with the secrets, without showing any; empty when they can work or there is none."""
    secrets = env.listing(VARIABLE)
    faults = [
        f"{VARIABLE}: secret {place} has {len(secret)} characters, fewer than {MIN_SECRET_CHARACTERS}"
        for place, secret in enumerate(secrets, start=1)
        if len(secret) < MIN_SECRET_CHARACTERS
    ]
    return faults + ([f"{VARIABLE} holds a secret twice"] if len(set(secrets)) != len(secrets) else [])


def _secrets() -> tuple[str, ...]:
    """Return the secrets, the sealing one first. Raises SealError when there is none, or one is too short."""
    secrets = tuple(env.listing(VARIABLE))
    if not secrets:
        raise SealError(f"{VARIABLE} (or {VARIABLE}_FILE) is not set, and source keys need it")
    if faults := secret_faults():
        raise SealError("; ".join(faults))
    return secrets


def _fernets() -> MultiFernet:
    return _fernets_of(_secrets())


@lru_cache(maxsize=4)
def _fernets_of(secrets: tuple[str, ...]) -> MultiFernet:
    from cryptography.fernet import MultiFernet  # noqa: PLC0415

    return MultiFernet([_fernet(secret) for secret in secrets])


def _fernet(secret: str) -> Fernet:
    from cryptography.fernet import Fernet  # noqa: PLC0415
    from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF  # noqa: PLC0415

    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=_PURPOSE).derive(secret.encode())
    return Fernet(base64.urlsafe_b64encode(derived))
