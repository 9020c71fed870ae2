"""What gas costs, as nodes of different kinds tell it."""

from __future__ import annotations

from typing import Any

import pytest

from apps.chain.errors import RpcRefused
from apps.chain.fee_market import GAS_PRICE_ORACLE, DataFee, FeeReader, FeeStrategy
from apps.chain.fees import GWEI, FeeMarket, Fees, legacy_fees, market_fees, tip_of_history
from apps.chain.signers import TransactionFields, sign_transaction
from apps.chain.web3_gateway import Web3Gateway
from tests.chain.conftest import Oracle
from tests.chain.local_chain import CHAIN_ID, key, mined

HISTORY = {
    "baseFeePerGas": ["0x64", "0x64", "0xc8"],
    "gasUsedRatio": [0.5, 0.0],
    "reward": [["0x7"], ["0x0"]],
}


def node(**replies: Any) -> FeeReader:
    """Return a reader over a node that has these methods and no other."""

    def raw(method: str, params: list[object]) -> Any:
        if method not in replies:
            raise RpcRefused(f"no {method}")
        return replies[method]

    return FeeReader(raw)


def test_history_gives_next_base_fee_and_tip() -> None:
    """The last base fee is the next block's; an empty block's tip of 0 does not count."""
    assert node(eth_feeHistory=HISTORY).market() == FeeMarket(base_fee_wei=200, price_wei=7)


def test_quiet_chain_asks_for_the_node_s_tip() -> None:
    """With empty blocks only, the node's suggestion is taken."""
    quiet = {**HISTORY, "gasUsedRatio": [0.0, 0.0]}

    assert node(eth_feeHistory=quiet, eth_maxPriorityFeePerGas="0x9").market().price_wei == 9
    assert node(eth_feeHistory=quiet).market().price_wei == GWEI


def test_chain_without_base_fee_has_a_gas_price() -> None:
    """Zeroes in the history of a chain whose blocks have no base fee mean one gas price."""
    old = {**HISTORY, "baseFeePerGas": ["0x0", "0x0", "0x0"]}
    reader = node(eth_feeHistory=old, eth_getBlockByNumber={"number": "0x1"}, eth_gasPrice="0x64")

    assert reader.market() == FeeMarket(base_fee_wei=None, price_wei=100)
    assert market_fees(reader.market(), max_fee_gwei=1) == Fees(110, 110, is_legacy=True)


def test_node_without_history_is_asked_for_its_block() -> None:
    """A base fee in the newest block is enough."""
    reader = node(eth_getBlockByNumber={"baseFeePerGas": "0xa"}, eth_maxPriorityFeePerGas="0x1")

    assert reader.market() == FeeMarket(base_fee_wei=10, price_wei=1)


def test_strategy_that_does_not_fit_is_refused() -> None:
    """eip1559 on a chain without a base fee is an error and not a guess."""
    reader = node(eth_feeHistory=None, eth_getBlockByNumber={"number": "0x1"})

    with pytest.raises(RpcRefused, match="no base fee"):
        FeeReader(reader.raw, strategy=FeeStrategy.EIP1559).market()


def test_tip_is_the_middle_one() -> None:
    """One block that paid a fortune does not raise the tip."""
    assert tip_of_history([[1], [2], [10**12]], [1.0, 1.0, 1.0]) == 2
    assert tip_of_history([], []) is None


def test_legacy_price_above_the_cap_is_refused() -> None:
    """The cap holds for gas prices too."""
    with pytest.raises(Exception, match="exceeds the cap"):
        legacy_fees(gas_price_wei=2 * GWEI, max_fee_gwei=1)


def test_optimism_data_fee_is_asked_of_the_predeploy(oracle: Oracle) -> None:
    """The 32 bytes of GasPriceOracle.getL1Fee are the data fee; a chain without the predeploy is refused."""
    gateway = Web3Gateway([oracle.url], chain_id=CHAIN_ID, data_fee=DataFee.OPTIMISM)
    with pytest.raises(RpcRefused, match="optimism"):
        gateway.data_fee_wei(b"\x02")

    # PUSH2 0x1234, MSTORE at 0, RETURN 32 bytes
    oracle.gateway._raw("anvil_setCode", [GAS_PRICE_ORACLE, "0x61123460005260206000f3"])

    assert gateway.data_fee_wei(b"\x02") == 0x1234


def test_legacy_transaction_is_mined(oracle: Oracle) -> None:
    """A signed type-0 transaction of the legacy strategy goes through a real node."""
    gateway = Web3Gateway([oracle.url], chain_id=CHAIN_ID, fee_strategy=FeeStrategy.LEGACY)
    fees = gateway.fees(max_fee_gwei=500)
    nonce = gateway.nonce(key(1).address, pending=True)
    signed = sign_transaction(TransactionFields(CHAIN_ID, nonce, key(1).address, b"", 21_000, fees), key(1))
    gateway.broadcast(signed.raw)

    receipt = mined(gateway, signed.tx_hash)
    assert fees.is_legacy
    assert receipt.succeeded
    assert 0 < receipt.cost_wei <= 21_000 * fees.max_fee_wei
