"""Throwaway servers for a section: started on free loopback ports by the runner's own helpers, ended by their pid."""

from __future__ import annotations

import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from local import embedded
from local.launch import as_child, free_port

STOP_TIMEOUT_S = 15.0


class ServerFailed(RuntimeError):
    """A server did not come up; the message ends with its log."""


@dataclass(frozen=True, slots=True)
class Running:
    """A server under way: its address and the process that is the root of its tree."""

    url: str
    pid: int


class Servers:
    """What a section starts. Leaving the ``with`` block ends everything, the last started first."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="oracle-bench-"))
        self._folder.chmod(0o700)
        self._running: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        while self._running:
            _end(self._running.pop())
        shutil.rmtree(self._folder, ignore_errors=True)

    def postgres(self, *, durable: bool = False) -> Running:
        """Start PostgreSQL with an empty database of the oracle. durable: sync to disk as in production."""
        folder, password, port = self._folder / "postgres", secrets.token_hex(12), free_port()
        embedded.init_postgres(folder, password=password)
        pid = self.start("postgres", embedded.postgres_command(folder, port=port, durable=durable))
        with self._log_in_error("postgres"):
            embedded.prepare_database(port=port, password=password)
        return Running(embedded.postgres_url(port=port, password=password), pid)

    def valkey(self, *, durable: bool = False) -> Running:
        """Start Valkey (or the Redis that is on PATH)."""
        folder, password, port = self._folder / "valkey", secrets.token_hex(12), free_port()
        pid = self.start("valkey", embedded.valkey_command(folder, port=port, password=password, durable=durable))
        url = embedded.valkey_url(port=port, password=password)
        with self._log_in_error("valkey"):
            embedded.await_valkey(url)
        return Running(url, pid)

    def anvil(self) -> Running:
        """Start a local chain without history on disk."""
        port = free_port()
        pid = self.start("anvil", embedded.anvil_command(self._folder / "chain", port=port, keep=False))
        url = embedded.anvil_url(port=port)
        with self._log_in_error("anvil"):
            embedded.await_anvil(url)
        return Running(url, pid)

    def exchange(self) -> Running:
        """Start the local exchange of the fetch measurements, see bench/exchange.py."""
        port = free_port()
        pid = self.start("exchange", [sys.executable, "-m", "bench.exchange", str(port)])
        with self._log_in_error("exchange"):
            await_port(port)
        return Running(f"http://{embedded.LOOPBACK}:{port}", pid)

    def start(self, name: str, command: list[str], *, env: Mapping[str, str] | None = None) -> int:
        """Start any program, its output in ``log(name)``, and return its pid."""
        with self.log(name).open("wb") as log:
            process = subprocess.Popen(
                as_child(command),
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                env=None if env is None else dict(env),
                cwd=embedded.REPOSITORY,
            )
        self._running.append(process)
        return process.pid

    def log(self, name: str) -> Path:
        """Return where a program's output goes."""
        return self._folder / f"{name}.log"

    @contextmanager
    def _log_in_error(self, name: str) -> Iterator[None]:
        try:
            yield
        except embedded.EmbeddedError as exc:
            raise ServerFailed(f"{exc}\n{self.log(name).read_text(errors='replace')[-2000:]}") from exc


def await_port(port: int) -> None:
    """Return once something listens on the loopback port. Raises EmbeddedError after READY_TIMEOUT_S."""
    deadline = time.monotonic() + embedded.READY_TIMEOUT_S
    while True:
        try:
            socket.create_connection((embedded.LOOPBACK, port), timeout=1).close()
        except OSError as exc:
            if time.monotonic() > deadline:
                raise embedded.EmbeddedError(f"nothing listens on port {port}: {exc}") from exc
            time.sleep(embedded.POLL_S)
        else:
            return


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a process with SIGINT (a fast shutdown for PostgreSQL, a warm one for Celery), then by force."""
    process.send_signal(2)
    try:
        process.wait(STOP_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
