"""A throwaway Anvil for one test, with a funded admin and a deployed contract when asked."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from eth_account import Account

from apps.chain.deploy import LOCAL_FUNDS_WEI, MAX_PACKED_ANSWER, Deployer
from apps.chain.gateway import OnChainFeedConfig, Receipt
from apps.chain.signers import KeystoreSigner
from apps.chain.web3_gateway import Web3Gateway
from local import embedded
from local.launch import free_port

STOP_TIMEOUT_S = 10.0
MINED_WITHIN_S = 10.0
CHAIN_ID = 31337
BTC = OnChainFeedConfig(
    decimals=8,
    max_age_s=90,
    heartbeat_s=3600,
    deviation_bps=50,
    min_answer=1,
    max_answer=MAX_PACKED_ANSWER,
    description="BTC / USD",
)


def key(number: int) -> KeystoreSigner:
    """Return the same test key for the same number."""
    return KeystoreSigner(Account.from_key(number.to_bytes(32, "big")))


@contextmanager
def anvil_at(folder: Path, *, forgets: bool = True) -> Iterator[str]:
    """Start an Anvil of its own; yields its URL and ends it by pid. forgets: drop the bodies of old blocks."""
    port = free_port()
    try:
        command = embedded.anvil_command(folder, port=port, keep=False)
        if not forgets:
            at = command.index("--transaction-block-keeper")
            del command[at : at + 2]
    except embedded.EmbeddedError as exc:
        pytest.skip(str(exc))
    with (folder / "anvil.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
    try:
        embedded.await_anvil(embedded.anvil_url(port=port))
        yield embedded.anvil_url(port=port)
    finally:
        process.terminate()
        process.wait(STOP_TIMEOUT_S)


def gateway_to(url: str) -> Web3Gateway:
    """Return a gateway to a local chain."""
    return Web3Gateway([url], chain_id=CHAIN_ID)


def mined(gateway: Web3Gateway, tx_hash: str) -> Receipt:
    """Return the receipt of a transaction that was sent. Anvil mines at once, but not before it answers."""
    until = time.monotonic() + MINED_WITHIN_S
    while (receipt := gateway.receipt(tx_hash)) is None:
        assert time.monotonic() < until, f"{tx_hash} is not mined after {MINED_WITHIN_S} s"
        time.sleep(0.02)
    return receipt


def funded_deployer(gateway: Web3Gateway, *, admin: KeystoreSigner) -> Deployer:
    """Return a deployer whose key has play money."""
    gateway.set_balance(admin.address, LOCAL_FUNDS_WEI)
    return Deployer(gateway=gateway, admin=admin, chain_id=CHAIN_ID, max_fee_gwei=500, timeout_s=10)
