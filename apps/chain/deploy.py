"""Puts a PriceOracle on a chain and feeds into it, by the admin's key, one mined transaction at a time."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from apps.chain.bindings import price_oracle
from apps.chain.contract_setup import (
    CREATE2_FACTORY,
    CREATE2_SALT,
    ContractSetup,
    config_to_chain,
    create2_address,
)
from apps.chain.errors import ChainError, ExecutionReverted, TransactionRefused
from apps.chain.gateway import OnChainFeedConfig, Receipt
from apps.chain.report import feed_id
from apps.chain.signers import Signer, TransactionFields, sign_transaction
from apps.pricing.storage import SHARED_MAX_ANSWER

if TYPE_CHECKING:
    from apps.chain.web3_gateway import Web3Gateway

MAX_PACKED_ANSWER = SHARED_MAX_ANSWER  # the contract's constants of the same names
MAX_WIDE_ANSWER = 2**191 - 1
MAX_BPS = 2**16 - 1
MAX_AGE_S = 2**24 - 1
MAX_DEVIATION_BPS = 10_000
GAS_MARGIN_PERCENT = 20
POLL_S = 0.05
LOCAL_FUNDS_WEI = 10_000 * 10**18


class DeployTimeout(ChainError):
    """A deployment transaction was not mined in time; it may still be."""

    code = "deploy_timeout"
    transient = True


@dataclass(frozen=True, slots=True)
class Deployed:
    """A fresh contract and the transaction that made it."""

    address: str
    tx_hash: str
    block_number: int


@dataclass(frozen=True, slots=True)
class Deployer:
    """The admin's key on a chain. ``timeout_s``: of one transaction, from broadcast to block."""

    gateway: Web3Gateway
    admin: Signer
    chain_id: int
    max_fee_gwei: int
    timeout_s: float = 120.0

    def deploy(self, setup: ContractSetup, *, salt: bytes = CREATE2_SALT) -> Deployed:
        """Deploy a PriceOracle, by CREATE2 where the chain has the usual factory.

        One that stands already, deployed with the same setup and salt, is returned as it is: a deployment that was
        killed half-way is found again. Raises ExecutionReverted, a TransactionRefused, FeeAboveCap or DeployTimeout.
        """
        return self.deploy_code(setup.creation_code(), salt=salt)

    def deploy_code(self, code: bytes, *, salt: bytes) -> Deployed:
        """Deploy any creation code; else as ``deploy``."""
        if not self.gateway.has_code(CREATE2_FACTORY):
            receipt = self.send(None, code)
            if receipt.contract_address is None:
                raise TransactionRefused("the receipt of the deployment names no contract")
            return Deployed(receipt.contract_address, receipt.tx_hash, receipt.block_number)
        address = create2_address(salt, code)
        if self.gateway.has_code(address):
            return Deployed(address, tx_hash="", block_number=self.gateway.head().number)
        receipt = self.send(CREATE2_FACTORY, salt + code)
        if not self.gateway.has_code(address):
            raise TransactionRefused(f"no contract at {address} after {receipt.tx_hash}")
        return Deployed(address, receipt.tx_hash, receipt.block_number)

    def add_feed(self, contract: str, pair: str, config: OnChainFeedConfig) -> None:
        """Add a feed; its proxy is deployed with it. Raises as ``deploy``."""
        self.send(contract, price_oracle.add_feed(feed_id(pair), config_to_chain(config)).data)

    def update_feed(self, contract: str, pair: str, config: OnChainFeedConfig) -> None:
        """Replace a feed's rules. Raises as ``deploy``; the decimals of a feed never change."""
        self.send(contract, price_oracle.update_feed(feed_id(pair), config_to_chain(config)).data)

    def send(self, to: str | None, data: bytes) -> Receipt:
        """Send a call, or creation code, and return the receipt once it is mined. Raises as ``deploy``."""
        gas = self.gateway.estimate_gas(sender=self.admin.address, to=to, data=data)
        fields = TransactionFields(
            chain_id=self.chain_id,
            nonce=self.gateway.nonce(self.admin.address, pending=True),
            to=to,
            data=data,
            gas_limit=gas * (100 + GAS_MARGIN_PERCENT) // 100,
            fees=self.gateway.fees(max_fee_gwei=self.max_fee_gwei),
        )
        signed = sign_transaction(fields, self.admin)
        self.gateway.broadcast(signed.raw)
        return self._mined(signed.tx_hash)

    def _mined(self, tx_hash: str) -> Receipt:
        give_up_at = time.monotonic() + self.timeout_s
        while (receipt := self.gateway.receipt(tx_hash)) is None:
            if time.monotonic() > give_up_at:
                raise DeployTimeout(f"{tx_hash} was not mined within {self.timeout_s:.0f} s")
            time.sleep(POLL_S)
        if not receipt.succeeded:
            raise ExecutionReverted(f"transaction {tx_hash}")
        return receipt
