"""A key in AWS KMS: an asymmetric one of spec ECC_SECG_P256K1 and usage SIGN_VERIFY; it never leaves the service.

GetPublicKey returns a DER SubjectPublicKeyInfo, Sign with MessageType DIGEST a DER signature over 32 bytes; KMS calls
the algorithm ECDSA_SHA_256 whatever hash made the digest. https://docs.aws.amazon.com/kms/latest/APIReference/API_Sign.html
Region and credentials come from where boto3 looks for them: instance role, web identity, profile.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, NoRegionError
from eth_hash.auto import keccak

from apps.chain.errors import SignerMisconfigured, SignerRefused, SignerUnreachable
from apps.chain.kms import address_of_der
from apps.chain.signatures import from_der

TIMEOUTS = Config(connect_timeout=3, read_timeout=5, retries={"max_attempts": 2, "mode": "standard"})
TRANSIENT = frozenset(
    {"ThrottlingException", "KMSInternalException", "DependencyTimeoutException", "KeyUnavailableException"}
)


class AwsKmsSigner:
    """One key of AWS KMS."""

    __slots__ = ("_address", "_client", "_key")

    def __init__(self, *, client: Any, key: str, address: str) -> None:
        self._client = client
        self._key = key
        self._address = address

    def __repr__(self) -> str:
        return f"AwsKmsSigner({self._address})"

    @property
    def address(self) -> str:
        """Checksummed address of the key."""
        return self._address

    def sign(self, message: bytes) -> bytes:
        """Return r || s || v over keccak256(message). Raises SignerUnreachable, SignerRefused or SignerFaulty."""
        with _mapped():
            reply = self._client.sign(
                KeyId=self._key, Message=keccak(message), MessageType="DIGEST", SigningAlgorithm="ECDSA_SHA_256"
            )
        return from_der(reply["Signature"], message=message, address=self._address)


def open_aws_kms(key: str) -> AwsKmsSigner:
    """Return the signer of a key id, ARN (its region is used) or alias. Raises a Signer error."""
    region = key.split(":")[3] if key.startswith("arn:") and key.count(":") >= 5 else None
    with _mapped():
        client = boto3.client("kms", region_name=region, config=TIMEOUTS)
        reply = client.get_public_key(KeyId=key)
    return AwsKmsSigner(client=client, key=key, address=address_of_der(reply["PublicKey"]))


@contextmanager
def _mapped() -> Iterator[None]:
    """Turn boto's errors into ours; their texts name keys and roles, which is what an operator needs to see."""
    try:
        yield
    except (NoRegionError, NoCredentialsError) as exc:
        raise SignerMisconfigured(f"AWS KMS: {exc}") from exc
    except ClientError as exc:
        code = str(exc.response.get("Error", {}).get("Code", ""))
        kind = SignerUnreachable if code in TRANSIENT else SignerRefused
        raise kind(f"AWS KMS: {code}") from exc
    except BotoCoreError as exc:
        raise SignerUnreachable(f"AWS KMS: {exc.__class__.__name__}") from exc
