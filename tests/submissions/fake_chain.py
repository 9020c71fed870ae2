"""A chain in memory: real transaction bytes, a contract of a few lines, and a kill switch at every call."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, TypeVar

from eth_account import Account
from eth_account.typed_transactions import TypedTransaction
from eth_hash.auto import keccak
from hexbytes import HexBytes

from apps.chain.errors import (
    AlreadyKnown,
    ExecutionReverted,
    FeeAboveCap,
    HistoryPruned,
    NonceTooLow,
    RpcUnavailable,
    Underpriced,
)
from apps.chain.fees import GWEI, Fees
from apps.chain.gateway import (
    Block,
    ChainIdentity,
    ChainSnapshot,
    FeedEvent,
    FeedReading,
    OnChainFeedConfig,
    Placement,
    Receipt,
    SequencerStatus,
    SignerSet,
)
from apps.chain.report import Report
from tests.chain.local_chain import key

T = TypeVar("T")
CONTRACT = key(50).address
SIGNERS = tuple(sorted((key(n).address for n in (11, 12, 13)), key=lambda address: int(address, 16)))


class Killed(BaseException):
    """kill -9: no handler of the code under test may catch it."""


FEED_CONFIG = OnChainFeedConfig(
    decimals=8, max_age_s=90, heartbeat_s=3600, deviation_bps=50, min_answer=1, max_answer=10**12, description=""
)


@dataclass
class FakeChain:
    """Mines at once unless ``automine`` is off. ``kill_at``: which call dies, before or after its effect."""

    automine: bool = True
    client_version: str = "anvil/v1"
    chain_id: int = 31337
    signer_set_now: SignerSet = field(default_factory=lambda: SignerSet(SIGNERS, 2, 1))
    pairs: tuple[str, ...] = ("BTC/USD", "ETH/USD")
    revert_with: str = ""
    revert_when_mined: bool = False
    pruned_below: int = 0
    is_down: bool = False
    code: bool = True
    fees_now: Fees = field(default_factory=lambda: Fees(2_000, 1_000))
    base_fee_wei: int = 500
    balance: int = 10**21
    data_fee: int = 0
    skew_s: float | None = None
    tags: dict[str, int] = field(default_factory=dict)
    sequencer: SequencerStatus = field(default_factory=lambda: SequencerStatus(True, datetime(2026, 1, 1, tzinfo=UTC)))
    hidden: set[str] = field(default_factory=set)
    decimals: dict[str, int] = field(default_factory=dict)
    kill_at: tuple[int, str] | None = None
    calls: list[str] = field(default_factory=list)
    blocks: list[str] = field(default_factory=lambda: ["0xgenesis"])
    history: dict[str, list[tuple[int, FeedReading]]] = field(default_factory=dict)
    receipts: dict[str, Receipt] = field(default_factory=dict)
    mempool: dict[str, dict[str, Any]] = field(default_factory=dict)
    nonces: dict[str, int] = field(default_factory=dict)
    sent: list[str] = field(default_factory=list)

    # reading ----------------------------------------------------------------------------------------------------
    def identity(self) -> ChainIdentity:
        return self._call("identity", lambda: ChainIdentity(self.chain_id, "0xgenesis", self.client_version))

    def head(self) -> Block:
        return self._call("head", lambda: self._block(len(self.blocks) - 1))

    def block(self, number: int) -> Block:
        def read() -> Block:
            if number >= len(self.blocks):
                raise HistoryPruned(f"block {number}")
            return self._block(number)

        return self._call("block", read)

    def tagged(self, tag: str) -> int:
        if tag == "latest":
            return self._call("head", lambda: len(self.blocks) - 1)
        return self._call("tagged", lambda: self.tags[tag])

    def sequencer_status(self, feed: str) -> SequencerStatus:
        return self._call("sequencer_status", lambda: self.sequencer)

    def clock_skew_s(self) -> float | None:
        return self.skew_s

    def has_code(self, address: str) -> bool:
        return self._call("has_code", lambda: self.code)

    def signer_set(self, contract: str) -> SignerSet:
        return self._call("signer_set", lambda: self.signer_set_now)

    def placements(self, contract: str) -> dict[str, Placement]:
        placed = {pair: Placement("0x" + "01" * 20, place, 0) for place, pair in enumerate(self.pairs)}
        return self._call("placements", lambda: placed)

    def feed_config(self, contract: str, pair: str) -> OnChainFeedConfig:
        return self._call("feed_config", lambda: replace(FEED_CONFIG, decimals=self.decimals.get(pair, 8)))

    def is_paused(self, contract: str) -> bool:
        return self._call("is_paused", lambda: False)

    def paused_feeds(self, contract: str, pairs: Sequence[str]) -> frozenset[str]:
        return self._call("paused_feeds", frozenset)

    def read_prices(self, contract: str, pairs: Sequence[str], *, block_number: int | None = None) -> ChainSnapshot:
        def read() -> ChainSnapshot:
            at = len(self.blocks) - 1 if block_number is None else block_number
            if at < self.pruned_below:
                raise HistoryPruned(f"block {at}")
            found = {pair: [r for block, r in self.history.get(pair, []) if block <= at] for pair in pairs}
            prices = {pair: readings[-1] for pair, readings in found.items() if readings}
            return ChainSnapshot(at, datetime.now(UTC), prices)

        return self._call("read_prices", read)

    def read_round(self, contract: str, pair: str, round_id: int, *, block_number: int | None = None) -> FeedReading:
        def read() -> FeedReading:
            if block_number is not None and block_number < self.pruned_below:
                raise HistoryPruned(f"block {block_number}")
            known = [r for block, r in self.history.get(pair, []) if block_number is None or block <= block_number]
            if not 0 < round_id <= len(known):
                raise ExecutionReverted("RoundNotFound")
            return known[round_id - 1]

        return self._call("read_round", read)

    # sending ----------------------------------------------------------------------------------------------------
    def submit_data(self, contract: str, report: Report, signatures: Sequence[bytes]) -> bytes:
        answers = [[a.pair, a.answer, a.observed_at] for a in report.answers]
        return json.dumps([report.signer_set_version, report.evidence_hash, answers]).encode()

    def estimate_gas(self, *, sender: str, to: str, data: bytes) -> int:
        def estimate() -> int:
            if self.revert_with:
                raise ExecutionReverted(self.revert_with)
            return 100_000

        return self._call("estimate_gas", estimate)

    def why_reverted(self, *, sender: str, to: str, data: bytes, block_number: int) -> str:
        return self._call("why_reverted", lambda: "Paused()")

    def fees(self, *, max_fee_gwei: int) -> Fees:
        return self._call("fees", lambda: self._fees(max_fee_gwei))

    def data_fee_wei(self, raw: bytes) -> int:
        return self._call("data_fee_wei", lambda: self.data_fee)

    def nonce(self, address: str, *, pending: bool) -> int:
        return self._call("nonce", lambda: self.nonces.get(address, 0) + self._waiting(address) * pending)

    def balance_wei(self, address: str) -> int:
        return self._call("balance_wei", lambda: self.balance)

    def broadcast(self, raw: bytes) -> tuple[str, ...]:
        self._call("broadcast", lambda: self._take(raw))
        return ("fake:1",)

    def is_known(self, tx_hash: str) -> bool:
        return self._call("is_known", lambda: tx_hash in self.mempool or tx_hash in self.receipts)

    def receipt(self, tx_hash: str, *, everywhere: bool = False) -> Receipt | None:
        return self._call("receipt", lambda: None if tx_hash in self.hidden else self.receipts.get(tx_hash))

    def events(self, contract: str, *, first: int, last: int) -> list[FeedEvent]:
        return [
            FeedEvent(pair, round_id, answer, receipt.tx_hash, receipt.block_number)
            for receipt in self.receipts.values()
            if first <= receipt.block_number <= last
            for pair, (round_id, answer) in receipt.accepted.items()
        ]

    def keeps_body(self, number: int) -> bool:
        return number >= self.pruned_below

    def set_balance(self, address: str, wei: int) -> None:
        raise NotImplementedError

    # what tests do to it ----------------------------------------------------------------------------------------
    def mine(self) -> None:
        """Put everything that waits into one block, lowest nonce first."""
        self.blocks.append(f"0xblock{len(self.blocks)}")
        for tx_hash, fields in sorted(self.mempool.items(), key=lambda item: int(item[1]["nonce"])):
            if self.nonces.get(fields["from"], 0) == fields["nonce"] and fields["maxFeePerGas"] >= self.base_fee_wei:
                self.nonces[fields["from"]] = fields["nonce"] + 1
                self.receipts[tx_hash] = self._execute(tx_hash, fields)
                del self.mempool[tx_hash]

    def drop_mempool(self) -> None:
        """Forget what waits."""
        self.mempool.clear()

    def fall_back_to(self, number: int) -> None:
        """Lose every block after ``number``, as a hard kill of a local chain does."""
        lost = {tx_hash: r for tx_hash, r in self.receipts.items() if r.block_number > number}
        self.receipts = {tx_hash: r for tx_hash, r in self.receipts.items() if tx_hash not in lost}
        self.history = {pair: [e for e in entries if e[0] <= number] for pair, entries in self.history.items()}
        self.blocks = self.blocks[: number + 1]
        for address in self.nonces:
            self.nonces[address] -= len(lost)

    def landed(self, pair: str) -> list[int]:
        """Return the answers the contract took, oldest first."""
        return [reading.answer for _, reading in self.history.get(pair, [])]

    def use_nonce(self, address: str) -> None:
        """Mine a transaction of somebody else who has the key."""
        self.nonces[address] = self.nonces.get(address, 0) + 1

    # parts ------------------------------------------------------------------------------------------------------
    def _block(self, number: int) -> Block:
        return Block(number, self.blocks[number], datetime.now(UTC), self.base_fee_wei)

    def _fees(self, max_fee_gwei: int) -> Fees:
        if self.fees_now.max_fee_wei > max_fee_gwei * GWEI:
            raise FeeAboveCap("the chain in memory is dear")
        return self.fees_now

    def _waiting(self, address: str) -> int:
        """Count what waits in an unbroken row of nonces, as nodes do."""
        nonces = {fields["nonce"] for fields in self.mempool.values() if fields["from"] == address}
        first = self.nonces.get(address, 0)
        return next(n for n in range(len(nonces) + 1) if first + n not in nonces)

    def _call(self, name: str, effect: Callable[[], T]) -> T:
        number = len(self.calls)
        self.calls.append(name)
        if self.is_down:
            raise RpcUnavailable("down")
        if self.kill_at == (number, "before"):
            raise Killed(name)
        outcome = effect()
        if self.kill_at == (number, "after"):
            raise Killed(name)
        return outcome

    def _take(self, raw: bytes) -> None:
        tx_hash = HexBytes(keccak(raw)).to_0x_hex()
        fields = TypedTransaction.from_bytes(HexBytes(raw)).as_dict()
        sender = Account.recover_transaction(raw)
        self.sent.append(bytes(raw).hex())
        if fields["nonce"] < self.nonces.get(sender, 0):
            raise NonceTooLow("nonce too low")
        if tx_hash in self.mempool:
            raise AlreadyKnown("already known")
        for waiting, other in list(self.mempool.items()):
            if (other["from"], other["nonce"]) == (sender, fields["nonce"]):
                if fields["maxFeePerGas"] * 100 < other["maxFeePerGas"] * 110:
                    raise Underpriced("replacement transaction underpriced")
                del self.mempool[waiting]
        self.mempool[tx_hash] = {**fields, "from": sender}
        if self.automine:
            self.mine()

    def _execute(self, tx_hash: str, fields: dict[str, Any]) -> Receipt:
        number, block_hash = len(self.blocks) - 1, self.blocks[-1]
        if self.revert_when_mined:
            return Receipt(tx_hash, number, block_hash, succeeded=False, gas_used=30_000)
        if not fields["data"]:
            return Receipt(tx_hash, number, block_hash, succeeded=True, gas_used=21_000, cost_wei=21_000)
        accepted: dict[str, tuple[int, int]] = {}
        skipped: dict[str, str] = {}
        for pair, answer, observed_at in json.loads(bytes(HexBytes(fields["data"])))[2]:
            entries = self.history.setdefault(pair, [])
            observed = datetime.fromtimestamp(observed_at, UTC)
            if pair not in self.pairs:
                skipped[pair] = "unknown_feed"
            elif entries and observed <= entries[-1][1].observed_at:
                skipped[pair] = "not_newer"
            else:
                entries.append((number, FeedReading(answer, len(entries) + 1, observed, datetime.now(UTC))))
                accepted[pair] = (len(entries), answer)
        return Receipt(tx_hash, number, block_hash, True, 100_000, None, accepted, skipped, cost_wei=10**14)
