"""The gateway against a real Anvil."""

from __future__ import annotations

import time
from typing import Any

import pytest

from apps.chain.bindings import price_oracle
from apps.chain.deploy import MAX_PACKED_ANSWER, MAX_WIDE_ANSWER
from apps.chain.errors import (
    ChainReadInconsistent,
    ContractMissing,
    ExecutionReverted,
    HistoryPruned,
    NonceTooLow,
    RpcUnavailable,
    WrongChain,
)
from apps.chain.report import Report, ReportAnswer, feed_id, place_of, report_message
from apps.chain.signers import SignedTransaction, TransactionFields, sign_report, sign_transaction
from apps.chain.web3_gateway import Web3Gateway
from tests.chain.conftest import Oracle
from tests.chain.local_chain import BTC, gateway_to, key, mined

NOBODY = "0x" + "42" * 20


def signed_submit(oracle: Oracle, *answers: ReportAnswer, signers: tuple[int, ...] = (11, 12)) -> bytes:
    """Return the call data of a report signed by some keys."""
    places = {**oracle.gateway.places(oracle.contract), "NOT/ADDED": place_of(77, 0)}
    report = Report(signer_set_version=1, evidence_hash="0x" + "ab" * 32, answers=answers, places=places)
    message = report_message(report, chain_id=31337, contract=oracle.contract)
    return oracle.gateway.submit_data(oracle.contract, report, sign_report(message, [key(n) for n in signers]))


def transaction(oracle: Oracle, data: bytes) -> SignedTransaction:
    """Return a transaction of the admin's key that calls the contract."""
    sender = key(1)
    fields = TransactionFields(
        chain_id=31337,
        nonce=oracle.gateway.nonce(sender.address, pending=True),
        to=oracle.contract,
        data=data,
        gas_limit=500_000,
        fees=oracle.gateway.fees(max_fee_gwei=500),
    )
    return sign_transaction(fields, sender)


def test_report_lands_and_is_read_back(oracle: Oracle) -> None:
    """An accepted feed and a skipped one are named in the receipt, and the answer stands at its block."""
    now = int(time.time())
    data = signed_submit(oracle, ReportAnswer("BTC/USD", 123, now), ReportAnswer("NOT/ADDED", 1, now))
    signed = transaction(oracle, data)

    oracle.gateway.broadcast(signed.raw)
    receipt = mined(oracle.gateway, signed.tx_hash)

    assert receipt.succeeded
    assert receipt.accepted["BTC/USD"][1] == 123
    assert receipt.skipped == {"": "unknown_feed"}
    at_block = oracle.gateway.read_prices(oracle.contract, ["BTC/USD"], block_number=receipt.block_number)
    reading = at_block.prices["BTC/USD"]
    assert (reading.answer, int(reading.observed_at.timestamp())) == (123, now)
    assert oracle.gateway.read_round(oracle.contract, "BTC/USD", reading.round_id) == reading


def test_pauses_are_told_apart(oracle: Oracle) -> None:
    """A feed paused by itself is named, and a pause of the contract is no pause of its feeds."""
    pairs = sorted(oracle.gateway.placements(oracle.contract))
    seen = []
    for call in (price_oracle.pause_feed(feed_id("BTC/USD")), price_oracle.pause(), price_oracle.unpause()):
        signed = transaction(oracle, call.data)
        oracle.gateway.broadcast(signed.raw)
        assert mined(oracle.gateway, signed.tx_hash).succeeded
        paused = oracle.gateway.paused_feeds(oracle.contract, pairs)
        seen.append((oracle.gateway.is_paused(oracle.contract), paused))

    alone = frozenset({"BTC/USD"})
    assert seen == [(False, alone), (True, alone), (False, alone)]


def test_same_bytes_again_are_refused(oracle: Oracle) -> None:
    """A replayed transaction is told apart as NonceTooLow."""
    signed = transaction(oracle, signed_submit(oracle, ReportAnswer("NOT/ADDED", 1, 1)))
    oracle.gateway.broadcast(signed.raw)
    mined(oracle.gateway, signed.tx_hash)

    with pytest.raises(NonceTooLow):
        oracle.gateway.broadcast(signed.raw)


