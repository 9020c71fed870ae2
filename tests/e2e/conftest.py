"""The whole oracle as ``make run`` starts it, on free ports, with its state in a folder of the session."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests

from simulator.testing import Control

ROOT = Path(__file__).resolve().parents[2]
READY_TIMEOUT_S = 240
STOP_TIMEOUT_S = 60
# What the test session's own servers put there; the oracle must start its own.
FOREIGN = ("DATABASE_URL", "REDIS_URL", "CELERY_BROKER_URL", "ETH_RPC_URLS", "DJANGO_SETTINGS_MODULE")


class Oracle:
    """A running oracle: its ``run.json``, its API, its chain and its processes."""

    def __init__(self, home: Path, process: subprocess.Popen[bytes]) -> None:
        self.home = home
        self.process = process
        self.run: dict[str, Any] = json.loads((home / "run.json").read_text())
        self.market = Control(self.run["simulator_url"])

    def get(self, path: str, **options: Any) -> requests.Response:
        """Ask the API."""
        return requests.get(self.run["api_url"] + path, timeout=35, **options)

    def request_round(self, *pairs: str, wait_s: int = 20) -> requests.Response:
        """Start or join a round and wait for its end."""
        headers = {"Authorization": f"Api-Key {self.run['api_key']}", "Prefer": f"wait={wait_s}"}
        url = self.run["api_url"] + "/rounds"
        return requests.post(url, json={"feeds": list(pairs)}, headers=headers, timeout=wait_s + 15)

    def round(self, round_id: str) -> dict[str, Any]:
        """Return one round as the API tells it."""
        reply = self.get(f"/rounds/{round_id}")
        reply.raise_for_status()
        return dict(reply.json())

    def rpc(self, method: str, *params: Any) -> Any:
        """Ask the chain itself, past all of our own code."""
        call = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)}
        return requests.post(self.run["rpc_url"], json=call, timeout=10).json()["result"]

    def latest_round_data(self, pair: str) -> tuple[int, ...]:
        """Return the five words of ``latestRoundData()`` from the feed's proxy by a bare eth_call."""
        proxy = self.run["feeds"][pair]["proxy"]
        words = self.rpc("eth_call", {"to": proxy, "data": "0xfeaf968c"}, "latest")[2:]
        return tuple(int(words[start : start + 64], 16) for start in range(0, len(words), 64))

    def kill_worker(self, marker: str) -> int:
        """kill -9 every process of the worker whose command line has ``marker``; return how many there were."""
        victims = [
            child
            for child in psutil.Process(self.process.pid).children(recursive=True)
            if marker in " ".join(_cmdline(child)) and "worker" in _cmdline(child)
        ]
        for victim in victims:
            victim.kill()
        return len(victims)


@pytest.fixture(scope="session")
def oracle(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Oracle]:
    """Start the oracle on a simulated market; afterwards nothing it started is left."""
    home = tmp_path_factory.mktemp("oracle")
    environment = {name: value for name, value in os.environ.items() if name not in FOREIGN}
    environment |= {"ORACLE_HOME": str(home), "MARKET": "simulated", "ROUND_INTERVAL_S": "3", "PYTHONUNBUFFERED": "1"}
    with (home / "run.out").open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "local", "run"], cwd=ROOT, env=environment, stdout=out, stderr=out
        )
    try:
        _await_ready(home, process)
        running = Oracle(home, process)
        yield running
        children = psutil.Process(process.pid).children(recursive=True)
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
    _, left = psutil.wait_procs(children, timeout=5)
    assert not left, f"left behind: {left}"


def _await_ready(home: Path, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + READY_TIMEOUT_S
    while not (home / "run.json").exists():
        if process.poll() is not None or time.monotonic() > deadline:
            pytest.fail("the oracle did not start:\n" + (home / "run.out").read_text(errors="replace")[-4000:])
        time.sleep(0.5)


def _cmdline(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []
