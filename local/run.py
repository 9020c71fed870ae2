"""`python -m local run`: the whole oracle, from empty folders to first on-chain prices, and its orderly end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from types import FrameType
from typing import IO, Any, NoReturn, cast

from local import embedded
from local.environment import choose_ports, is_given, oracle_environment, shared_environment
from local.launch import as_child
from local.leftovers import end_leftovers, remember
from local.parts import (
    REPOSITORY,
    Part,
    anvil_part,
    oracle_parts,
    postgres_part,
    simulator_part,
    valkey_part,
)
from local.progress import Step, say, step
from local.state import AlreadyRunningError, Home, RunLock, Secrets, read_json, write_private
from local.summary import Prices, page, read_prices
from local.supervise import PartFailedError, PartState, Supervisor, tail
from oracle_project import env, running

FIRST_PRICES_TIMEOUT_S = 90.0
WATCH_S = 1.0
CHAIN_STATE_LIMIT_BYTES = 48 * 1024 * 1024


class PrepareFailedError(RuntimeError):
    """Database, configuration or contract could not be made ready; carries the end of the log."""


class LocalOracle:
    """One run: what was chosen for it, and the supervisor that holds its parts."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._secrets = Secrets.load(home.path("secrets.json"))
        self._ports, self._moved = choose_ports()
        self._environment = oracle_environment(home, ports=self._ports, secrets=self._secrets)
        self._supervisor = Supervisor(home)
        self._prepared: dict[str, Any] = {}
        self._since: dict[str, int] = {}

    @property
    def moved_ports(self) -> list[str]:
        """Remarks about ports that were taken."""
        return self._moved

    def start(self) -> Prices | None:
        """Start everything, in order. Returns the first prices, None when there is none after the waiting time."""
        with step(4, "PostgreSQL, Valkey, Anvil") as line:
            line.note(self._start_servers())
        self._prepare()
        self._share_environment()
        with step(9, "First prices on chain") as line:
            self._start_oracle()
            prices = self._await_prices(line)
        write_private(self._home.path("run.json"), json.dumps(self.describe(), indent=2) + "\n")
        return prices

    def _share_environment(self) -> None:
        """Leave for manage.py what it needs to speak to this oracle, also while it still has no price."""
        shared = shared_environment(self._environment | {"MARKET": self._prepared["market"]})
        write_private(self._home.path(running.FILE), json.dumps(shared, indent=2) + "\n")

    def _start_servers(self) -> str:
        """Start the servers that are not configured otherwise and wait for them. Returns which were started."""
        parts = self._embedded_parts()
        self._supervisor.launch(parts, environment=self._environment)
        self._remember()
        names = [part.name for part in parts]
        self._supervisor.start(names)
        try:
            self._await_servers(names)
        except embedded.EmbeddedError as exc:
            self._supervisor.check()
            logs = "\n".join(f"{name}:\n{tail(self._home.log(name), lines=10)}" for name in names)
            raise PartFailedError(f"{exc}\n{logs}") from exc
        return "embedded: " + ", ".join(names) if names else "all given by the environment"

    def _await_servers(self, names: list[str]) -> None:
        if "postgres" in names:
            embedded.prepare_database(port=self._ports.postgres, password=self._secrets.postgres_password)
        if "valkey" in names:
            embedded.await_valkey(embedded.valkey_url(port=self._ports.redis, password=self._secrets.redis_password))
        if "anvil" in names:
            embedded.await_anvil(embedded.anvil_url(port=self._ports.rpc))

    def _embedded_parts(self) -> list[Part]:
        parts: list[Part] = []
        if not is_given("DATABASE_URL"):
            embedded.init_postgres(self._home.path("postgres"), password=self._secrets.postgres_password)
            parts.append(postgres_part(self._home, self._ports))
        if not is_given("REDIS_URL"):
            parts.append(valkey_part(self._home, self._ports, self._secrets))
        if not is_given("ETH_RPC_URLS"):
            parts.append(anvil_part(self._home, self._ports))
        return parts

    def _prepare(self) -> None:
        """Ready database, configuration, market and contract in a process of its own, showing each step."""
        log = self._home.log("prepare")
        with log.open("wb") as errors:
            process = subprocess.Popen(
                as_child([sys.executable, "-m", "local.prepare"]),
                cwd=REPOSITORY,
                env=self._environment,
                stdout=subprocess.PIPE,
                stderr=errors,
                start_new_session=True,
            )
        titles = {"Database": "database", "Configuration": "configuration", "Market": "market", "Contract": "contract"}
        try:
            for number, (title, name) in enumerate(titles.items(), start=5):
                with step(number, title) as line:
                    event = _next_event(process, name, log_tail=lambda: tail(log))
                    for note in event["notes"]:
                        line.note(note)
                    self._prepared |= event
        finally:
            process.terminate()
            process.wait()

    def _start_oracle(self) -> None:
        market = self._prepared["market"]
        parts = oracle_parts(market=market)
        if market == "simulated" and not is_given("MARKET_SIMULATOR_URL"):
            parts.insert(0, simulator_part(self._ports))
        self._supervisor.add(parts)
        self._supervisor.start([part.name for part in parts])
        self._remember()

    def _await_prices(self, line: Step) -> Prices | None:
        """Wait until every feed has a price on chain; after FIRST_PRICES_TIMEOUT_S go on with what there is."""
        deadline, prices = time.monotonic() + FIRST_PRICES_TIMEOUT_S, None
        while time.monotonic() < deadline:
            self._watch_parts()
            prices = read_prices(self._api_url) or prices
            if prices is not None:
                line.update(f"{len(prices.known)} of {prices.total}")
                if prices.total and not prices.missing:
                    break
            time.sleep(0.5)
        known, total = (len(prices.known), prices.total) if prices else (0, 0)
        line.note(f"{known} of {total} feeds" if known < total or not total else f"{total} feeds")
        return prices

    def watch(self) -> NoReturn:
        """Stay until a signal comes or a part is lost for good (PartFailedError)."""
        while True:
            time.sleep(WATCH_S)
            self._watch_parts()
            self._bound_chain_state()

    def _watch_parts(self) -> None:
        states = self._supervisor.check()
        for part in states:
            if part.state == "RUNNING" and self._since.get(part.name, part.since) != part.since:
                say(f"{time.strftime('%H:%M:%S')} {part.name} had died and was started again (pid {part.pid})")
        self._since |= {part.name: part.since for part in states if part.state == "RUNNING"}
        self._remember(states)

    def _bound_chain_state(self) -> None:
        """Restart Anvil when its state file has grown, which trims it; takes about half a second."""
        state = self._home.path("chain", "state.json")
        if state.exists() and state.stat().st_size > CHAIN_STATE_LIMIT_BYTES and not is_given("ETH_RPC_URLS"):
            self._supervisor.restart("anvil")
            self._since.pop("anvil", None)
            say(f"{time.strftime('%H:%M:%S')} anvil was restarted to trim its state file")

    def _remember(self, states: list[PartState] | None = None) -> None:
        pids = {part.name: part.pid for part in states or [] if part.pid}
        remember(self._home.path("pids.json"), {"supervisord": self._supervisor.pid, **pids})

    def stop(self) -> None:
        """End every part, last started first."""
        self._home.forget_run()
        self._supervisor.stop()
        end_leftovers(self._home.path("pids.json"))  # nothing, unless supervisord itself was killed

    @property
    def _base_url(self) -> str:
        host = env.text("HOST")
        return f"http://{embedded.LOOPBACK if host in ('0.0.0.0', '::', '') else host}:{self._ports.web}"  # noqa: S104

    @property
    def _api_url(self) -> str:
        return f"{self._base_url}/api/v1"

    def describe(self) -> dict[str, Any]:
        """Return what run.json holds: every address and credential of this run."""
        values = self._environment
        return {
            "base_url": self._base_url,
            "api_url": self._api_url,
            "admin_url": f"{self._base_url}/admin/",
            "flower_url": f"http://{embedded.LOOPBACK}:{self._ports.flower}",
            "metrics_url": f"{self._base_url}/metrics",
            "rpc_url": values.get("ETH_RPC_URLS", "").split(",")[0],
            "chain_id": self._prepared["chain_id"],
            "contract": self._prepared["contract"],
            "feeds": self._prepared["feeds"],
            "admin_user": values["ADMIN_USER"],
            "admin_password": values.get("ADMIN_PASSWORD", ""),
            "flower_user": values["FLOWER_USER"],
            "flower_password": values.get("FLOWER_PASSWORD", ""),
            "api_key": self._secrets.api_key,
            "market": self._prepared["market"],
            "simulator_url": values["MARKET_SIMULATOR_URL"] if self._prepared["market"] == "simulated" else "",
            "logs": str(self._home.path("logs")),
            "pid": os.getpid(),
        }


