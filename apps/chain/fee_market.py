"""Asks a node what gas costs: the fee history of its last blocks, a gas price, the data fee of a rollup.

A strategy is chosen per chain:

``auto``      a base fee when the newest block has one, else a gas price
``eip1559``   always with a base fee; a chain without one is an error, not a guess
``legacy``    always a gas price, also where blocks have a base fee (some chains' nodes quote a floor only there)

Rollups bill the bytes of a transaction on top of its gas. ``optimism`` asks the GasPriceOracle predeploy for that fee;
``arbitrum`` needs no addition, since its gas estimate contains it; ``none`` knows of no such fee.
Sources: https://docs.optimism.io/stack/transactions/fees, https://docs.arbitrum.io/how-arbitrum-works/gas-fees,
https://ethereum.github.io/execution-apis/ (eth_feeHistory).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from eth_abi.abi import encode

from apps.chain.errors import ChainError, RpcRefused
from apps.chain.fees import GWEI, FeeMarket, tip_of_history

HISTORY_BLOCKS = 10
TIP_PERCENTILE = 50
DEFAULT_TIP_WEI = GWEI  # for nodes that tell neither by their history nor by eth_maxPriorityFeePerGas
GAS_PRICE_ORACLE = "0x420000000000000000000000000000000000000F"  # the same on every OP Stack chain
GET_L1_FEE = bytes.fromhex("49948e0e")  # getL1Fee(bytes)

RawCall = Callable[[str, list[object]], Any]


class FeeStrategy(StrEnum):
    """How a chain's gas is priced; the values of FEE_STRATEGY."""

    AUTO = "auto"
    EIP1559 = "eip1559"
    LEGACY = "legacy"


class DataFee(StrEnum):
    """Which rollup bills the bytes of a transaction; the values of DATA_FEE."""

    NONE = "none"
    OPTIMISM = "optimism"
    ARBITRUM = "arbitrum"


@dataclass(frozen=True, slots=True)
class FeeReader:
    """A chain's price of gas, read through ``raw(method, params)``, which raises ChainError."""

    raw: RawCall
    strategy: FeeStrategy = FeeStrategy.AUTO
    data_fee: DataFee = DataFee.NONE

    def market(self) -> FeeMarket:
        """Return what the next block asks for. Raises RpcRefused when the strategy does not fit the chain."""
        if self.strategy is FeeStrategy.LEGACY:
            return FeeMarket(base_fee_wei=None, price_wei=self._gas_price())
        history = self._history()
        base_fee_wei = (_next_base_fee(history) if history else 0) or self._latest_base_fee()
        if base_fee_wei is None:
            if self.strategy is FeeStrategy.EIP1559:
                raise RpcRefused("FEE_STRATEGY is eip1559, but blocks of this chain have no base fee")
            return FeeMarket(base_fee_wei=None, price_wei=self._gas_price())
        return FeeMarket(base_fee_wei=base_fee_wei, price_wei=self._tip(history))

    def data_fee_wei(self, raw_transaction: bytes) -> int:
        """Return what the rollup bills for the bytes on top of gas, in wei; 0 where there is no such fee."""
        if self.data_fee is not DataFee.OPTIMISM:
            return 0
        call = {"to": GAS_PRICE_ORACLE, "data": "0x" + (GET_L1_FEE + encode(["bytes"], [raw_transaction])).hex()}
        reply = str(self.raw("eth_call", [call, "latest"]))
        if len(reply) != 66:
            answered = len(reply) // 2 - 1
            raise RpcRefused(f"DATA_FEE is optimism, but {GAS_PRICE_ORACLE} answered {answered} bytes, not 32")
        return int(reply, 16)

    def _history(self) -> dict[str, Any] | None:
        try:
            history = self.raw("eth_feeHistory", [hex(HISTORY_BLOCKS), "latest", [TIP_PERCENTILE]])
        except RpcRefused:
            return None  # a method some nodes do not have
        return history if isinstance(history, dict) else None

    def _latest_base_fee(self) -> int | None:
        block = self.raw("eth_getBlockByNumber", ["latest", False])
        base_fee = block.get("baseFeePerGas") if isinstance(block, dict) else None
        return None if base_fee is None else int(base_fee, 16)

    def _tip(self, history: dict[str, Any] | None) -> int:
        if history is not None:
            rewards = [[int(wei, 16) for wei in row] for row in history.get("reward") or []]
            tip = tip_of_history(rewards, [float(ratio) for ratio in history.get("gasUsedRatio") or []])
            if tip is not None:
                return tip
        try:
            return int(self.raw("eth_maxPriorityFeePerGas", []), 16)
        except ChainError:
            return DEFAULT_TIP_WEI

    def _gas_price(self) -> int:
        return int(self.raw("eth_gasPrice", []), 16)


def _next_base_fee(history: dict[str, Any]) -> int:
    """Return the last entry, the base fee of the block after the newest; 0 also where the chain has none."""
    fees = history.get("baseFeePerGas") or ["0x0"]
    return int(fees[-1], 16)
