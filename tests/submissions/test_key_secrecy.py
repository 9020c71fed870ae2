"""A real worker with known keys, driven through success and failure: no key and no password comes out anywhere.

Looked through afterwards: the worker's environment and that of its children, its log, everything in Valkey (task
arguments, results, events), what Flower's API says, and a dump of the whole database.
"""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import redis
import requests
from django.db import connection
from eth_account import Account

from apps.chain.errors import KeystoreUnusable
from apps.chain.signers import open_keystore
from apps.submissions import operating
from apps.submissions.models import OperatorAction, Submission
from local.launch import free_port
from tests.chaos.world import PAIRS, PASSWORD, World, wait_until
from tests.conftest import REPOSITORY
from tests.incidents.test_servers import PATIENCE_S, State, fair_world, planned

KEYS = ("transmitter", "s1", "s2", "s3")
Kind = OperatorAction.Kind


def spellings(secret: bytes) -> list[str]:
    """Return the ways in which the bytes of a key might stand in a text."""
    encoded = [base64.b64encode(secret), base64.urlsafe_b64encode(secret)]
    return [secret.hex(), str(int.from_bytes(secret)), repr(secret)[2:-1], *(e.decode().rstrip("=") for e in encoded)]


def found_in(text: str, secrets: dict[str, list[str]]) -> list[str]:
    """Return the names of the secrets that a text holds, in any letter case."""
    return [name for name, forms in secrets.items() if any(form.lower() in text.lower() for form in forms)]


def secrets_of(folder: Path) -> dict[str, list[str]]:
    """Return every key of the world and the password, in all spellings."""
    keys = {}
    for name in KEYS:
        document = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
        keys[name] = spellings(bytes(Account.decrypt(document, PASSWORD)))
    return {**keys, "password": [PASSWORD, base64.b64encode(PASSWORD.encode()).decode()]}


def environments(root: int) -> str:
    """Return the environment of a process and all below it, as the system shows it."""
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents[int(entry.name)] = int(re.sub(r".*\) \S ", "", (entry / "stat").read_text()).split()[0])
            except OSError:
                continue
    family = {root}
    while more := {pid for pid, parent in parents.items() if parent in family} - family:
        family |= more
    assert len(family) > 1
    return "".join(Path(f"/proc/{pid}/environ").read_text(errors="replace") for pid in family)


def everything_in(url: str) -> str:
    """Return keys and values of a Valkey as text."""
    with redis.Redis.from_url(url) as cache:
        readers = {b"string": cache.get, b"hash": cache.hgetall, b"set": cache.smembers, b"none": repr}
        rows = [
            (name, readers.get(cache.type(name), lambda at: cache.lrange(at, 0, -1))(name))
            for name in cache.scan_iter()
            if cache.type(name) != b"zset"
        ]
    return repr(rows)


def database_dump() -> str:
    """Return every row of every table as text."""
    texts = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f'SELECT t::text FROM "{table}" t')
            texts += [row for (row,) in cursor.fetchall()]
    return "\n".join(texts)


