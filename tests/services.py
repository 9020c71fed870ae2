"""pytest plugin: a throwaway PostgreSQL and Valkey for the session, and a local chain for who asks.

Loaded by ``-p tests.services`` so that DATABASE_URL and REDIS_URL stand before Django's settings load. Only the
controller of a parallel run starts servers; each worker gets its own database (pytest-django) and Redis number.
Set DATABASE_URL or REDIS_URL to test against your own servers.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from local import embedded
from local.launch import free_port

STOP_TIMEOUT_S = 15.0


class Services:
    """The servers started for this session, ended in reverse order."""

    def __init__(self) -> None:
        self._folder: Path | None = None
        self._running: list[subprocess.Popen[bytes]] = []

    @property
    def folder(self) -> Path:
        """A folder of this session, removed with it."""
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="oracle-tests-"))
            self._folder.chmod(0o700)
        return self._folder

    def start(self, name: str, command: list[str]) -> subprocess.Popen[bytes]:
        """Start one server; it ends with this process even when nobody calls ``stop``."""
        with (self.folder / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(
                command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True
            )
        self._running.append(process)
        return process

    def await_ready(self, name: str, ready: Callable[[], None]) -> None:
        """Wait for a server; when it does not come, fail with the end of its log."""
        try:
            ready()
        except embedded.EmbeddedError as exc:
            log = (self.folder / f"{name}.log").read_text(errors="replace")[-2000:]
            raise pytest.UsageError(f"{exc}\n{log}") from exc

    def stop(self) -> None:
        """End every server by its pid and remove the session's folder."""
        while self._running:
            end(self._running.pop())
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None


def end(process: subprocess.Popen[bytes]) -> None:
    """End a process with SIGINT (a fast shutdown for PostgreSQL), then by force."""
    process.send_signal(2)
    try:
        process.wait(STOP_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


_services = Services()


def _start_postgres() -> None:
    folder, password, port = _services.folder / "postgres", secrets.token_hex(12), free_port()
    embedded.init_postgres(folder, password=password)
    _services.start("postgres", embedded.postgres_command(folder, port=port, durable=False))
    _services.await_ready("postgres", lambda: embedded.prepare_database(port=port, password=password))
    os.environ["DATABASE_URL"] = embedded.postgres_url(port=port, password=password)


def _start_valkey() -> None:
    folder, password, port = _services.folder / "valkey", secrets.token_hex(12), free_port()
    _services.start("valkey", embedded.valkey_command(folder, port=port, password=password, durable=False))
    url = embedded.valkey_url(port=port, password=password)
    _services.await_ready("valkey", lambda: embedded.await_valkey(url))
    os.environ["REDIS_URL"] = url


def _take_own_redis_number(worker: str) -> None:
    """Point this xdist worker at a Redis database of its own: gw0 gets the one after the controller's."""
    parts = urlsplit(os.environ["REDIS_URL"])
    number = int(parts.path.strip("/") or 0) + int(re.sub(r"\D", "", worker) or 0) + 1
    os.environ["REDIS_URL"] = parts._replace(path=f"/{number}").geturl()


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None, object, object]:
    """Start the servers before pytest-django loads the settings (it does so in this very hook)."""
    if worker := os.environ.get("PYTEST_XDIST_WORKER"):
        _take_own_redis_number(worker)
    elif not early_config.known_args_namespace.help:
        if not os.environ.get("DATABASE_URL"):
            _start_postgres()
        if not os.environ.get("REDIS_URL"):
            _start_valkey()
    return (yield)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure() -> None:
    """End what this process started, also after Ctrl-C."""
    _services.stop()


@pytest.fixture(scope="session")
def anvil() -> Iterator[str]:
    """JSON-RPC URL of a throwaway local chain (id 31337), with a pruned history and nothing on disk."""
    port = free_port()
    try:
        command = embedded.anvil_command(_services.folder / "chain", port=port, keep=False)
    except embedded.EmbeddedError as exc:
        pytest.skip(str(exc))
    process = _services.start("anvil", command)
    url = embedded.anvil_url(port=port)
    _services.await_ready("anvil", lambda: embedded.await_anvil(url))
    yield url
    process.terminate()
    process.wait(STOP_TIMEOUT_S)
