"""Nodes that make receipts up, hide them or die with the truth: no report ends by the word of one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from prometheus_client import REGISTRY

from apps.submissions import clients
from apps.submissions.models import Submission
from tests.chain.rpc_proxy import RpcProxy, rpc_proxy
from tests.chain.test_testimony import hidden, other
from tests.incidents.conftest import Chain, fresh, report, sweep

pytestmark = pytest.mark.django_db
State = Submission.State
LIES = {
    "failed": other(status="0x0"),
    "elsewhere": other(blockHash="0x" + "66" * 32),
    "without_events": other(logs=[]),
}


@pytest.fixture
def pair(chain: Chain, anvil_rpc: str) -> Iterator[tuple[RpcProxy, RpcProxy]]:
    """The chain is asked through two endpoints; the first one, which is asked first, is the one that lies."""
    with rpc_proxy(anvil_rpc) as honest:
        chain.use(chain.proxy.url, honest.url)
        chain.settings.RECEIPT_PATIENCE_S = 3_600
        yield chain.proxy, honest


def asked_first(liar: RpcProxy) -> None:
    """Have the pool ask the liar first, as it does while that one answers."""
    pool = clients.gateway()._pool
    pool._current = next(n for n, endpoint in enumerate(pool._endpoints) if endpoint.url == liar.url)


def sweep_past(liar: RpcProxy, times: int = 1) -> None:
    """Sweep, each time with the liar asked first."""
    for _ in range(times):
        asked_first(liar)
        sweep()


def weighed(verdict: str) -> float:
    """Return how many looks at receipts ended so."""
    return REGISTRY.get_sample_value("oracle_receipts_total", {"chain": "31337", "verdict": verdict}) or 0


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
def test_falsified_receipt_ends_nothing(chain: Chain, pair: tuple[RpcProxy, RpcProxy], lie: Any) -> None:
    """A mined report of which one of two nodes tells another end stays UNCONFIRMED, and the row names both."""
    row = report(5)
    sweep()
    chain.mine()
    pair[0].forge = lie

    sweep_past(pair[0], times=3)

    row = fresh(row)
    assert (row.state, row.landed, row.failure_code) == (State.UNCONFIRMED, [], "")
    assert row.doubted_since is not None
    assert "denied by" in row.doubt
    pair[0].forge = None
    sweep()
    row = fresh(row)
    assert (row.state, row.witnesses, row.doubted_since, row.doubt) == (State.CONFIRMED, 2, None, "")


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
def test_two_honest_nodes_outvote_a_liar(
    chain: Chain, pair: tuple[RpcProxy, RpcProxy], anvil_rpc: str, lie: Any
) -> None:
    """With three endpoints the report is confirmed at once, by the two that agree."""
    chain.use(pair[0].url, pair[1].url, anvil_rpc)
    row = report(5)
    sweep()
    chain.mine()
    pair[0].forge = lie

    sweep_past(pair[0])

    row = fresh(row)
    assert (row.state, row.landed, row.witnesses) == (State.CONFIRMED, ["BTC/USD"], 2)


def test_made_up_receipt_does_not_stop_the_report(chain: Chain, pair: tuple[RpcProxy, RpcProxy]) -> None:
    """A receipt for a transaction that no block has counts as none once patience is over: its nonce is driven on."""
    first = report(5, age_s=20)
    sweep()
    chain.mine()
    sweep()
    truth = clients.gateway()._pool.first("eth_getTransactionReceipt", [fresh(first).tx_hash])[1]["result"]
    pair[0].forge = lambda tx_hash, mined: mined or {**truth, "transactionHash": tx_hash}
    chain.settings.BUMP_AFTER_BLOCKS = 2
    row = report(6, age_s=10)
    sweep()
    before = weighed("contradicted")

    sweep_past(pair[0], times=2)
    assert (fresh(row).state, row.attempts.count()) == (State.UNCONFIRMED, 1)
    chain.settings.RECEIPT_PATIENCE_S = 0
    sweep_past(pair[0], times=2)

    assert fresh(row).state == State.UNCONFIRMED
    assert weighed("contradicted") >= before + 2
    assert row.attempts.get().broadcasts > 1
    chain.mine()
    sweep_past(pair[0])
    assert (fresh(row).state, fresh(row).landed) == (State.CONFIRMED, ["BTC/USD"])
    assert chain.events() == [5, 6]


def test_report_that_nodes_never_agree_on_holds_up_no_other(chain: Chain, pair: tuple[RpcProxy, RpcProxy]) -> None:
    """It is MISSING, then sent anew and superseded by what is there; the next report goes out; nothing lands twice."""
    row = report(5, age_s=20)
    sweep()
    chain.mine()
    pair[0].forge = LIES["failed"]
    chain.settings.RECEIPT_PATIENCE_S = 0
    before = REGISTRY.get_sample_value("oracle_foreign_nonces_total", foreign()) or 0

    sweep_past(pair[0], times=4)

    row = fresh(row)
    assert (row.state, row.failure_code) == (State.FATAL, "superseded")
    assert (REGISTRY.get_sample_value("oracle_foreign_nonces_total", foreign()) or 0) == before
    later = report(6)
    sweep_past(pair[0])
    chain.mine()
    pair[0].forge = None
    sweep()
    assert fresh(later).state == State.CONFIRMED
    assert chain.events() == [5, 6]


def foreign() -> dict[str, str]:
    """Return the labels of the transmitter's counter."""
    return {"chain": "31337", "address": clients.chain_clients().transmitters[0].address}


def test_silent_second_endpoint_is_waited_for_and_then_done_without(
    chain: Chain, pair: tuple[RpcProxy, RpcProxy]
) -> None:
    """With the other node down a report is UNCONFIRMED while patience lasts, and then CONFIRMED on one word."""
    row = report(5)
    sweep()
    chain.mine()
    pair[1].down = True
    before = weighed("alone")

    sweep(times=2)
    assert fresh(row).state == State.UNCONFIRMED
    assert "denied" not in fresh(row).doubt
    chain.settings.RECEIPT_PATIENCE_S = 0
    sweep()

    row = fresh(row)
    assert (row.state, row.landed, row.witnesses) == (State.CONFIRMED, ["BTC/USD"], 1)
    assert weighed("alone") == before + 1


@pytest.mark.parametrize("lie", [hidden, LIES["elsewhere"], LIES["failed"]])
def test_confirmed_report_is_neither_final_nor_reopened_by_one_liar(
    chain: Chain, pair: tuple[RpcProxy, RpcProxy], lie: Any
) -> None:
    """Deep enough, it becomes FINAL only once two show it; a liar alone neither ends it nor sends it again."""
    row = report(5)
    sweep()
    chain.mine()
    sweep()
    assert fresh(row).state == State.CONFIRMED
    chain.mine(13)
    pair[0].forge = lie

    sweep_past(pair[0], times=2)
    agreed = lie is hidden  # its block, which it does not hide, has the transaction
    assert (fresh(row).state, fresh(row).resends) == (State.FINAL if agreed else State.CONFIRMED, 0)
    pair[0].forge = None
    sweep()

    assert (fresh(row).state, fresh(row).doubted_since) == (State.FINAL, None)


def test_claimed_head_makes_nothing_final(chain: Chain, pair: tuple[RpcProxy, RpcProxy]) -> None:
    """One node that speaks of a thousand blocks more is not deep enough; the other's head decides."""
    row = report(5)
    sweep()
    chain.mine()
    sweep()
    pair[0].head_block = 1_000

    sweep_past(pair[0])

    assert fresh(row).state == State.CONFIRMED