@contextmanager
def flower(chain: World) -> Iterator[str]:
    """Run Flower on the world's broker; yields the URL of its API."""
    port = free_port()
    command = [sys.executable, "-m", "celery", "-A", "oracle_project.beat", "flower", f"--port={port}"]
    environment = {name: value for name, value in chain.environment.items() if name != "DJANGO_SETTINGS_MODULE"}
    environment["FLOWER_UNAUTHENTICATED_API"] = "true"
    with (chain.folder / "flower.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=REPOSITORY, env=environment, stdout=log, stderr=log)
    url = f"http://127.0.0.1:{port}/api"

    def answers() -> bool:
        try:
            return requests.get(f"{url}/tasks", timeout=2).ok
        except requests.ConnectionError:
            return False

    try:
        wait_until(answers, patience_s=60, what="Flower to answer")
        yield url
    finally:
        process.terminate()
        process.wait(20)


def succeed(chain: World) -> None:
    """Bring two reports onto the chain."""
    for n, pair in enumerate(PAIRS[:2]):
        planned(pair, n + 1)
    landed = Submission.objects.filter(state__in=Submission.LANDED)
    wait_until(lambda: landed.count() == 2, patience_s=PATIENCE_S, what="two reports confirmed")


def fail_in_every_way(chain: World) -> None:
    """Empty wallet, dead nodes, nodes that refuse, a transaction that waits, is paid better and given up."""
    chain.rpc("anvil_setBalance", chain.transmitter.address, "0x0")
    poor = Submission.objects.get(pk=planned(PAIRS[2], 3))
    wait_until(lambda: "insufficient_funds" in log_of(chain), patience_s=PATIENCE_S, what="an empty wallet in the log")
    chain.rpc("anvil_setBalance", chain.transmitter.address, hex(10**19))
    for fault, said in (("down", "rpc_unavailable"), ("status_before", "rpc_unavailable")):
        for proxy in chain.proxies:
            setattr(proxy, fault, 429 if fault == "status_before" else True)
        wait_until(lambda said=said: said in log_of(chain), patience_s=PATIENCE_S, what=f"{said} in the log")
        for proxy in chain.proxies:
            proxy.down, proxy.status_before = False, 0
    chain.mining = False
    waiting = Submission.objects.get(pk=planned(PAIRS[3], 4))
    sent = Submission.objects.filter(pk=waiting.pk, state=State.UNCONFIRMED)
    wait_until(sent.exists, patience_s=PATIENCE_S, what="a transaction that waits")
    waiting.refresh_from_db()
    for kind in (Kind.BUMP, Kind.CANCEL):
        operating.request(kind, actor="ann", reason="looked at", submission=waiting)
    done = OperatorAction.objects.exclude(state=OperatorAction.State.REQUESTED)
    wait_until(lambda: done.count() == 2, patience_s=PATIENCE_S, what="both actions done")
    chain.mining = True
    closed = Submission.objects.filter(pk__in=[poor.pk, waiting.pk]).exclude(state__in=Submission.UNFINISHED)
    wait_until(lambda: closed.count() == 2, patience_s=PATIENCE_S, what="both reports at their end")


def log_of(chain: World) -> str:
    """Return what the worker logged so far."""
    return (chain.folder / "worker0.log").read_text(errors="replace")


@pytest.mark.e2e
def test_neither_key_nor_password_comes_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, django_db_blocker: Any
) -> None:
    """Environment, log, broker, Flower, database and exceptions hold no key and no password, in no spelling."""
    password_file = tmp_path / "keystore_password"
    password_file.write_text(PASSWORD)
    options = {"broker": "redis", "KEYSTORE_PASSWORD": "", "KEYSTORE_PASSWORD_FILE": str(password_file)}
    options |= {"LOG_LEVEL": "DEBUG"}
    with fair_world(tmp_path, monkeypatch, django_db_blocker, **options) as chain:
        secrets = secrets_of(tmp_path)
        with flower(chain) as api, chain.workers(1, longest=0) as pids:
            succeed(chain)
            fail_in_every_way(chain)
            shown = {
                "environment": environments(pids[0]),
                "Flower": "".join(
                    requests.get(f"{api}/{page}", timeout=10).text for page in ("tasks?limit=9999", "workers")
                ),
                "Valkey": everything_in(chain.cache.url),
                "database": database_dump(),
            }
        shown["log"] = log_of(chain) + (tmp_path / "flower.log").read_text()

    monkeypatch.setenv("KEYSTORE_PASSWORD", PASSWORD[::-1])
    with pytest.raises(KeystoreUnusable) as wrong_password:
        open_keystore(tmp_path / "s1.json")
    shown["exception"] = repr(wrong_password.value) + str(wrong_password.getrepr(showlocals=False))

    assert {place: found_in(text, secrets) for place, text in shown.items()} == {place: [] for place in shown}
    assert "submissions.submit" in shown["Flower"]
    assert chain.transmitter.address in shown["database"]


@pytest.mark.parametrize("form", range(5))
def test_search_finds_what_it_looks_for(form: int) -> None:
    """A key in any of its spellings would be found, in capitals or not."""
    secrets = {"key": spellings(os.urandom(32))}

    assert found_in(f"log 0x{secrets['key'][form].upper()} line", secrets) == ["key"]
