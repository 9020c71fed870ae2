"""A chain of one-second blocks with a contract of many feeds, a chain worker before it, and a bare web3.py loop.

Django is set up by ``start``; import what needs Django only after it.
"""

from __future__ import annotations

import os
import secrets
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hexbytes import HexBytes

from bench.oracle import READY_TIMEOUT_S, START_SCRIPTS
from bench.servers import ServerFailed, Servers
from local.embedded import CHAIN_ID

if TYPE_CHECKING:
    from apps.chain.signers import KeystoreSigner
    from apps.chain.web3_gateway import Web3Gateway

FEEDS = 100
BLOCK_S = 1
GWEI = 10**9
GAS_LIMIT = 300_000
POLL_S = 0.02
SWEEP_S = 2.0
PATIENCE_S = 300.0
LONG_S = 10**7
EVIDENCE = "0x" + "be" * 32


@dataclass(frozen=True, slots=True)
class Chain:
    """What both contestants write to. ``rival``: a key of its own, so that nonces do not meet."""

    gateway: Web3Gateway
    contract: str
    signers: tuple[KeystoreSigner, ...]
    transmitter: str
    rival: KeystoreSigner


def pair_of(number: int) -> str:
    """Return the pair of a feed's number."""
    return f"F{number}/USD"


def start(servers: Servers) -> Chain:
    """Start servers, deploy the contract with its feeds, and start a chain worker as production does."""
    postgres, valkey, anvil = servers.postgres(), servers.valkey(), servers.anvil()
    folder = servers.log("keys").with_suffix("")
    folder.mkdir(mode=0o700)
    password = secrets.token_hex(8)
    names = ("signer1", "signer2", "signer3", "transmitter", "rival", "admin")
    files = {name: str(folder / f"{name}.json") for name in names}
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "oracle_project.settings.local",
        "DATABASE_URL": postgres.url,
        "REDIS_URL": valkey.url,
        "MARKET": "live",
        "LOG_LEVEL": "WARNING",
        "ETH_RPC_URLS": anvil.url,
        "CHAIN_ID": str(CHAIN_ID),
        "SIGNER_KEYSTORES": ",".join(files[name] for name in names[:3]),
        "TRANSMITTER_KEYSTORE": files["transmitter"],
        "ADMIN_KEYSTORE": "",
        "KEYSTORE_PASSWORD": password,
        "MAX_IN_FLIGHT": "1000",
        "PROMETHEUS_MULTIPROC_DIR": str(servers.log("metrics").with_suffix("")),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
    }
    chain = _deployed(anvil.url, files, password)
    servers.start("chain", [str(START_SCRIPTS / "chain")], env=os.environ)
    _await_worker(servers)
    return chain


def plan(feed: int) -> Any:
    """Return a submission of one feed, planned now as settling plans it."""
    from apps.submissions.services import PlannedAnswer, plan_submission  # noqa: PLC0415 - needs Django

    answer = PlannedAnswer(pair=pair_of(feed), answer=10**8, decimals=8, observed_at=datetime.now(UTC))
    return plan_submission(answers=[answer], evidence_hash=EVIDENCE, simulated=False)


def signed_calls(chain: Chain, count: int) -> list[bytes]:
    """Return the calls of so many reports, signed by two: what the bare loop is given."""
    from apps.chain.report import Report, ReportAnswer, report_message  # noqa: PLC0415 - needs Django
    from apps.chain.signers import sign_report  # noqa: PLC0415

    calls, places = [], chain.gateway.places(chain.contract)
    for number in range(count):
        answers = (ReportAnswer(pair_of(number), 10**8, int(time.time())),)
        report = Report(signer_set_version=1, evidence_hash=EVIDENCE, answers=answers, places=places)
        message = report_message(report, chain_id=CHAIN_ID, contract=chain.contract)
        calls.append(chain.gateway.submit_data(chain.contract, report, sign_report(message, chain.signers[:2])))
    return calls


