"""One Anvil with a deployed contract for the module that asks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from apps.chain.contract_setup import ContractSetup
from apps.chain.deploy import Deployer
from apps.chain.web3_gateway import Web3Gateway
from tests.chain.local_chain import BTC, anvil_at, funded_deployer, gateway_to, key


@dataclass(frozen=True, slots=True)
class Oracle:
    """A contract with one feed; signers are keys 11, 12 and 13 with a threshold of 2, the admin is key 1."""

    url: str
    gateway: Web3Gateway
    deployer: Deployer
    contract: str


@pytest.fixture(scope="module")
def oracle(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Oracle]:
    """A PriceOracle with BTC/USD on an Anvil of this module's own."""
    with anvil_at(tmp_path_factory.mktemp("chain")) as url:
        gateway = gateway_to(url)
        deployer = funded_deployer(gateway, admin=key(1))
        setup = ContractSetup(admin=key(1).address, signers=[key(n).address for n in (11, 12, 13)], threshold=2)
        made = deployer.deploy(setup)
        deployer.add_feed(made.address, "BTC/USD", BTC)
        yield Oracle(url=url, gateway=gateway, deployer=deployer, contract=made.address)
