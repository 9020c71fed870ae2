"""Command lines of children that cannot outlive their parent, and the ports they may use."""

from __future__ import annotations

import socket
import sys
from pathlib import Path

CHILD = Path(__file__).with_name("child.py")
LOOPBACK = "127.0.0.1"
PORT_TRIES = 200


def as_child(command: list[str], *, death_signal: str = "SIGTERM", user: str = "") -> list[str]:
    """Return ``command`` wrapped so that the kernel sends it ``death_signal`` when its parent dies."""
    switch = ["--user", user] if user else []
    return [sys.executable, "-IS", str(CHILD), death_signal, *switch, *command]


def is_free(port: int) -> bool:
    """Say whether nothing listens on ``port`` of any address of this machine."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("", port))
        except OSError:
            return False
    return True


def free_port(wanted: int = 0, *, taken: frozenset[int] = frozenset()) -> int:
    """Return ``wanted``, or the next port after it that is free and not in ``taken``; 0 asks for any free port."""
    if wanted == 0:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.bind((LOOPBACK, 0))
            return int(probe.getsockname()[1])
    for port in range(wanted, min(wanted + PORT_TRIES, 65536)):
        if port not in taken and is_free(port):
            return port
    raise OSError(f"no free port from {wanted} to {wanted + PORT_TRIES}")