def bare_send(chain: Chain, data: bytes, *, nonce: int) -> None:
    """Sign one transaction and send it by web3.py, and nothing else."""
    account = chain.rival._account  # noqa: SLF001 - the rival is web3.py with a key at hand
    signed = account.sign_transaction(
        {
            "type": 2,
            "chainId": CHAIN_ID,
            "nonce": nonce,
            "to": HexBytes(chain.contract),
            "data": data,
            "value": 0,
            "gas": GAS_LIMIT,
            "maxFeePerGas": 100 * GWEI,
            "maxPriorityFeePerGas": GWEI,
        }
    )
    chain.gateway._web3.eth.send_raw_transaction(signed.raw_transaction)  # noqa: SLF001


def until(condition: Callable[[], bool], *, what: str) -> None:
    """Return once the condition holds, sweeping meanwhile as beat does. Raises ServerFailed after PATIENCE_S."""
    from oracle_project.celery import app  # noqa: PLC0415 - reads the environment made above

    deadline, swept_at = time.monotonic() + PATIENCE_S, time.monotonic()
    while not condition():
        if time.monotonic() - swept_at > SWEEP_S:
            app.send_task("submissions.sweep", queue="chain", ignore_result=True)
            swept_at = time.monotonic()
        if time.monotonic() > deadline:
            raise ServerFailed(f"not within {PATIENCE_S:.0f} s: {what}")
        time.sleep(POLL_S)


def _deployed(url: str, files: dict[str, str], password: str) -> Chain:
    import django  # noqa: PLC0415 - reads the environment made above
    from django.core.management import call_command  # noqa: PLC0415

    django.setup()
    call_command("migrate", verbosity=0)
    from apps.chain.contract_setup import ContractSetup  # noqa: PLC0415
    from apps.chain.deploy import LOCAL_FUNDS_WEI, MAX_PACKED_ANSWER, Deployer  # noqa: PLC0415
    from apps.chain.gateway import OnChainFeedConfig  # noqa: PLC0415
    from apps.chain.signers import create_keystore, open_keystore  # noqa: PLC0415
    from apps.chain.web3_gateway import Web3Gateway  # noqa: PLC0415
    from apps.feeds.models import Feed  # noqa: PLC0415
    from apps.submissions.models import Deployment  # noqa: PLC0415

    for path in files.values():
        create_keystore(path, password)
    keys = {name: open_keystore(path) for name, path in files.items()}
    gateway = Web3Gateway([url], chain_id=CHAIN_ID)
    for name in ("transmitter", "rival", "admin"):
        gateway.set_balance(keys[name].address, LOCAL_FUNDS_WEI)
    deployer = Deployer(gateway=gateway, admin=keys["admin"], chain_id=CHAIN_ID, max_fee_gwei=500)
    signers = tuple(sorted((keys[f"signer{n}"] for n in (1, 2, 3)), key=lambda key: int(key.address, 16)))
    made = deployer.deploy(
        ContractSetup(admin=keys["admin"].address, signers=[key.address for key in signers], threshold=2)
    )
    for number in range(FEEDS):
        config = OnChainFeedConfig(8, LONG_S, LONG_S, 50, 1, MAX_PACKED_ANSWER, pair_of(number))
        deployer.add_feed(made.address, pair_of(number), config)
        Feed.objects.create(pair=pair_of(number), max_age_s=LONG_S, heartbeat_s=LONG_S)
    Deployment.objects.create(
        chain_id=CHAIN_ID,
        address=made.address,
        is_local=False,
        signers=[key.address for key in signers],
        threshold=2,
        signer_set_version=1,
        proxies=gateway.proxies(made.address),
        places=gateway.places(made.address),
        tx_hash=made.tx_hash,
        block_number=made.block_number,
        genesis_hash=gateway.identity().genesis_hash,
    )
    gateway._raw("evm_setIntervalMining", [BLOCK_S])  # noqa: SLF001 - Anvil's own
    return Chain(gateway, made.address, signers, keys["transmitter"].address, keys["rival"])


def _await_worker(servers: Servers) -> None:
    from oracle_project.celery import app  # noqa: PLC0415 - reads the environment made above

    deadline = time.monotonic() + READY_TIMEOUT_S
    while not app.control.ping(timeout=1.0):
        if time.monotonic() > deadline:
            log = servers.log("chain").read_text(errors="replace")[-2000:]
            raise ServerFailed(f"the chain worker did not answer within {READY_TIMEOUT_S:.0f} s\n{log}")
