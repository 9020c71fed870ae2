"""Keystores, signatures, and that keys stay inside."""

from __future__ import annotations

import logging
import pickle
import stat
from pathlib import Path

import pytest
from eth_account import Account
from eth_keys.datatypes import Signature

from apps.chain.errors import KeystoreUnusable
from apps.chain.fees import Fees
from apps.chain.signers import (
    HALF_ORDER,
    TransactionFields,
    create_keystore,
    keystore_address,
    open_keystore,
    sign_report,
    sign_transaction,
    sorted_by_address,
)
from tests.chain.local_chain import key


@pytest.fixture
def password(monkeypatch: pytest.MonkeyPatch) -> str:
    """The password in the environment."""
    monkeypatch.setenv("KEYSTORE_PASSWORD", "correct horse")
    return "correct horse"


def test_created_keystore_opens_to_its_address(tmp_path: Path, password: str) -> None:
    """The helper returns the address that the file states and that its key has."""
    address = create_keystore(tmp_path / "key.json", password)

    assert keystore_address(tmp_path / "key.json") == address == open_keystore(tmp_path / "key.json").address


def test_keystore_is_private_to_its_owner(tmp_path: Path, password: str) -> None:
    """The file can be read and written by its owner alone."""
    create_keystore(tmp_path / "key.json", password)

    assert stat.S_IMODE((tmp_path / "key.json").stat().st_mode) == 0o600


def test_keystore_is_never_overwritten(tmp_path: Path, password: str) -> None:
    """A second creation at the same path raises and leaves the first key."""
    address = create_keystore(tmp_path / "key.json", password)

    with pytest.raises(FileExistsError):
        create_keystore(tmp_path / "key.json", password)
    assert keystore_address(tmp_path / "key.json") == address


def test_password_may_come_from_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """KEYSTORE_PASSWORD_FILE opens the keystore too."""
    address = create_keystore(tmp_path / "key.json", "from file")
    (tmp_path / "password").write_text("from file\n")
    monkeypatch.delenv("KEYSTORE_PASSWORD", raising=False)
    monkeypatch.setenv("KEYSTORE_PASSWORD_FILE", str(tmp_path / "password"))

    assert open_keystore(tmp_path / "key.json").address == address


def test_each_keystore_may_have_its_own_password(tmp_path: Path, password: str) -> None:
    """The file beside a keystore opens that one alone; the others open with KEYSTORE_PASSWORD."""
    own, shared = create_keystore(tmp_path / "own.json", "its own"), create_keystore(tmp_path / "shared.json", password)
    (tmp_path / "own.json.password").write_text("its own\n")

    assert open_keystore(tmp_path / "own.json").address == own
    assert open_keystore(tmp_path / "shared.json").address == shared


@pytest.mark.parametrize("content", [b"another", b"", b"\xff"])
def test_wrong_password_beside_a_keystore_is_not_passed_by(tmp_path: Path, password: str, content: bytes) -> None:
    """KEYSTORE_PASSWORD is not tried behind it: what lies there is what was meant."""
    create_keystore(tmp_path / "key.json", password)
    (tmp_path / "key.json.password").write_bytes(content)

    with pytest.raises(KeystoreUnusable, match=r"^key\.json: \w+$"):
        open_keystore(tmp_path / "key.json")


@pytest.mark.parametrize("content", ["", "{}", "not json", '{"crypto": {"kdf": "scrypt"}, "version": 3}'])
def test_unusable_keystore_raises_without_its_content(tmp_path: Path, password: str, content: str) -> None:
    """A malformed file gives one typed error that names the file and nothing in it."""
    (tmp_path / "key.json").write_text(content)

    with pytest.raises(KeystoreUnusable, match=r"^key\.json: \w+$"):
        open_keystore(tmp_path / "key.json")


def test_wrong_password_raises(tmp_path: Path, password: str) -> None:
    """Another password gives the same typed error, without a chained cause."""
    create_keystore(tmp_path / "key.json", "another")

    with pytest.raises(KeystoreUnusable) as caught:
        open_keystore(tmp_path / "key.json")
    assert caught.value.__suppress_context__


def test_key_shows_neither_in_repr_nor_in_logs(caplog: pytest.LogCaptureFixture) -> None:
    """Printing, formatting or logging a signer shows its address alone."""
    signer = key(0xABCDEF123456789)
    with caplog.at_level(logging.DEBUG):
        logging.getLogger("test").warning("%s %r", signer, [signer])

    assert "abcdef123456789" not in (repr(signer) + str(signer) + caplog.text).lower()


def test_key_cannot_be_pickled() -> None:
    """A signer refuses to leave its process."""
    with pytest.raises(TypeError, match="process"):
        pickle.dumps(key(5))


@pytest.mark.parametrize("number", range(1, 21))
def test_signature_is_65_bytes_with_low_s_and_recovers(number: int) -> None:
    """r || s || v with v 27 or 28 and s in the lower half, by the signer's own address."""
    message = number.to_bytes(32, "big")

    signature = key(number).sign(message)

    assert len(signature) == 65
    assert signature[64] in (27, 28)
    assert int.from_bytes(signature[32:64], "big") <= HALF_ORDER
    vrs = Signature(signature[:64] + bytes([signature[64] - 27]))
    assert vrs.recover_public_key_from_msg(message).to_checksum_address() == key(number).address


def test_report_is_signed_in_ascending_order_of_address() -> None:
    """The order of keys in the configuration does not matter."""
    signers = [key(n) for n in (9, 3, 7, 1)]

    signatures = sign_report(bytes(32), signers)

    assert signatures == [signer.sign(bytes(32)) for signer in sorted_by_address(signers)]
    assert signatures == sign_report(bytes(32), signers[::-1])


def test_signed_transaction_recovers_to_the_sender() -> None:
    """The raw bytes carry the sender's signature and hash to tx_hash."""
    fields = TransactionFields(
        chain_id=31337, nonce=7, to=key(2).address, data=b"\x01", gas_limit=21_000, fees=Fees(10, 1)
    )

    signed = sign_transaction(fields, key(1))

    assert Account.recover_transaction(signed.raw) == key(1).address
    assert signed.tx_hash.startswith("0x")
    assert len(signed.tx_hash) == 66
