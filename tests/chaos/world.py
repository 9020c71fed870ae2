"""What the chaos runs happen in: an Anvil that mines when told, three proxies with weather, servers that die."""

from __future__ import annotations

import os
import runpy
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

from celery import Celery
from kombu.exceptions import OperationalError

from apps.chain.contract_setup import ContractSetup
from apps.chain.deploy import MAX_PACKED_ANSWER
from apps.chain.gateway import OnChainFeedConfig
from apps.chain.signers import KeystoreSigner, create_keystore, open_keystore
from apps.chain.web3_gateway import Web3Gateway
from apps.feeds.destination_model import MAIN
from apps.feeds.models import Destination, Feed
from apps.submissions.chains import queue_of
from apps.submissions.models import Deployment
from oracle_project import celery_config
from tests.chain.local_chain import CHAIN_ID, anvil_at, funded_deployer, gateway_to, key
from tests.chain.rpc_proxy import RpcProxy, Weather, rpc_proxy
from tests.chaos import servers
from tests.chaos.servers import Server
from tests.chaos.worker import CALM, QUEUE, READY
from tests.conftest import REPOSITORY

PAIRS = tuple(f"{name}/USD" for name in ("BTC", "ETH", "SOL", "XRP", "ADA", "DOGE", "LTC", "DOT"))
PASSWORD = "chaos keystores"
MAX_AGE_S = 86_400  # nothing is to end by age here: that would explain too much
BLOCK_S = 0.25
CONFIRMATIONS = 8
FUNDS_WEI = 10**19
OWN_RPC_URLS, NOBODY = "SECOND_RPC_URLS", "http://127.0.0.1:9"
# Of a destination with a row; the same that _environment says of main.
RULES: dict[str, int] = {
    "chain_id": CHAIN_ID,
    "read_agreement": 2,
    "receipt_patience_s": 5,
    "timeout_s": 1,
    "bump_after_blocks": 3,
    "confirmations": CONFIRMATIONS,
    "max_fee_gwei": 10_000,
}
SETTING = (str, int, float, dict, list)
TICK_S = 0.3
EVERY = {"submissions.sweep": 1, "submissions.follow_chain": 4, "submissions.reconcile": 10}  # ticks
STORM = {
    "busy": 0.01,
    "error": 0.02,
    "slow": 0.01,
    "lie": 0.02,
    "lag": 0.02,
    "drop": 0.05,
    "reorder": 0.05,
    "after_504": 0.05,
}


@dataclass
class World:
    """A chain under weather. ``events`` counts what was done to it."""

    url: str
    folder: Path
    gateway: Web3Gateway
    contract: str
    transmitter: KeystoreSigner
    proxies: list[RpcProxy]
    environment: dict[str, str]
    database: Server
    cache: Server
    broker: Server
    app: Celery
    events: Counter[str] = field(default_factory=Counter)
    stopped: threading.Event = field(default_factory=threading.Event)
    mining: bool = True
    destination: str = MAIN

    def rpc(self, method: str, *params: object) -> Any:
        """Ask the node itself, past the weather."""
        return self.gateway._raw(method, list(params))

    def mine_on(self) -> None:
        """Mine a block every BLOCK_S until stopped."""
        own = gateway_to(self.url)
        while not self.stopped.wait(BLOCK_S):
            if self.mining:
                own._raw("evm_mine", [])

    def tick_on(self) -> None:
        """Have the broker take what beat sends, until stopped."""
        turn = 0
        while not self.stopped.wait(TICK_S):
            turn += 1
            for task in (name for name, every in EVERY.items() if turn % every == 0):
                try:
                    queue = queue_of(self.destination)
                    self.app.send_task(
                        task, args=[self.destination], queue=queue, retry=False, ignore_result=True, expires=2
                    )
                except (OperationalError, OSError):
                    self.events["ticks without a broker"] += 1

    def calm_down(self) -> None:
        """End weather and killing; all servers run, the wallet has coin and blocks are cheap."""
        for server in (self.database, self.cache, self.broker):
            if server.down_since is not None:
                server.start()
        for proxy in self.proxies:
            proxy.weather = None
        (self.folder / CALM).touch()
        self.rpc("anvil_setBalance", self.transmitter.address, hex(FUNDS_WEI))
        self.rpc("anvil_setNextBlockBaseFeePerGas", hex(10**9))

    @contextmanager
    def workers(self, count: int, *, longest: int) -> Iterator[list[int]]:
        """Run workers that die within ``longest`` lines while the block runs; yields their process ids."""
        command = [sys.executable, "-m", "tests.chaos.worker", str(self.folder)]
        with ExitStack() as stack:
            running = []
            for seed in range(count):
                log = stack.enter_context((self.folder / f"worker{seed}.log").open("wb"))
                running.append(
                    subprocess.Popen(
                        [*command, str(seed), str(longest)],
                        cwd=REPOSITORY,
                        env=self.environment,
                        stdout=log,
                        stderr=log,
                    )
                )
            try:
                for seed in range(count):
                    wait_until((self.folder / f"{READY}{seed}").exists, patience_s=60, what="workers to start")
                yield [process.pid for process in running]
            finally:
                for process in running:
                    process.terminate()
                for process in running:
                    process.wait(20)


