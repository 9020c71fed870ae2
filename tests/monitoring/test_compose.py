"""The container files: complete, hardened, and without a secret."""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from oracle_project import env
from tests.conftest import REPOSITORY

COMPOSE = REPOSITORY / "compose"
OURS = ("web", "fetch", "settle", "chain", "chains", "beat", "flower")
# Written by the operator, not by make-secrets.
OPERATORS_OWN = {
    "eth_rpc_urls",
    "keystore_password",
    "signer_1.json",
    "signer_2.json",
    "signer_3.json",
    "transmitter.json",
}
KEYS_OF_SIGNING = {"signer_1", "signer_2", "signer_3", "transmitter"}

VARIABLE = re.compile(r"\$\{(\w+)(?::-([^}]*)|:\?[^}]*)?\}")  # as compose reads ${NAME:-default}
EXAMPLES = {
    "DATABASE_URL_FILE": "postgres://oracle:x@postgres:5432/oracle",
    "REDIS_URL_FILE": "redis://:x@redis:6379/0",
    "CELERY_BROKER_URL_FILE": "amqp://oracle:x@rabbitmq:5672//",
    "ETH_RPC_URLS_FILE": "https://rpc.example",
}


def compose_file(name: str = "docker-compose.yml") -> dict[str, Any]:
    """Return a compose file as Docker reads it, anchors resolved."""
    return yaml.safe_load((COMPOSE / name).read_text())


def secret_names(service: dict[str, Any]) -> set[str]:
    """Return the secrets a service is given, in short or long form."""
    return {s if isinstance(s, str) else s["source"] for s in service.get("secrets", [])}


def test_all_parts_are_there() -> None:
    """The set is the one the design names."""
    others = {"nginx", "migrate", "postgres", "redis", "rabbitmq", "prometheus", "alertmanager", "grafana"}

    assert set(compose_file()["services"]) == others | set(OURS)
    assert {"anvil", "simulator"} <= set(compose_file("docker-compose.local.yml")["services"])


def test_only_nginx_is_published() -> None:
    """One door; the local file opens no other."""
    for name in ("docker-compose.yml", "docker-compose.local.yml"):
        published = {service for service, spec in compose_file(name)["services"].items() if "ports" in spec}
        assert published <= {"nginx"}


def test_references_exist() -> None:
    """Every secret, network, volume and service that is referred to is defined."""
    file = compose_file()
    for name, service in file["services"].items():
        assert secret_names(service) <= set(file["secrets"]), name
        assert set(service["networks"]) <= set(file["networks"]), name
        assert set(service.get("depends_on", {})) <= set(file["services"]), name
        named = {v.split(":")[0] for v in service.get("volumes", []) if not v.startswith(".")}
        assert named <= set(file["volumes"]), name
        files = [COMPOSE / v.split(":")[0] for v in service.get("volumes", []) if v.startswith(".")]
        assert all(path.exists() for path in files), name


def test_every_service_has_a_health_check_or_says_why_not() -> None:
    """Docker knows of each part whether it works; the image's own check covers web."""
    without = {
        name
        for name, service in compose_file()["services"].items()
        if service.get("healthcheck", {}).get("disable") or "healthcheck" not in service
    }

    assert without == {"web", "migrate", "beat"}


@pytest.mark.parametrize("name", OURS)
def test_our_services_are_hardened(name: str) -> None:
    """A read-only root, no capabilities, no way to gain any, and a restart when one dies."""
    service = compose_file()["services"][name]

    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["restart"] == "unless-stopped"


@pytest.mark.parametrize("name", OURS)
def test_our_services_share_the_metrics(name: str) -> None:
    """All Python processes write where web reads."""
    service = compose_file()["services"][name]

    assert service["environment"]["PROMETHEUS_MULTIPROC_DIR"] == "/metrics"
    assert "metrics:/metrics" in service["volumes"]


def test_start_scripts_exist() -> None:
    """Each of our services runs a start script that is there and executable."""
    for name in OURS:
        (command,) = compose_file()["services"][name]["command"]
        script = REPOSITORY / command
        assert script.exists(), command
        assert script.stat().st_mode & stat.S_IXUSR, command


