"""Opens the key that a setting refers to; see ``key_references`` for the forms."""

from __future__ import annotations

from apps.chain.errors import SignerMisconfigured
from apps.chain.key_references import AWS_KMS, GCP_KMS, WEB3SIGNER
from apps.chain.signers import Signer, open_keystore


def open_signer(reference: str) -> Signer:
    """Return the signer, its address known, its service asked once.

    Raises KeystoreUnusable, SignerMisconfigured, SignerUnreachable, SignerRefused or SignerFaulty.
    """
    # imported where wanted: each brings a library that only its users install or load
    try:
        if reference.startswith(WEB3SIGNER):
            from apps.chain.web3signer import open_web3signer  # noqa: PLC0415

            return open_web3signer(reference.removeprefix(WEB3SIGNER))
        if reference.startswith(AWS_KMS):
            from apps.chain.aws_kms import open_aws_kms  # noqa: PLC0415

            return open_aws_kms(reference.removeprefix(AWS_KMS))
        if reference.startswith(GCP_KMS):
            from apps.chain.gcp_kms import open_gcp_kms  # noqa: PLC0415

            return open_gcp_kms(reference.removeprefix(GCP_KMS))
    except ModuleNotFoundError as exc:
        scheme = reference.partition(":")[0]
        raise SignerMisconfigured(f"{scheme} needs requirements/{scheme}.txt: no module {exc.name}") from exc
    return open_keystore(reference)
