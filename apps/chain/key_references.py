"""How a setting refers to a key: a keystore file here, or a key that never leaves its service.

    /run/secrets/signer_1                         encrypted keystore file; its password is in signer_1.password
                                                  beside it, else KEYSTORE_PASSWORD
    web3signer+https://signer:9000/0xAddress      Web3Signer (or one that speaks its eth1 API), mutual TLS
    aws-kms:KEY                                   AWS KMS: key id, ARN or alias/NAME; needs requirements/aws-kms.txt
    gcp-kms:projects/…/cryptoKeyVersions/N        Google Cloud KMS; needs requirements/gcp-kms.txt

A reference is no secret. What reaches the service is: client certificate, instance role, workload identity.
"""

from __future__ import annotations

from pathlib import Path

WEB3SIGNER, AWS_KMS, GCP_KMS = "web3signer+", "aws-kms:", "gcp-kms:"
SCHEMES = (WEB3SIGNER, AWS_KMS, GCP_KMS)


def is_keystore(reference: str) -> bool:
    """Return whether the reference names a file here and not a key in a service."""
    return not reference.startswith(SCHEMES)


def password_file(keystore: Path) -> Path:
    """Return where a keystore file's own password may lie: ``signer_1.password`` beside ``signer_1``."""
    return keystore.with_name(f"{keystore.name}.password")
