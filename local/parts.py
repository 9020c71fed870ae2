"""The parts of a local oracle: which processes there are, their commands, and supervisord's configuration for them."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from local import embedded
from local.launch import as_child
from local.state import Home, Secrets

REPOSITORY = Path(__file__).resolve().parents[1]
START_SCRIPTS = REPOSITORY / "compose" / "start"
LOG_BYTES = "10MB"
LOG_BACKUPS = 2  # beside the live file: 3 x 10 MB a part
ORACLE_PARTS = ("web", "fetch", "settle", "chain", "chains", "beat", "flower")


@dataclass(frozen=True, slots=True)
class Part:
    """One supervised process. Parts of a higher ``rank`` start later and stop earlier; equal ranks stop together."""

    name: str
    command: tuple[str, ...]
    rank: int
    stop_signal: str = "TERM"
    stop_wait_s: int = 10


@dataclass(frozen=True, slots=True)
class Ports:
    """Where each part listens; all on loopback but the web server, which binds to HOST."""

    web: int
    flower: int
    rpc: int
    postgres: int
    redis: int
    simulator: int


def postgres_part(home: Home, ports: Ports) -> Part:
    """Return the embedded PostgreSQL; SIGINT is its fast shutdown."""
    command = embedded.postgres_command(home.path("postgres"), port=ports.postgres)
    return Part("postgres", tuple(command), rank=1, stop_signal="INT", stop_wait_s=30)


def valkey_part(home: Home, ports: Ports, secrets: Secrets) -> Part:
    """Return the embedded Valkey."""
    command = embedded.valkey_command(home.path("valkey"), port=ports.redis, password=secrets.redis_password)
    return Part("valkey", tuple(command), rank=2)


def anvil_part(home: Home, ports: Ports) -> Part:
    """Return the embedded chain; it writes its state when it is asked to end, so it gets time."""
    command = embedded.anvil_command(home.path("chain"), port=ports.rpc)
    return Part("anvil", tuple(command), rank=3, stop_wait_s=30)


def simulator_part(ports: Ports) -> Part:
    """Return the market simulator."""
    command = as_child([sys.executable, "-m", "simulator", "--port", str(ports.simulator)])
    return Part("simulator", tuple(command), rank=4)


def oracle_parts(*, market: str) -> list[Part]:
    """Return the oracle's own processes, started by the scripts that containers use too."""
    return [
        Part(name, tuple(as_child(["env", f"MARKET={market}", str(START_SCRIPTS / name)])), rank=5)
        for name in ORACLE_PARTS
    ]


def supervisord_configuration(parts: Sequence[Part], *, home: Home, socket: Path) -> str:
    """Return supervisord's configuration. Nothing starts by itself: the runner starts parts when their turn comes."""
    blocks = [
        _block(
            "supervisord",
            nodaemon="true",
            silent="true",
            logfile=home.path("logs", "supervisord.log"),
            logfile_maxbytes=LOG_BYTES,
            logfile_backups=LOG_BACKUPS,
            pidfile=home.path("supervisor", "supervisord.pid"),
            childlogdir=home.path("logs"),
            directory=REPOSITORY,
            minfds=1024,
        ),
        _block("unix_http_server", file=socket, chmod="0700"),
        _block(
            "rpcinterface:supervisor",
            **{"supervisor.rpcinterface_factory": "supervisor.rpcinterface:make_main_rpcinterface"},
        ),
    ]
    blocks += [_program(part, home) for part in parts]
    ranks = sorted({part.rank for part in parts})
    for rank in ranks:
        names = ",".join(part.name for part in parts if part.rank == rank)
        blocks.append(_block(f"group:rank{rank}", programs=names, priority=rank))
    return "\n".join(blocks)


def _program(part: Part, home: Home) -> str:
    return _block(
        f"program:{part.name}",
        command=shlex.join(part.command),
        directory=REPOSITORY,
        autostart="false",
        autorestart="true",
        startsecs=2,
        startretries=5,
        stopsignal=part.stop_signal,
        stopwaitsecs=part.stop_wait_s,
        killasgroup="true",
        redirect_stderr="true",
        stdout_logfile=home.log(part.name),
        stdout_logfile_maxbytes=LOG_BYTES,
        stdout_logfile_backups=LOG_BACKUPS,
    )


def _block(name: str, **values: object) -> str:
    """Return one section; % is doubled, because supervisord expands it."""
    lines = [f"{key}={str(value).replace('%', '%%')}" for key, value in values.items()]
    return "\n".join([f"[{name}]", *lines, ""])