def _next_event(process: subprocess.Popen[bytes], name: str, *, log_tail: Any) -> dict[str, Any]:
    """Return the event of step ``name``. Raises PrepareFailedError when the process ends without it."""
    line = cast("IO[bytes]", process.stdout).readline()
    if not line:
        raise PrepareFailedError(f"{name} failed; the last lines of prepare.log:\n{log_tail()}")
    event = json.loads(line)
    return cast("dict[str, Any]", event)


def _interrupt(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def _ask_once() -> None:
    """From now on a second Ctrl-C changes nothing: the end is under way."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)


def run(home: Home) -> int:
    """Run the oracle in the foreground. Returns the exit code: 0 after a signal, 1 when something failed."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    lock = RunLock(home)
    try:
        lock.take()
    except AlreadyRunningError as exc:
        say(f"{exc}: {read_json(home.path('run.json')).get('base_url', 'still starting')}. `make stop` ends it.")
        return 1
    return _run_alone(home)


def _run_alone(home: Home) -> int:
    oracle: LocalOracle | None = None
    code = 0
    try:
        with step(3, "Folders, keys and ports") as line:
            if ended := end_leftovers(home.path("pids.json")):
                line.note(f"ended leftovers of an earlier run: {', '.join(ended)}")
            home.make_folders()
            oracle = LocalOracle(home)
            for remark in oracle.moved_ports:
                line.note(remark)
        prices = oracle.start()
        say(page(oracle.describe(), prices))
        oracle.watch()
    except KeyboardInterrupt:
        pass
    except (PartFailedError, PrepareFailedError, embedded.EmbeddedError, env.EnvError, OSError) as exc:
        say(f"\nThe oracle cannot run: {exc}")
        code = 1
    finally:
        _ask_once()
        if oracle is not None:
            say("\nstopping …")
            began = time.monotonic()
            oracle.stop()
            say(f"stopped in {time.monotonic() - began:.1f} s")
    return code
