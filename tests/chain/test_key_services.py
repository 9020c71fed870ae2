"""Keys that never leave their service: what they return becomes a signature the contract takes, or a clear error."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
import requests
from botocore.stub import Stubber
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from eth_keys.datatypes import Signature
from eth_utils.crypto import keccak
from hypothesis import given
from hypothesis import strategies as st
from moto import mock_aws
from moto.kms.utils import ECDSAPrivateKey

from apps.chain.aws_kms import AwsKmsSigner, open_aws_kms
from apps.chain.errors import KeystoreUnusable, SignerFaulty, SignerMisconfigured, SignerRefused, SignerUnreachable
from apps.chain.gcp_kms import GcpKmsSigner, open_gcp_kms
from apps.chain.open_signer import open_signer
from apps.chain.signatures import HALF_ORDER, ORDER, from_der, from_rsv
from apps.chain.signers import Signer
from tests.chain.key_services import (
    Answer,
    Authority,
    address_of_key,
    der_signature,
    google_kms,
    served,
    web3signer,
)

MESSAGE = b"\x19\x01" + bytes(range(64))
NAME = "projects/p/locations/l/keyRings/r/cryptoKeys/k/cryptoKeyVersions/1"


def assert_signs(signer: Signer, message: bytes = MESSAGE) -> None:
    """The signature is r || s || v with low s, over keccak256(message), by the signer's address."""
    signature = signer.sign(message)

    assert len(signature) == 65
    assert signature[64] in (27, 28)
    assert int.from_bytes(signature[32:64], "big") <= HALF_ORDER
    key = Signature(signature[:64] + bytes([signature[64] - 27])).recover_public_key_from_msg_hash(keccak(message))
    assert key.to_checksum_address() == signer.address


@given(number=st.integers(1, ORDER - 1), message=st.binary(max_size=100), high_s=st.booleans())
def test_der_of_any_key_becomes_a_signature_with_low_s(number: int, message: bytes, high_s: bool) -> None:
    """Both halves of s and both parities end as the form the contract demands."""
    address = address_of_key(number)

    signature = from_der(der_signature(number, keccak(message), high_s=high_s), message=message, address=address)

    assert int.from_bytes(signature[32:64], "big") <= HALF_ORDER
    assert from_rsv(signature, message=message, address=address) == signature


@pytest.mark.parametrize("der", [b"", b"\x30\x00", b"\x30\x06\x02\x01\x00\x02\x01\x01", bytes(70)])
def test_der_that_is_no_signature_is_faulty(der: bytes) -> None:
    """Rubbish and r = 0 are refused with one code."""
    with pytest.raises(SignerFaulty):
        from_der(der, message=MESSAGE, address=address_of_key(1))


def test_signature_of_another_key_or_message_is_faulty() -> None:
    """A service that signs something else is found out before anything is sent."""
    der = der_signature(2, keccak(MESSAGE))

    with pytest.raises(SignerFaulty, match="is not of"):
        from_der(der, message=MESSAGE, address=address_of_key(1))
    with pytest.raises(SignerFaulty, match="is not of"):
        from_der(der, message=MESSAGE + b"!", address=address_of_key(2))


class TestWeb3Signer:
    """A remote signer that speaks Web3Signer's eth1 API."""

    def test_signs_over_mutual_tls(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """With a client certificate the service accepts, the key of the asked address signs."""
        authority = Authority(tmp_path)
        monkeypatch.setenv("REMOTE_SIGNER_CA", str(authority.certificate))
        monkeypatch.setenv("REMOTE_SIGNER_CERT", str(authority.issue("oracle")))

        with served(web3signer(7), tls=authority.server_context()) as url:
            signer = open_signer(f"web3signer+{url}/{address_of_key(7)}")
            assert_signs(signer)

        assert signer.address == address_of_key(7)
        assert repr(signer) == f"Web3Signer({address_of_key(7)})"

    def test_client_without_an_accepted_certificate_is_refused(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Without a certificate we do not ask; with a stranger's the service does not answer."""
        authority = Authority(tmp_path)
        (tmp_path / "stranger").mkdir()
        stranger = Authority(tmp_path / "stranger").issue("oracle")
        monkeypatch.setenv("REMOTE_SIGNER_CA", str(authority.certificate))

        with served(web3signer(7), tls=authority.server_context()) as url:
            with pytest.raises(SignerMisconfigured, match="mutual TLS"):
                open_signer(f"web3signer+{url}/{address_of_key(7)}")
            monkeypatch.setenv("REMOTE_SIGNER_CERT", str(stranger))
            with pytest.raises((SignerRefused, SignerUnreachable)):
                open_signer(f"web3signer+{url}/{address_of_key(7)}")

    def test_unknown_server_is_refused(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A service whose certificate nobody we trust has signed gets no request."""
        authority = Authority(tmp_path)
        monkeypatch.setenv("REMOTE_SIGNER_CERT", str(authority.issue("oracle")))

        with (
            served(web3signer(7), tls=authority.server_context()) as url,
            pytest.raises(SignerRefused, match="SSLError"),
        ):
            open_signer(f"web3signer+{url}/{address_of_key(7)}")

    def test_key_the_service_does_not_have_is_refused(self) -> None:
        """An address none of the listed keys has ends at the start, not at the first report."""
        with served(web3signer(7)) as url, pytest.raises(SignerRefused, match="no key of"):
            open_signer(f"web3signer+{url}/{address_of_key(8)}")

    @pytest.mark.parametrize(
        ("reference", "told"),
        [
            ("http://signer.example/0x" + "11" * 20, "over https"),
            ("https://signer.example/", "is written"),
            ("https://signer.example/0x1234", "is written"),
            ("https://user:secret@signer.example/0x" + "11" * 20, "is written"),
            ("https://signer.example:port/0x" + "11" * 20, "not a URL"),
        ],
    )
    def test_reference_that_cannot_work_says_why(self, reference: str, told: str) -> None:
        """A malformed or insecure reference is refused, and no secret of it is repeated."""
        with pytest.raises(SignerMisconfigured, match=told) as caught:
            open_signer(f"web3signer+{reference}")

        assert "secret" not in str(caught.value)

    @pytest.mark.parametrize(
        ("answer", "error"),
        [
            ((503, "busy"), SignerUnreachable),
            ((429, ""), SignerUnreachable),
            ((403, ""), SignerRefused),
            ((404, "Resource not found"), SignerRefused),
            ((200, "<html>"), SignerFaulty),
            ((200, "0x1234"), SignerFaulty),
            ((200, "0x" + "00" * 65), SignerFaulty),
            ((200, "0x" + "ff" * 65), SignerFaulty),
        ],
    )
    def test_every_bad_answer_has_a_code(self, answer: Answer, error: type[Exception]) -> None:
        """Busy services are asked again later, refusals and rubbish are not."""
        honest = web3signer(7)

        with served(lambda method, path, body: answer if method == "POST" else honest(method, path, body)) as url:
            signer = open_signer(f"web3signer+{url}/{address_of_key(7)}")
            with pytest.raises(error):
                signer.sign(MESSAGE)

    def test_service_that_is_away_is_unreachable(self) -> None:
        """A closed port is transient."""
        with served(web3signer(7)) as url:
            signer = open_signer(f"web3signer+{url}/{address_of_key(7)}")

        with pytest.raises(SignerUnreachable) as caught:
            signer.sign(MESSAGE)
        assert caught.value.transient


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """An AWS KMS in this process."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    # moto hashes the message although MessageType is DIGEST; the service signs a digest as it is
    monkeypatch.setattr(
        ECDSAPrivateKey,
        "sign",
        lambda key, message, _algorithm: key.private_key.sign(message, ec.ECDSA(Prehashed(hashes.SHA256()))),
    )
    with mock_aws():
        yield boto3.client("kms")


class TestAwsKms:
    """Keys of AWS KMS."""

    def test_signs_by_id_arn_and_alias(self, aws: Any) -> None:
        """All three names of a key give the same signer."""
        made = aws.create_key(KeySpec="ECC_SECG_P256K1", KeyUsage="SIGN_VERIFY")["KeyMetadata"]
        aws.create_alias(AliasName="alias/signer", TargetKeyId=made["KeyId"])

        signers = [open_signer(f"aws-kms:{name}") for name in (made["KeyId"], made["Arn"], "alias/signer")]

        assert len({signer.address for signer in signers}) == 1
        for signer in signers:
            assert_signs(signer)
        assert repr(signers[0]) == f"AwsKmsSigner({signers[0].address})"

    def test_key_of_another_curve_is_refused(self, aws: Any) -> None:
        """A P-256 key cannot sign for the EVM."""
        made = aws.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]

        with pytest.raises(SignerMisconfigured, match="secp256k1, got secp256r1"):
            open_aws_kms(made["KeyId"])

    def test_unknown_key_is_refused(self, aws: Any) -> None:
        """The service's own code is in the message."""
        with pytest.raises(SignerRefused, match="NotFoundException"):
            open_aws_kms("11111111-2222-3333-4444-555555555555")

    @pytest.mark.parametrize(
        ("code", "error"),
        [
            ("DisabledException", SignerRefused),
            ("KMSInvalidStateException", SignerRefused),
            ("AccessDeniedException", SignerRefused),
            ("ThrottlingException", SignerUnreachable),
            ("KMSInternalException", SignerUnreachable),
        ],
    )
    def test_refusals_of_the_service_keep_their_kind(self, aws: Any, code: str, error: type[Exception]) -> None:
        """What may pass in a moment is transient, the rest needs a person; the service's code is told."""
        signer = AwsKmsSigner(client=aws, key="alias/signer", address=address_of_key(1))

        with Stubber(aws) as stub:
            stub.add_client_error("sign", service_error_code=code)
            with pytest.raises(error, match=code):
                signer.sign(MESSAGE)


class TestGcpKms:
    """Keys of Google Cloud KMS, by the messages of its REST API."""

    def test_signs_with_checked_sums(self) -> None:
        """Public key and signature pass their sums; a high s comes out low."""
        with served(google_kms(9, NAME)) as url:
            signer = GcpKmsSigner(session=requests.Session(), url=f"{url}/v1/", name=NAME)
            assert_signs(signer)

        assert signer.address == address_of_key(9)

    @pytest.mark.parametrize(
        ("changed", "error"),
        [
            ({"algorithm": "EC_SIGN_P256_SHA256"}, SignerMisconfigured),
            ({"pemCrc32c": "1"}, SignerFaulty),
            ({"pem": "", "pemCrc32c": "0"}, SignerMisconfigured),
        ],
    )
    def test_unusable_public_key_is_refused_at_the_start(self, changed: dict[str, Any], error: type[Exception]) -> None:
        """Another algorithm, a sum that does not fit, or no key."""
        with served(google_kms(9, NAME, **changed)) as url, pytest.raises(error):
            GcpKmsSigner(session=requests.Session(), url=f"{url}/v1/", name=NAME)

    @pytest.mark.parametrize(
        "changed",
        [
            {"verifiedDigestCrc32c": False},
            {"signatureCrc32c": "1"},
            {"signature": "no base64!"},
            {"signature": base64.b64encode(b"rubbish").decode()},
        ],
    )
    def test_damaged_reply_is_faulty(self, changed: dict[str, Any]) -> None:
        """A reply that lost bits on its way is not used."""
        with served(google_kms(9, NAME, **changed)) as url:
            signer = GcpKmsSigner(session=requests.Session(), url=f"{url}/v1/", name=NAME)
            with pytest.raises(SignerFaulty):
                signer.sign(MESSAGE)

    @pytest.mark.parametrize(
        ("status", "error"), [(403, SignerRefused), (404, SignerRefused), (503, SignerUnreachable)]
    )
    def test_refusals_keep_their_kind(self, status: int, error: type[Exception]) -> None:
        """No permission is permanent, an outage is not."""
        with served(lambda *_: (status, json.dumps({"error": {}}))) as url, pytest.raises(error):
            GcpKmsSigner(session=requests.Session(), url=f"{url}/v1/", name=NAME)

    def test_malformed_name_is_refused(self) -> None:
        """The full resource name of a version is needed."""
        with pytest.raises(SignerMisconfigured, match="cryptoKeyVersions"):
            open_gcp_kms("my-key")


def test_anything_else_is_a_keystore_file(tmp_path: Path) -> None:
    """A path opens as a keystore, and a missing one says so."""
    with pytest.raises(KeystoreUnusable, match=r"signer\.json"):
        open_signer(str(tmp_path / "signer.json"))


def test_missing_extra_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without boto3 the message names the requirements file."""
    monkeypatch.setitem(__import__("sys").modules, "apps.chain.aws_kms", None)

    with pytest.raises(SignerMisconfigured, match=r"requirements/aws-kms\.txt"):
        open_signer("aws-kms:alias/signer")
