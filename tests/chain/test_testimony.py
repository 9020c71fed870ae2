"""What endpoints say of a receipt, heard through proxies that falsify it before a real Anvil."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest

from apps.chain import testimony
from apps.chain.endpoints import host_of
from apps.chain.errors import RpcRefused
from apps.chain.gateway import Receipt
from apps.chain.report import ReportAnswer
from apps.chain.web3_gateway import Web3Gateway
from tests.chain.conftest import Oracle
from tests.chain.local_chain import CHAIN_ID
from tests.chain.rpc_proxy import RpcProxy, rpc_proxy
from tests.chain.test_rpc import quarantined
from tests.chain.test_web3_gateway import signed_submit, transaction


@pytest.fixture
def three(oracle: Oracle) -> Iterator[tuple[RpcProxy, RpcProxy, RpcProxy]]:
    """Three proxies before one node."""
    with rpc_proxy(oracle.url) as one, rpc_proxy(oracle.url) as two, rpc_proxy(oracle.url) as three:
        yield one, two, three


SECONDS_AGO = count(80, -1)  # each report is newer than the last one


@pytest.fixture
def tx_hash(oracle: Oracle) -> str:
    """A mined report."""
    observed_at = int(time.time()) - next(SECONDS_AGO)
    signed = transaction(oracle, signed_submit(oracle, ReportAnswer("BTC/USD", 5, observed_at)))
    oracle.gateway.broadcast(signed.raw)
    return signed.tx_hash


def seen(tx_hash: str, *proxies: RpcProxy, everywhere: bool = False) -> Receipt | None:
    """Return what a gateway over the proxies says of a transaction."""
    return Web3Gateway([proxy.url for proxy in proxies], chain_id=CHAIN_ID).receipt(tx_hash, everywhere=everywhere)


def hosts(*proxies: RpcProxy) -> tuple[str, ...]:
    """Return the hosts of proxies."""
    return tuple(host_of(proxy.url) for proxy in proxies)


def other(**fields: Any) -> Any:
    """Return a forger that changes fields of a true receipt."""
    return lambda _, truth: truth and {**truth, **fields}


def hidden(_tx_hash: str, _truth: Any) -> None:
    """Show no receipt."""


def test_two_that_agree_are_enough(three: tuple[RpcProxy, RpcProxy, RpcProxy], tx_hash: str) -> None:
    """The third is not asked, and nobody is asked beside the first while nothing is mined."""
    receipt = seen(tx_hash, *three)
    assert receipt is not None
    assert (receipt.witnesses.shown_by, receipt.witnesses.are_enough) == (hosts(*three[:2]), True)
    assert three[2].calls["eth_getTransactionReceipt"] == 0

    assert seen("0x" + "77" * 32, *three) is None
    assert three[1].calls["eth_getTransactionReceipt"] == 1


def test_single_endpoint_is_its_own_witness(three: tuple[RpcProxy, RpcProxy, RpcProxy], tx_hash: str) -> None:
    """Two URLs of one host are one voice, and with one host nobody else is to be heard."""
    receipt = seen(tx_hash, three[0], three[0])

    assert receipt is not None
    assert (receipt.witnesses.wanted, receipt.witnesses.are_enough) == (1, True)


@pytest.mark.parametrize("lie", [{"status": "0x0"}, {"blockHash": "0x" + "66" * 32}, {"logs": []}])
def test_falsified_receipt_is_contradicted(
    three: tuple[RpcProxy, RpcProxy, RpcProxy], tx_hash: str, lie: dict[str, Any]
) -> None:
    """Another end, another block or other events than the second endpoint shows are believed of neither."""
    three[0].forge = other(**lie)

    receipt = seen(tx_hash, *three[:2])

    assert receipt is not None
    assert (receipt.witnesses.are_enough, receipt.witnesses.contradict) == (False, True)


@pytest.mark.parametrize("lie", [{"status": "0x0"}, {"blockHash": "0x" + "66" * 32}, {"logs": []}])
def test_liar_among_three_is_outvoted_and_left_alone(
    three: tuple[RpcProxy, RpcProxy, RpcProxy], tx_hash: str, lie: dict[str, Any]
) -> None:
    """The receipt that two show is taken, whoever was asked first."""
    three[0].forge = other(**lie)

    receipt = seen(tx_hash, *three)

    assert receipt is not None
    assert (receipt.succeeded, list(receipt.accepted)) == (True, ["BTC/USD"])
    assert (receipt.witnesses.shown_by, receipt.witnesses.denied_by) == (hosts(*three[1:]), hosts(three[0]))
    assert quarantined(three[0], "lies") == 1


def test_made_up_receipt_is_denied_by_who_follows_the_chain(
    oracle: Oracle, three: tuple[RpcProxy, RpcProxy, RpcProxy], tx_hash: str
) -> None:
    """For a transaction that is nowhere, in a true block or in one of the far future: the second denies it."""
    oracle.gateway._raw("evm_mine", [])  # its newest block is of now
    head = oracle.gateway.head()
    truth = oracle.gateway._pool.first("eth_getTransactionReceipt", [tx_hash])[1]["result"]
    for number, block_hash in ((head.number, head.block_hash), (10**9, "0x" + "66" * 32)):
        made_up = {**truth, "blockNumber": hex(number), "blockHash": block_hash}
        three[0].forge = lambda tx_hash, _, made_up=made_up: {**made_up, "transactionHash": tx_hash}

        receipt = seen("0x" + "77" * 32, *three[:2])

        assert receipt is not None
        assert receipt.witnesses.denied_by == hosts(three[1])


def test_block_speaks_where_the_receipt_is_not_kept(three: tuple[RpcProxy, RpcProxy, RpcProxy], tx_hash: str) -> None:
    """A node without an index of transactions has it in its block, which is as good; without the body it is silent."""
    three[1].forge = hidden
    agreed = seen(tx_hash, *three[:2])
    three[1].hides_block_bodies = True
    pruned = seen(tx_hash, *three[:2])

    assert agreed is not None
    assert pruned is not None
    assert agreed.witnesses.are_enough
    assert (pruned.witnesses.are_enough, pruned.witnesses.contradict) == (False, False)


def test_silence_denies_nothing(
    oracle: Oracle,
    three: tuple[RpcProxy, RpcProxy, RpcProxy],
    tx_hash: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A second endpoint that is down, talks nonsense, or stopped before the block only leaves the first alone."""
    monkeypatch.setattr(testimony, "FRESH_S", -10_000)  # every newest block is an old one
    truth = oracle.gateway._pool.first("eth_getTransactionReceipt", [tx_hash])[1]["result"]
    three[0].forge = lambda *_: {**truth, "blockNumber": hex(10**9)}
    for fault in ({"forge": hidden}, {"down": True}, {"forge": lambda *_: {"status": "yes"}}, {"status_before": 502}):
        with rpc_proxy(oracle.url, **fault) as second:
            receipt = seen(tx_hash, three[0], second)

        assert receipt is not None
        assert (receipt.witnesses.shown_by, receipt.witnesses.denied_by) == (hosts(three[0]), ())


