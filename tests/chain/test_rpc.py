"""The pool of endpoints against proxies that misbehave before a real Anvil."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from prometheus_client import REGISTRY

from apps.chain.endpoints import host_of
from apps.chain.errors import ChainReadInconsistent, RpcUnavailable
from apps.chain.report import ReportAnswer
from apps.chain.rpc import EndpointPool
from apps.chain.web3_gateway import Web3Gateway
from tests.chain.conftest import Oracle
from tests.chain.local_chain import CHAIN_ID, key, mined
from tests.chain.rpc_proxy import RAW, RpcProxy, rpc_proxy
from tests.chain.test_web3_gateway import signed_submit, transaction


class Clock:
    """A clock that a test moves."""

    now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def two(oracle: Oracle) -> Iterator[tuple[RpcProxy, RpcProxy]]:
    """Two proxies before the same node."""
    with rpc_proxy(oracle.url) as first, rpc_proxy(oracle.url) as second:
        yield first, second


def pool_of(*proxies: RpcProxy, clock: Clock | None = None, agreement: int = 1, timeout_s: float = 2) -> EndpointPool:
    """Return a pool over proxies, in this order."""
    urls = [proxy.url for proxy in proxies]
    return EndpointPool(
        urls, chain_id=CHAIN_ID, timeout_s=timeout_s, agreement=agreement, clock=clock or time.monotonic
    )


def quarantined(proxy: RpcProxy, reason: str) -> float | None:
    """Return what the metric says."""
    return REGISTRY.get_sample_value("oracle_rpc_quarantined", {"host": host_of(proxy.url), "reason": reason})


def test_failing_endpoint_is_left_alone_and_taken_up_again(two: tuple[RpcProxy, RpcProxy]) -> None:
    """After three failures in a row it is not asked until its pause is over, and then serves again."""
    clock = Clock()
    pool = pool_of(*two, clock=clock)
    two[0].status_before = 502
    for _ in range(6):
        pool.make_request("eth_gasPrice", [])
        pool._current = 0  # as if the second had never answered: the first is asked first
    asked = sum(two[0].calls.values())

    assert asked == 3
    assert quarantined(two[0], "errors") == 1
    two[0].status_before = 0
    clock.now += 60
    two[1].down = True
    assert "result" in pool.make_request("eth_gasPrice", [])
    assert quarantined(two[0], "errors") == 0


def test_busy_endpoint_rests_as_long_as_it_asks(two: tuple[RpcProxy, RpcProxy]) -> None:
    """429 with Retry-After: 7 means no call for seven seconds, while the other endpoint serves."""
    clock = Clock()
    pool = pool_of(*two, clock=clock)
    two[0].status_before, two[0].retry_after = 429, "7"
    pool.make_request("eth_gasPrice", [])
    asked = sum(two[0].calls.values())

    clock.now += 6.9
    pool._current = 0
    pool.make_request("eth_gasPrice", [])
    assert sum(two[0].calls.values()) == asked
    clock.now += 0.2
    pool._current = 0
    pool.make_request("eth_gasPrice", [])
    assert sum(two[0].calls.values()) > asked


def test_slow_endpoint_is_passed_by(two: tuple[RpcProxy, RpcProxy]) -> None:
    """A call past the timeout is answered by the next endpoint."""
    pool = pool_of(*two, timeout_s=0.2)
    two[0].delay_s = 0.6

    assert "result" in pool.make_request("eth_gasPrice", [])
    assert two[1].calls["eth_gasPrice"] == 1


def test_read_is_never_older_than_the_last_one(oracle: Oracle, two: tuple[RpcProxy, RpcProxy]) -> None:
    """An endpoint 20 blocks behind another is left alone, and its readings are not used."""
    oracle.gateway._raw("anvil_mine", ["0x20"])
    clock = Clock()
    pool = pool_of(*two, clock=clock)
    pool._current = 1
    pool.make_request("eth_getBalance", [key(1).address, "latest"])
    two[0].lag_blocks = 20
    pool._current = 0

    pool.make_request("eth_getBalance", [key(1).address, "latest"])

    assert two[0].calls["eth_getBalance"] == 0
    assert quarantined(two[0], "behind") == 1


def test_chain_that_went_back_is_followed_after_a_while(oracle: Oracle, two: tuple[RpcProxy, RpcProxy]) -> None:
    """When every endpoint is behind for half a minute, the chain was reset, and the pool serves it."""
    oracle.gateway._raw("anvil_mine", ["0x20"])
    clock = Clock()
    pool = pool_of(*two, clock=clock)
    pool.make_request("eth_getBalance", [key(1).address, "latest"])
    for proxy in two:
        proxy.lag_blocks = 20
    clock.now += 3
    with pytest.raises(RpcUnavailable, match="behind"):
        pool.make_request("eth_getBalance", [key(1).address, "latest"])

    clock.now += 61
    assert "result" in pool.make_request("eth_getBalance", [key(1).address, "latest"])


@pytest.mark.parametrize("status", [429, 504])
def test_transaction_taken_before_an_error_is_sent_once(
    oracle: Oracle, two: tuple[RpcProxy, RpcProxy], status: int
) -> None:
    """A gateway that forwards and then answers with an error: the same bytes go to the next one, one lands."""
    two[0].status_after = status
    gateway = Web3Gateway([proxy.url for proxy in two], chain_id=CHAIN_ID)
    before = oracle.gateway.nonce(key(1).address, pending=False)
    signed = transaction(oracle, signed_submit(oracle, ReportAnswer("NOT/ADDED", 1, 1)))

    with pytest.raises(Exception, match=r"nonce too low|already known"):  # the second one has it too, mined or not yet
        gateway.broadcast(signed.raw)

    assert mined(gateway, signed.tx_hash).succeeded
    assert oracle.gateway.nonce(key(1).address, pending=False) == before + 1


def test_transaction_goes_to_every_endpoint(oracle: Oracle, two: tuple[RpcProxy, RpcProxy]) -> None:
    """A node that says yes and drops it does no harm beside an honest one."""
    two[0].drops = True
    gateway = Web3Gateway([proxy.url for proxy in two], chain_id=CHAIN_ID)
    signed = transaction(oracle, signed_submit(oracle, ReportAnswer("NOT/ADDED", 1, 2)))

    hosts = gateway.broadcast(signed.raw)

    assert hosts == tuple(host_of(proxy.url) for proxy in two)
    assert two[1].calls[RAW] == 1
    assert mined(gateway, signed.tx_hash).succeeded


def test_two_that_contradict_each_other_are_believed_neither(oracle: Oracle, two: tuple[RpcProxy, RpcProxy]) -> None:
    """With READ_AGREEMENT 2 a node that answers zeroes makes the read an error, never a price of zero."""
    gateway = Web3Gateway([proxy.url for proxy in two], chain_id=CHAIN_ID, agreement=2)
    gateway.broadcast(transaction(oracle, signed_submit(oracle, ReportAnswer("BTC/USD", 5, int(time.time())))).raw)
    assert gateway.read_prices(oracle.contract, ["BTC/USD"]).prices["BTC/USD"].answer == 5
    two[0].lies = True

    with pytest.raises(ChainReadInconsistent):
        gateway.read_prices(oracle.contract, ["BTC/USD"])


def test_liar_among_three_is_outvoted(oracle: Oracle, two: tuple[RpcProxy, RpcProxy]) -> None:
    """Two honest nodes agree, and the third is left alone."""
    two[0].lies = True
    urls = [*(proxy.url for proxy in two), oracle.url]
    gateway = Web3Gateway(urls, chain_id=CHAIN_ID, agreement=2)

    assert gateway.read_prices(oracle.contract, ["BTC/USD"]).prices["BTC/USD"].answer == 5
    assert quarantined(two[0], "lies") == 1


def test_no_metric_or_error_shows_the_path(two: tuple[RpcProxy, RpcProxy]) -> None:
    """Labels and messages have host and port alone: the path of an RPC URL is often a key."""
    two[0].down = two[1].down = True
    with pytest.raises(RpcUnavailable) as caught:
        pool_of(*two).make_request("eth_gasPrice", [])

    hosts = {sample.labels.get("host", "") for family in REGISTRY.collect() for sample in family.samples}
    assert host_of(two[0].url) in hosts
    assert "secret" not in " ".join(hosts) + str(caught.value)