@pytest.mark.parametrize("name", ["docker-compose.yml", "docker-compose.local.yml"])
def test_variables_of_our_services_are_known(name: str) -> None:
    """A misspelt variable would be silently ignored, so each is in the table or one of Flower's own."""
    known = {v.name for v in env.VARIABLES} | {f"{v.name}_FILE" for v in env.VARIABLES if v.secret}
    services = compose_file(name)["services"]

    used = {key for service in (*OURS, "migrate") for key in services[service].get("environment", {})}
    assert used <= known | {"FLOWER_URL_PREFIX", "FLOWER_ADDRESS"}


def test_only_the_chain_worker_holds_signing_keys() -> None:
    """Who signs is apart from who talks to the internet's exchanges and to clients."""
    holders = {name for name, s in compose_file()["services"].items() if secret_names(s) & KEYS_OF_SIGNING}

    assert holders == {"chain", "chains"}


def test_fetch_and_settle_have_the_networks_they_need() -> None:
    """Settling needs no internet, fetching does; databases are on the inside network only."""
    services = compose_file()["services"]

    assert compose_file()["networks"]["inside"] == {"internal": True}
    assert services["settle"]["networks"] == ["inside"]
    assert "outbound" in services["fetch"]["networks"]
    assert all(services[name]["networks"] == ["inside"] for name in ("postgres", "redis", "rabbitmq"))


@pytest.mark.parametrize("name", ["migrate", "chain", "chains"])
def test_environment_passes_the_checks_of_production(name: str, tmp_path: Path) -> None:
    """Services that run management commands have every variable and secret the production settings insist on."""
    given = compose_file()["services"][name]
    environment = {key: VARIABLE.sub(r"\2", str(value)) for key, value in given["environment"].items()}
    environment |= {"CHAIN_ID": "1", "ALLOWED_HOSTS": "oracle.example", "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    for key, value in environment.items():
        if key.endswith("_FILE"):
            assert Path(value).name in secret_names(given)
            (tmp_path / key).write_text(EXAMPLES.get(key, "x" * 60))
            environment[key] = str(tmp_path / key)
    environment |= {"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "oracle_project.settings.production"}

    command = [sys.executable, "manage.py", "check", "--fail-level", "ERROR"]
    done = subprocess.run(command, env=environment, cwd=REPOSITORY, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr


def test_image_runs_as_a_plain_user_from_pinned_bases() -> None:
    """The image ends as a user without rights, and names the patch version of what it is built from."""
    dockerfile = (COMPOSE / "Dockerfile").read_text()

    assert re.search(r"^USER oracle$", dockerfile, re.MULTILINE)
    bases = re.findall(r"^FROM (\S+)", dockerfile, re.MULTILINE)
    assert all(re.search(r":\d+\.\d+\.\d+-", base) for base in bases if ":" in base)
    for source in re.findall(r"^COPY (?!--from)(.+) \S+$", dockerfile, re.MULTILINE):
        assert all((REPOSITORY / part).exists() for part in source.split()), source


def test_images_are_pinned() -> None:
    """No image floats on `latest`."""
    for name in ("docker-compose.yml", "docker-compose.local.yml"):
        for service in compose_file(name)["services"].values():
            assert re.search(r":[^:/]*\d", service.get("image", "x:1")), service


def test_make_secrets_writes_what_compose_reads(tmp_path: Path) -> None:
    """After the script only the operator's own files are missing; a second run changes nothing."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    command = [str(COMPOSE / "make-secrets"), str(tmp_path / "secrets"), "oracle.example"]

    subprocess.run(command, check=True, capture_output=True)

    folder = tmp_path / "secrets"
    expected = {Path(secret["file"]).name for secret in compose_file()["secrets"].values()} - OPERATORS_OWN
    assert expected <= {path.name for path in folder.iterdir()}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    subprocess.run(command, check=True, capture_output=True)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    password = before["redis_password"].decode().strip()
    assert before["redis_url"].decode().strip() == f"redis://:{password}@redis:6379/0"


def test_passwords_are_only_where_they_are_used() -> None:
    """Keystores are opened by the chain worker, Flower's password is asked by Flower."""
    holders = {
        secret: {name for name, service in compose_file()["services"].items() if secret in secret_names(service)}
        for secret in ("keystore_password", "flower_password")
    }

    assert holders == {"keystore_password": {"chain", "chains"}, "flower_password": {"flower"}}


def test_web_believes_the_one_proxy_before_it() -> None:
    """Otherwise all callers without a key would share nginx's address, and so one quota."""
    assert compose_file()["services"]["web"]["environment"]["TRUSTED_PROXIES"] == "1"
