"""Servers that are killed and started again on the same data: PostgreSQL, Valkey, and RabbitMQ if installed."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import kombu
from django.core.management import call_command
from django.db import connection

from local import embedded
from local.launch import as_child, free_port

RABBITMQ = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")  # Debian's wrapper in /usr/sbin changes user and folders
START_TIMEOUT_S = 60.0
TRY_AGAIN = (embedded.EmbeddedError, subprocess.TimeoutExpired, OSError)


@dataclass
class Server:
    """One server process. ``url``: where clients find it. ``kills``: how often it was ended with SIGKILL."""

    name: str
    url: str
    folder: Path
    command: list[str]
    ready: Callable[[], None]
    environment: dict[str, str] = field(default_factory=dict)
    kills: int = 0
    down_since: float | None = None
    _process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it on the data it has; returns when it answers. A dead one's memory may take a moment to be freed."""
        give_up_at = time.monotonic() + START_TIMEOUT_S
        while True:
            with (self.folder / f"{self.name}.log").open("ab") as log:
                self._process = subprocess.Popen(
                    self.command,
                    stdout=log,
                    stderr=log,
                    stdin=subprocess.DEVNULL,
                    start_new_session=True,
                    env={**os.environ, **self.environment},
                )
            try:
                self.ready()
            except TRY_AGAIN:
                self._end(signal.SIGKILL)
                if time.monotonic() > give_up_at:
                    raise
            else:
                self.down_since = None
                return

    def kill(self) -> None:
        """End it so that nothing of it runs any more, without a chance to write anything."""
        self._end(signal.SIGKILL)
        self.kills += 1
        self.down_since = time.monotonic()

    def stop(self) -> None:
        """End it in order."""
        self._end(signal.SIGINT)

    def _end(self, how: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        for step in (how, signal.SIGKILL):
            with suppress(ProcessLookupError):
                os.killpg(process.pid, step)
            with suppress(subprocess.TimeoutExpired):
                process.wait(15)
                return


def postgres(folder: Path) -> Server:
    """Return a PostgreSQL that writes what is committed to disk before it says so."""
    password, port = secrets.token_hex(12), free_port()
    embedded.init_postgres(folder / "postgres", password=password)
    return Server(
        name="postgres",
        url=embedded.postgres_url(port=port, password=password),
        folder=folder,
        command=embedded.postgres_command(folder / "postgres", port=port),
        ready=lambda: embedded.prepare_database(port=port, password=password),
    )


def valkey(folder: Path) -> Server:
    """Return a Valkey that keeps nothing: whoever restarts it has flushed it."""
    password, port = secrets.token_hex(12), free_port()
    url = embedded.valkey_url(port=port, password=password)
    command = embedded.valkey_command(folder / "valkey", port=port, password=password, durable=False)
    return Server("valkey", url, folder, command, lambda: embedded.await_valkey(url))


@contextmanager
def rabbitmq(folder: Path) -> Iterator[Server]:
    """Start a RabbitMQ with a port mapper of its own, so that nothing of it stays behind."""
    home = folder / "rabbitmq"
    home.mkdir()
    ports = [free_port() for _ in range(3)]
    environment = {
        "HOME": str(home),
        "ERL_EPMD_PORT": str(ports[0]),
        "ERL_EPMD_ADDRESS": embedded.LOOPBACK,
        "RABBITMQ_NODENAME": f"chaos{ports[1]}@localhost",
        "RABBITMQ_NODE_IP_ADDRESS": embedded.LOOPBACK,
        "RABBITMQ_NODE_PORT": str(ports[1]),
        "RABBITMQ_DIST_PORT": str(ports[2]),
        "RABBITMQ_MNESIA_BASE": str(home / "mnesia"),
        "RABBITMQ_LOG_BASE": str(home / "log"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(home / "plugins"),
        "RABBITMQ_CONF_ENV_FILE": str(home / "none"),
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+S 1:1 +sbwt none",
    }
    mapper = subprocess.Popen(as_child(["epmd"]), env={**os.environ, **environment})
    url = f"amqp://guest:guest@{embedded.LOOPBACK}:{ports[1]}//"
    server = Server("rabbitmq", url, folder, as_child([str(RABBITMQ)]), lambda: await_amqp(url), environment)
    try:
        yield server
    finally:
        server.stop()
        mapper.terminate()
        mapper.wait(10)


def await_amqp(url: str) -> None:
    """Return once the broker takes connections."""
    give_up_at = time.monotonic() + START_TIMEOUT_S
    while True:
        try:
            with kombu.Connection(url, connect_timeout=2) as connected:
                connected.connect()
        except OSError:
            if time.monotonic() > give_up_at:
                raise
            time.sleep(0.2)
        else:
            return


def has_rabbitmq() -> bool:
    """Return whether RabbitMQ is installed here."""
    return RABBITMQ.exists() and shutil.which("epmd") is not None


@contextmanager
def django_on(database: Server) -> Iterator[None]:
    """Let Django use the database of ``database`` while the block runs, with all tables made."""
    kept = dict(connection.settings_dict)
    parts = urlsplit(database.url)
    connection.close()
    connection.settings_dict.update(
        HOST=parts.hostname,
        PORT=str(parts.port),
        USER=parts.username,
        PASSWORD=parts.password,
        NAME=parts.path.strip("/"),
    )
    try:
        call_command("migrate", verbosity=0)
        yield
    finally:
        connection.close()
        connection.settings_dict.clear()
        connection.settings_dict.update(kept)
