"""Puts a PriceOracle on a chain and feeds into it, by the admin's key, one mined transaction at a time."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from apps.chain.errors import ChainError, ExecutionReverted, TransactionRefused
from apps.chain.gateway import OnChainFeedConfig, Receipt
from apps.chain.report import feed_id
from apps.chain.signers import Signer, TransactionFields, sign_transaction

if TYPE_CHECKING:
    from apps.chain.web3_gateway import Web3Gateway

MAX_ANSWER = 2**112 - 1  # the contract's MAX_ANSWER: an answer shares its storage slot with its times
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

    def deploy(self, *, signers: Sequence[str], threshold: int) -> Deployed:
        """Deploy a PriceOracle whose admin is this key. ``signers`` in any order.

        Raises ExecutionReverted, a TransactionRefused, FeeAboveCap or DeployTimeout.
        """
        ordered = sorted(signers, key=lambda address: int(address, 16))
        data = self.gateway.creation_data(admin=self.admin.address, signers=ordered, threshold=threshold)
        receipt = self._send(None, data)
        if receipt.contract_address is None:
            raise TransactionRefused("the receipt of the deployment names no contract")
        return Deployed(address=receipt.contract_address, tx_hash=receipt.tx_hash, block_number=receipt.block_number)

    def add_feed(self, contract: str, pair: str, config: OnChainFeedConfig) -> None:
        """Add a feed; its proxy is deployed with it. Raises as ``deploy``."""
        self._send(contract, self.gateway.call_data(contract, "addFeed", feed_id(pair), _config_tuple(config)))

    def update_feed(self, contract: str, pair: str, config: OnChainFeedConfig) -> None:
        """Replace a feed's rules. Raises as ``deploy``; the decimals of a feed never change."""
        self._send(contract, self.gateway.call_data(contract, "updateFeed", feed_id(pair), _config_tuple(config)))

    def _send(self, to: str | None, data: bytes) -> Receipt:
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


def _config_tuple(config: OnChainFeedConfig) -> tuple[int, int, int, int, int, int, str]:
    return (
        config.decimals,
        config.max_age_s,
        config.heartbeat_s,
        config.deviation_bps,
        config.min_answer,
        config.max_answer,
        config.description,
    )
