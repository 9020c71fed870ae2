"""The environment every part of a local oracle gets: what the operator set, and addresses and secrets made here."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from local import embedded
from local.launch import free_port
from local.parts import Ports
from local.state import Home, Secrets
from oracle_project import env

SIGNERS = 3
# A command writes no metrics where the server collects them, and chooses its settings itself.
PROCESS_OWN = {"PROMETHEUS_MULTIPROC_DIR", "DJANGO_SETTINGS_MODULE"}


def choose_ports() -> tuple[Ports, list[str]]:
    """Return a free port for each part, and a remark for each that had to move."""
    taken: set[int] = set()
    chosen: dict[str, int] = {}
    moved: list[str] = []
    wishes = {"web": "PORT", "flower": "FLOWER_PORT", "rpc": "RPC_PORT", "postgres": "POSTGRES_PORT"}
    wishes |= {"redis": "REDIS_PORT", "simulator": "SIMULATOR_PORT"}
    for part, variable in wishes.items():
        wanted = env.integer(variable)
        port = free_port(wanted, taken=frozenset(taken))
        if wanted not in (0, port):
            moved.append(f"{variable} {wanted} is taken, using {port}")
        taken.add(port)
        chosen[part] = port
    return Ports(**chosen), moved


def is_given(name: str) -> bool:
    """Say whether the operator set this variable, by value or by file."""
    return bool(env.text(name))


def oracle_environment(home: Home, *, ports: Ports, secrets: Secrets) -> dict[str, str]:
    """Return the environment of the oracle's processes. What the operator set stays as it is."""
    keys = home.path("keys")
    made = {
        "DJANGO_SETTINGS_MODULE": "oracle_project.settings.local",
        "SECRET_KEY": secrets.secret_key,
        "DATABASE_URL": embedded.postgres_url(port=ports.postgres, password=secrets.postgres_password),
        "REDIS_URL": embedded.valkey_url(port=ports.redis, password=secrets.redis_password),
        "ETH_RPC_URLS": embedded.anvil_url(port=ports.rpc),
        "FLOWER_USER": env.text("FLOWER_USER"),
        "FLOWER_PASSWORD": secrets.flower_password,
        "ADMIN_USER": env.text("ADMIN_USER"),
        "ADMIN_PASSWORD": secrets.admin_password,
        "SOURCE_KEYS_SECRET": secrets.source_keys_secret,
        "MARKET": env.text("MARKET"),
        "HOST": env.text("HOST"),
    }
    if not is_given("SIGNER_KEYSTORES"):
        made["SIGNER_KEYSTORES"] = ",".join(str(keys / f"signer-{number}.json") for number in range(1, SIGNERS + 1))
        made["TRANSMITTER_KEYSTORE"] = str(keys / "transmitter.json")
        made["ADMIN_KEYSTORE"] = str(keys / "admin.json")
        made["KEYSTORE_PASSWORD"] = secrets.keystore_password
    kept = {name: value for name, value in made.items() if not os.environ.get(name) and not _by_file(name)}
    return dict(os.environ) | kept | _imposed(home, ports=ports, secrets=secrets)


def shared_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Return what a command beside the oracle must be given of its environment to speak to the same servers."""
    settings = {variable.name for variable in env.VARIABLES} - PROCESS_OWN
    names = (
        settings | {f"{name}_FILE" for name in settings} | {name for name in environment if name.endswith("_RPC_URLS")}
    )
    return {name: environment[name] for name in sorted(names & environment.keys())}


def _by_file(name: str) -> bool:
    return bool(os.environ.get(f"{name}_FILE"))


def _imposed(home: Home, *, ports: Ports, secrets: Secrets) -> dict[str, str]:
    """Return what only the runner can know, whatever the operator's shell holds."""
    simulator = f"{embedded.LOOPBACK}:{ports.simulator}"
    allowed = [*env.listing("PRICE_HOST_ALLOWLIST"), simulator]
    return {
        "ORACLE_HOME": str(home.folder),
        "ORACLE_API_KEY": secrets.api_key,
        "PORT": str(ports.web),
        "FLOWER_PORT": str(ports.flower),
        "MARKET_SIMULATOR_URL": env.text("MARKET_SIMULATOR_URL") or f"http://{simulator}",
        "PRICE_HOST_ALLOWLIST": ",".join(allowed),
        "PROMETHEUS_MULTIPROC_DIR": str(home.path("metrics")),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
        "PYTHONUNBUFFERED": "1",
    }