@pytest.mark.parametrize(("signers", "error"), [((11,), "TooFewSignatures"), ((11, 99), "UnexpectedSigner")])
def test_dry_run_names_the_custom_error(oracle: Oracle, signers: tuple[int, ...], error: str) -> None:
    """The estimate of a report the contract would refuse raises its decoded error."""
    data = signed_submit(oracle, ReportAnswer("BTC/USD", 1, 1), signers=signers)

    with pytest.raises(ExecutionReverted) as caught:
        oracle.gateway.estimate_gas(sender=key(1).address, to=oracle.contract, data=data)
    assert caught.value.name == error


def test_failed_transaction_is_explained(oracle: Oracle) -> None:
    """A mined revert is replayed on the state before its block and named."""
    data = signed_submit(oracle, ReportAnswer("BTC/USD", 1, 1), signers=(11,))
    signed = transaction(oracle, data)

    oracle.gateway.broadcast(signed.raw)
    receipt = mined(oracle.gateway, signed.tx_hash)

    assert not receipt.succeeded
    why = oracle.gateway.why_reverted(
        sender=key(1).address, to=oracle.contract, data=data, block_number=receipt.block_number
    )
    assert why == "TooFewSignatures(1, 2)"


def test_feed_rules_survive_the_way(oracle: Oracle) -> None:
    """What addFeed took is what feedConfig returns, and MAX_ANSWER is the contract's."""
    gateway, contract = oracle.gateway, oracle.contract

    assert oracle.gateway.feed_config(oracle.contract, "BTC/USD") == BTC
    assert gateway.answer(contract, price_oracle.max_wide_answer()) == MAX_WIDE_ANSWER
    assert gateway.answer(contract, price_oracle.max_packed_answer()) == MAX_PACKED_ANSWER
    assert list(oracle.gateway.proxies(oracle.contract)) == ["BTC/USD"]


def test_address_without_code_is_contract_missing(oracle: Oracle) -> None:
    """Reading where no contract stands is told apart from a failing node."""
    with pytest.raises(ContractMissing):
        oracle.gateway.read_prices(NOBODY, ["BTC/USD"])
    assert not oracle.gateway.has_code(NOBODY)


def test_unknown_transaction_is_none(oracle: Oracle) -> None:
    """A hash nobody sent has no receipt and is not known."""
    assert oracle.gateway.receipt("0x" + "11" * 32) is None
    assert not oracle.gateway.is_known("0x" + "11" * 32)


def test_block_of_the_future_is_history_pruned(oracle: Oracle) -> None:
    """A block the node cannot answer for gives a typed error."""
    with pytest.raises(HistoryPruned):
        oracle.gateway.read_prices(oracle.contract, ["BTC/USD"], block_number=10**6)


def test_wrong_chain_is_refused_before_use(oracle: Oracle) -> None:
    """An endpoint of another chain id is never used."""
    with pytest.raises(WrongChain, match="CHAIN_ID is 1"):
        Web3Gateway([oracle.url], chain_id=1).head()


def test_second_endpoint_serves_when_the_first_is_dead(oracle: Oracle) -> None:
    """A dead endpoint costs nothing but the attempt."""
    gateway = Web3Gateway(["http://127.0.0.1:9/v3/secret-key", oracle.url], chain_id=31337, timeout_s=2)

    assert gateway.head().number > 0


def test_dead_endpoints_are_named_without_their_path() -> None:
    """The error shows host and port and keeps the key in the path to itself."""
    with pytest.raises(RpcUnavailable) as caught:
        Web3Gateway(["http://127.0.0.1:9/v3/secret-key"], chain_id=31337, timeout_s=1).head()
    assert "127.0.0.1:9" in str(caught.value)
    assert "secret" not in str(caught.value)


def test_feeds_that_cannot_be_are_a_contradiction(oracle: Oracle, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two nodes that answer zeroes alike do not make every feed of the contract the same nameless one."""
    gateway = gateway_to(oracle.url)
    raw = gateway._pool.make_request

    def zeroed(method: Any, params: Any) -> Any:
        reply = raw(method, params)
        if method != "eth_call":
            return reply
        truth = reply["result"]
        return {**reply, "result": truth[:130] + "0" * len(truth[130:])}

    monkeypatch.setattr(gateway._pool, "make_request", zeroed)

    with pytest.raises(ChainReadInconsistent, match="feeds have 1 names in 1 places"):
        gateway.placements(oracle.contract)
