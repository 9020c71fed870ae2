"""Keys and chains of a destination, made once per process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from apps.chain.signers import create_keystore
from apps.submissions import clients
from tests.chain.local_chain import key


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    """Nothing made before or by these tests is used by others."""
    clients.forget()
    yield
    clients.forget()


def test_addresses_come_from_keystores_and_from_services(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A keystore states its address without being opened, a key service is asked; the order is kept."""
    path = str(tmp_path / "signer.json")
    stated = create_keystore(path, "never told to the process")
    monkeypatch.delenv("KEYSTORE_PASSWORD", raising=False)
    asked: list[str] = []
    monkeypatch.setattr(clients, "open_signer", lambda reference: (asked.append(reference), key(5))[1])

    assert clients.addresses_of(["aws-kms:alias/one", path]) == [key(5).address, stated]
    assert asked == ["aws-kms:alias/one"]