@contextmanager
def world(
    folder: Path,
    *,
    broker: str,
    weather: dict[str, float] | None = None,
    pairs: Sequence[str] = PAIRS,
    destination: str = MAIN,
    **names: str,
) -> Iterator[World]:
    """Deploy a contract for some feeds on a fresh chain and describe it in a fresh database, as on a public chain.

    broker: ``redis`` or ``amqp``. destination: another than main has its row, and no chain is at main.
    names: further variables of the workers' environment.
    """
    weather = STORM if weather is None else weather
    with ExitStack() as stack:
        database, cache, messages = _servers(stack, folder, broker)
        stack.enter_context(servers.django_on(database))
        (folder / "chain").mkdir()
        url = stack.enter_context(anvil_at(folder / "chain", forgets=False))
        gateway = gateway_to(url)
        transmitter = _transmitter(folder)
        contract = _contract(gateway, folder, pairs, destination)
        proxies = [
            stack.enter_context(rpc_proxy(url, weather=Weather(weather, seed=seed) if weather else None))
            for seed in range(3)
        ]
        environment = _environment(folder, proxies, database, cache, messages)
        environment |= {QUEUE: queue_of(destination)} | names
        if destination != MAIN:
            environment |= {OWN_RPC_URLS: environment["ETH_RPC_URLS"], "ETH_RPC_URLS": NOBODY}
        environment = {name: value for name, value in environment.items() if value}
        app = celery_of(environment)
        made = World(url, folder, gateway, contract, transmitter, proxies, environment, database, cache, messages, app)
        made.destination = destination
        made.rpc("evm_setAutomine", False)
        made.rpc("anvil_setBalance", transmitter.address, hex(FUNDS_WEI))
        threads = [threading.Thread(target=run, daemon=True) for run in (made.mine_on, made.tick_on)]
        for thread in threads:
            thread.start()
        try:
            yield made
        finally:
            made.stopped.set()
            for thread in threads:
                thread.join(10)


def _servers(stack: ExitStack, folder: Path, broker: str) -> tuple[Server, Server, Server]:
    """Start a database, a cache and a broker, which end with the stack."""
    database, cache = servers.postgres(folder), servers.valkey(folder)
    messages = stack.enter_context(servers.rabbitmq(folder)) if broker == "amqp" else cache
    for server in {id(one): one for one in (database, cache, messages)}.values():
        server.start()
        stack.callback(server.stop)
    return database, cache, messages


def celery_of(environment: dict[str, str]) -> Celery:
    """Return an application that publishes as the oracle's processes do in this environment."""
    with mock.patch.dict(os.environ, environment):
        names = runpy.run_path(celery_config.__file__)
    app = Celery("chaos", set_as_current=False)
    app.conf.update({name: value for name, value in names.items() if name.islower() and isinstance(value, SETTING)})
    return app


def _transmitter(folder: Path) -> KeystoreSigner:
    os.environ["KEYSTORE_PASSWORD"] = PASSWORD
    for name in ("transmitter", "s1", "s2", "s3"):
        create_keystore(folder / f"{name}.json", PASSWORD)
    return open_keystore(folder / "transmitter.json")


def _contract(gateway: Web3Gateway, folder: Path, pairs: Sequence[str], destination: str) -> str:
    if destination != MAIN:
        Destination.objects.create(name=destination, rpc_urls=[f"env:{OWN_RPC_URLS}"], **RULES)
    deployer = funded_deployer(gateway, admin=key(1))
    signers = [open_keystore(folder / f"{name}.json").address for name in ("s1", "s2", "s3")]
    made = deployer.deploy(ContractSetup(admin=key(1).address, signers=signers, threshold=2))
    for pair in pairs:
        config = OnChainFeedConfig(8, MAX_AGE_S, 3_600, 50, 1, MAX_PACKED_ANSWER, pair)
        deployer.add_feed(made.address, pair, config)
        Feed.objects.create(pair=pair, max_age_s=MAX_AGE_S, destinations=[destination])
    signer_set = gateway.signer_set(made.address)
    Deployment.objects.create(
        destination=destination,
        chain_id=CHAIN_ID,
        address=made.address,
        is_local=False,
        signers=list(signer_set.signers),
        threshold=2,
        signer_set_version=signer_set.version,
        proxies=gateway.proxies(made.address),
        places=gateway.places(made.address),
        tx_hash=made.tx_hash,
        block_number=made.block_number,
        genesis_hash=gateway.identity().genesis_hash,
    )
    return made.address


def _environment(
    folder: Path, proxies: list[RpcProxy], database: Server, cache: Server, broker: Server
) -> dict[str, str]:
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "oracle_project.settings.test",
        "DATABASE_URL": database.url,
        "REDIS_URL": cache.url,
        "CELERY_BROKER_URL": broker.url,
        "ETH_RPC_URLS": ",".join(proxy.url for proxy in proxies),
        "CHAIN_ID": str(CHAIN_ID),
        "CONTRACT_ADDRESS": "",
        "SIGNER_KEYSTORES": ",".join(str(folder / f"{name}.json") for name in ("s1", "s2", "s3")),
        "TRANSMITTER_KEYSTORE": str(folder / "transmitter.json"),
        "ADMIN_KEYSTORE": "",
        "KEYSTORE_PASSWORD": PASSWORD,
        "READ_AGREEMENT": "2",
        "RECEIPT_PATIENCE_S": "5",
        "TRANSACTION_TIMEOUT_S": "1",
        "BUMP_AFTER_BLOCKS": "3",
        "CONFIRMATIONS": str(CONFIRMATIONS),
        "MAX_FEE_GWEI": "10000",
        "PYTHONPATH": str(REPOSITORY),
    }


def wait_until(condition: Any, *, patience_s: float, what: str) -> None:
    """Return once the condition holds; AssertionError after ``patience_s``."""
    give_up_at = time.monotonic() + patience_s
    while not condition():
        assert time.monotonic() < give_up_at, f"not within {patience_s:.0f} s: {what}"
        time.sleep(0.2)
