"""What every test shares: no sockets beyond loopback, and where the recorded material lies."""

from __future__ import annotations

from pathlib import Path

import hypothesis
import pytest
from pytest_socket import socket_allow_hosts

REPOSITORY = Path(__file__).resolve().parents[1]
SHARED = REPOSITORY.parent / "shared"
RECORDED_DIR = SHARED / "sources" / "recorded"
HISTORY_DIR = SHARED / "history"
# A busy machine is no failure: properties are judged by what comes out, not by how long it took.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")
LOOPBACK = ["127.0.0.1", "::1", "localhost"]


def require(folder: Path) -> Path:
    """Return ``folder``, or skip the calling test with a reason when this machine does not have it."""
    if not folder.exists():
        pytest.skip(f"no recorded material: {folder} is absent")
    return folder


@pytest.fixture(autouse=True)
def _only_loopback_sockets() -> None:
    """No test reaches the internet: connecting anywhere but to loopback raises SocketConnectBlockedError."""
    socket_allow_hosts(LOOPBACK, allow_unix_socket=True)
