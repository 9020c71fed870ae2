"""What the chaos runs happen in: an Anvil that mines when told, three proxies with weather, workers that die."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.db import connection

from apps.chain.contract_setup import ContractSetup
from apps.chain.deploy import MAX_PACKED_ANSWER
from apps.chain.gateway import OnChainFeedConfig
from apps.chain.signers import KeystoreSigner, create_keystore, open_keystore
from apps.chain.web3_gateway import Web3Gateway
from apps.feeds.models import Feed
from apps.submissions.models import Deployment
from tests.chain.local_chain import CHAIN_ID, anvil_at, funded_deployer, gateway_to, key
from tests.chain.rpc_proxy import RpcProxy, Weather, rpc_proxy
from tests.chaos.worker import CALM, READY
from tests.conftest import REPOSITORY

PAIRS = tuple(f"{name}/USD" for name in ("BTC", "ETH", "SOL", "XRP", "ADA", "DOGE", "LTC", "DOT"))
PASSWORD = "chaos keystores"
MAX_AGE_S = 86_400  # nothing is to end by age here: that would explain too much
BLOCK_S = 0.25
CONFIRMATIONS = 8
FUNDS_WEI = 10**19
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
    events: Counter[str] = field(default_factory=Counter)
    stopped: threading.Event = field(default_factory=threading.Event)
    mining: bool = True

    def rpc(self, method: str, *params: object) -> Any:
        """Ask the node itself, past the weather."""
        return self.gateway._raw(method, list(params))

    def mine_on(self) -> None:
        """Mine a block every BLOCK_S until stopped."""
        own = gateway_to(self.url)
        while not self.stopped.wait(BLOCK_S):
            if self.mining:
                own._raw("evm_mine", [])

    def calm_down(self) -> None:
        """End weather and killing; the wallet has coin and blocks are cheap."""
        for proxy in self.proxies:
            proxy.weather = None
        (self.folder / CALM).touch()
        self.rpc("anvil_setBalance", self.transmitter.address, hex(FUNDS_WEI))
        self.rpc("anvil_setNextBlockBaseFeePerGas", hex(10**9))

    @contextmanager
    def workers(self, count: int, *, longest: int) -> Iterator[None]:
        """Run workers that die within ``longest`` lines while the block runs."""
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
                yield
            finally:
                for process in running:
                    process.terminate()
                for process in running:
                    process.wait(20)


@contextmanager
def world(folder: Path, *, weather: dict[str, float] | None = None) -> Iterator[World]:
    """Deploy a contract for eight feeds on a fresh chain and describe it in the database, as on a public chain."""
    weather = STORM if weather is None else weather
    with ExitStack() as stack:
        (folder / "chain").mkdir()
        url = stack.enter_context(anvil_at(folder / "chain", forgets=False))
        gateway = gateway_to(url)
        transmitter = _transmitter(folder)
        contract = _contract(gateway, folder)
        proxies = [
            stack.enter_context(rpc_proxy(url, weather=Weather(weather, seed=seed) if weather else None))
            for seed in range(3)
        ]
        made = World(url, folder, gateway, contract, transmitter, proxies, _environment(folder, proxies))
        made.rpc("evm_setAutomine", False)
        made.rpc("anvil_setBalance", transmitter.address, hex(FUNDS_WEI))
        miner = threading.Thread(target=made.mine_on, daemon=True)
        miner.start()
        try:
            yield made
        finally:
            made.stopped.set()
            miner.join(10)


def _transmitter(folder: Path) -> KeystoreSigner:
    os.environ["KEYSTORE_PASSWORD"] = PASSWORD
    for name in ("transmitter", "s1", "s2", "s3"):
        create_keystore(folder / f"{name}.json", PASSWORD)
    return open_keystore(folder / "transmitter.json")


def _contract(gateway: Web3Gateway, folder: Path) -> str:
    deployer = funded_deployer(gateway, admin=key(1))
    signers = [open_keystore(folder / f"{name}.json").address for name in ("s1", "s2", "s3")]
    made = deployer.deploy(ContractSetup(admin=key(1).address, signers=signers, threshold=2))
    for pair in PAIRS:
        config = OnChainFeedConfig(8, MAX_AGE_S, 3_600, 50, 1, MAX_PACKED_ANSWER, pair)
        deployer.add_feed(made.address, pair, config)
        Feed.objects.create(pair=pair, max_age_s=MAX_AGE_S)
    signer_set = gateway.signer_set(made.address)
    Deployment.objects.create(
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


def _environment(folder: Path, proxies: list[RpcProxy]) -> dict[str, str]:
    database = connection.settings_dict
    where = f"{database['HOST']}:{database['PORT']}/{database['NAME']}"
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "oracle_project.settings.test",
        "DATABASE_URL": f"postgres://{database['USER']}:{database['PASSWORD']}@{where}",
        "CELERY_BROKER_URL": "redis://127.0.0.1:1/0",
        "ETH_RPC_URLS": ",".join(proxy.url for proxy in proxies),
        "CHAIN_ID": str(CHAIN_ID),
        "CONTRACT_ADDRESS": "",
        "SIGNER_KEYSTORES": ",".join(str(folder / f"{name}.json") for name in ("s1", "s2", "s3")),
        "TRANSMITTER_KEYSTORE": str(folder / "transmitter.json"),
        "ADMIN_KEYSTORE": "",
        "KEYSTORE_PASSWORD": PASSWORD,
        "READ_AGREEMENT": "2",
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