def test_receipt_that_no_node_writes_is_an_error(three: tuple[RpcProxy, RpcProxy, RpcProxy], tx_hash: str) -> None:
    """One of another transaction or without a status is refused, and the next look asks somebody else first."""
    gateway = Web3Gateway([proxy.url for proxy in three], chain_id=CHAIN_ID)
    for lie in ({"transactionHash": "0x" + "77" * 32}, {"status": None}):
        three[0].forge = other(**lie)
        with pytest.raises(RpcRefused, match="malformed receipt"):
            seen(tx_hash, *three)

    with pytest.raises(RpcRefused):
        gateway.receipt(tx_hash)
    receipt = gateway.receipt(tx_hash)

    assert receipt is not None
    assert receipt.witnesses.shown_by == hosts(*three[1:])


def test_receipt_is_looked_for_everywhere(three: tuple[RpcProxy, RpcProxy, RpcProxy], tx_hash: str) -> None:
    """With the first endpoint hiding it, two others are found and agree."""
    three[0].forge = hidden

    assert seen(tx_hash, *three) is None
    receipt = seen(tx_hash, *three, everywhere=True)

    assert receipt is not None
    assert receipt.witnesses.are_enough


def test_newest_block_is_one_that_two_have(oracle: Oracle, three: tuple[RpcProxy, RpcProxy, RpcProxy]) -> None:
    """A head that one endpoint alone claims makes nothing final; with one endpoint its word is all there is."""
    true_head = oracle.gateway.tagged("latest")
    with rpc_proxy(oracle.url) as ahead:
        ahead.head_block = 10**9
        gateway = Web3Gateway([ahead.url, *(proxy.url for proxy in three[:1])], chain_id=CHAIN_ID)

        assert gateway.tagged("latest") == true_head
        assert Web3Gateway([ahead.url], chain_id=CHAIN_ID).tagged("latest") == 10**9
    assert oracle.gateway.tagged("safe") <= true_head
