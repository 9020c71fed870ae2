"""What the oracle asks of a chain, as a Protocol of plain values. ``web3_gateway`` is the real one, tests have a fake.

Addresses are checksummed, hashes 0x-prefixed, times aware UTC, ``contract`` always a PriceOracle's address.
Every method may raise RpcUnavailable, RpcRefused or WrongChain; further errors stand at the method.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from apps.chain.fees import Fees
from apps.chain.report import Report

LOCAL_CHAIN_IDS = frozenset({31337, 1337})
LOCAL_CLIENTS = ("anvil", "hardhat")


@dataclass(frozen=True, slots=True)
class ChainIdentity:
    """Which chain the endpoints speak for. ``genesis_hash`` tells a reset chain from the one before."""

    chain_id: int
    genesis_hash: str
    client_version: str

    @property
    def is_local(self) -> bool:
        """Whether this is a development chain, by its id AND its client; only such may carry simulated prices."""
        return self.chain_id in LOCAL_CHAIN_IDS and self.client_version.lower().startswith(LOCAL_CLIENTS)


@dataclass(frozen=True, slots=True)
class Block:
    """A block's number, hash and time. base_fee_wei: 0 where the chain has none."""

    number: int
    block_hash: str
    time: datetime
    base_fee_wei: int = 0


@dataclass(frozen=True, slots=True)
class FeedReading:
    """What the contract says about a feed. ``round_id`` counts from 1."""

    answer: int
    round_id: int
    observed_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class ChainSnapshot:
    """Feeds as they stood at the end of one block. A feed without data is absent from ``prices``.

    paused: pairs whose latest reading the contract refuses to consumers, where that was asked for.
    """

    block_number: int
    block_time: datetime
    prices: Mapping[str, FeedReading] = field(default_factory=dict)
    paused: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class SignerSet:
    """The contract's signers in ascending order, how many must sign, and the version of the set."""

    signers: tuple[str, ...]
    threshold: int
    version: int


@dataclass(frozen=True, slots=True)
class OnChainFeedConfig:
    """A feed's rules as the contract keeps them; bounds are scaled integers > 0.

    max_move_bps: largest step taken at once, growing by relax_bps_per_minute between two observations; 0 for any.
    wide: the feed has a storage slot of its own; else it shares one with up to three others, or, alone, with none. The
        contract does not tell the last two apart once the feed is added.
    """

    decimals: int
    max_age_s: int
    heartbeat_s: int
    deviation_bps: int
    min_answer: int
    max_answer: int
    description: str
    max_move_bps: int = 0
    relax_bps_per_minute: int = 0
    wide: bool = False
    alone: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a feed is on the contract: its proxy, its place in reports, the page round before its first."""

    proxy: str
    place: int
    base_round: int


@dataclass(frozen=True, slots=True)
class SequencerStatus:
    """What an uptime feed says of a rollup's sequencer, and since when."""

    is_up: bool
    since: datetime


@dataclass(frozen=True, slots=True)
class FeedEvent:
    """An answer the contract took, as its event says it."""

    pair: str
    round_id: int
    answer: int
    tx_hash: str
    block_number: int


@dataclass(frozen=True, slots=True)
class Witnesses:
    """Hosts that show a receipt, and hosts that deny it: they show another, or none although they have its block.

    wanted: how many must show it; one where only one host is asked.
    """

    shown_by: tuple[str, ...] = ()
    denied_by: tuple[str, ...] = ()
    wanted: int = 1

    @property
    def are_enough(self) -> bool:
        """Whether as many show it as must."""
        return self.wanted == 1 or len(self.shown_by) >= self.wanted

    @property
    def contradict(self) -> bool:
        """Whether too few show it and somebody denies it; without that the others are only silent."""
        return not self.are_enough and bool(self.denied_by)


@dataclass(frozen=True, slots=True)
class Receipt:
    """A mined transaction. ``accepted`` maps pair to (contract round, answer), ``skipped`` pair to reason name.

    cost_wei: what the sender paid, a rollup's data fee included.
    """

    tx_hash: str
    block_number: int
    block_hash: str
    succeeded: bool
    gas_used: int
    contract_address: str | None = None
    accepted: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    skipped: Mapping[str, str] = field(default_factory=dict)
    cost_wei: int = 0
    witnesses: Witnesses = field(default_factory=Witnesses)


class OracleGateway(Protocol):
    """The chain as the submission services see it."""

    def identity(self) -> ChainIdentity:
        """Return which chain this is. Asked anew each time: a local chain can be reset under a running worker."""

    def head(self) -> Block:
        """Return the latest block."""

    def block(self, number: int) -> Block:
        """Return a block of the chain as it stands now. Raises HistoryPruned."""

    def tagged(self, tag: str) -> int:
        """Return the number of the ``latest``, ``safe`` or ``finalized`` block.

        Where several endpoints answer it is the newest that two of them have. Raises RpcRefused where there is none.
        """

    def sequencer_status(self, feed: str) -> SequencerStatus:
        """Return what the uptime feed at this address says. Raises ContractMissing."""

    def clock_skew_s(self) -> float | None:
        """Return how far this machine's clock is ahead of what replies so far told of the time; None before any."""

    def has_code(self, address: str) -> bool:
        """Return whether a contract stands at the address."""

    def signer_set(self, contract: str) -> SignerSet:
        """Return the contract's signer set. Raises ContractMissing."""

    def placements(self, contract: str) -> dict[str, Placement]:
        """Return pair to placement of every feed of the contract; a place never changes. Raises ContractMissing."""

    def feed_config(self, contract: str, pair: str) -> OnChainFeedConfig:
        """Return a feed's rules. Raises ExecutionReverted (UnknownFeed) or ContractMissing."""

    def read_prices(self, contract: str, pairs: Sequence[str], *, block_number: int | None = None) -> ChainSnapshot:
        """Return all pairs at one block, the latest unless given. Raises HistoryPruned or ContractMissing."""

    def is_paused(self, contract: str) -> bool:
        """Return whether the whole contract is paused. Raises ContractMissing."""

    def paused_feeds(self, contract: str, pairs: Sequence[str]) -> frozenset[str]:
        """Return which feeds are paused by themselves; one call for each. Raises ContractMissing."""

    def read_round(self, contract: str, pair: str, round_id: int, *, block_number: int | None = None) -> FeedReading:
        """Return one round of the contract's history, as of the latest block unless given.

        Raises ExecutionReverted (RoundNotFound), HistoryPruned or ContractMissing.
        """

    def submit_data(self, contract: str, report: Report, signatures: Sequence[bytes]) -> bytes:
        """Return the call data of ``submit``. Pure."""

    def estimate_gas(self, *, sender: str, to: str, data: bytes) -> int:
        """Return the gas a transaction would use now: the dry run. Raises ExecutionReverted with the custom error."""

    def why_reverted(self, *, sender: str, to: str, data: bytes, block_number: int) -> str:
        """Return the decoded error of a mined, failed transaction, replayed on the states around its block."""

    def fees(self, *, max_fee_gwei: int) -> Fees:
        """Return fees for the next block. Raises FeeAboveCap."""

    def data_fee_wei(self, raw: bytes) -> int:
        """Return what a rollup bills for these bytes on top of their gas, 0 elsewhere."""

    def nonce(self, address: str, *, pending: bool) -> int:
        """Return the count of an address's mined transactions, with those that wait when ``pending``."""

    def balance_wei(self, address: str) -> int:
        """Return an address's balance."""

    def broadcast(self, raw: bytes) -> tuple[str, ...]:
        """Hand a signed transaction to every endpoint; return the hosts that took it, at least one.

        Raises TransactionRefused or one of its kinds when none did.
        """

    def is_known(self, tx_hash: str) -> bool:
        """Return whether any endpoint has the transaction, mined or waiting."""

    def receipt(self, tx_hash: str, *, everywhere: bool = False) -> Receipt | None:
        """Return the receipt of a mined transaction with its witnesses, None while it is not mined.

        The receipt that most endpoints show. everywhere: ask every endpoint before saying None.
        """

    def events(self, contract: str, *, first: int, last: int) -> list[FeedEvent]:
        """Return every answer the contract took in a range of blocks, both ends included, oldest first."""

    def keeps_body(self, number: int) -> bool:
        """Return whether the transactions of a block, and so its events, are still there to be read."""

    def set_balance(self, address: str, wei: int) -> None:
        """Give an address play money. Development chains only; others raise RpcRefused."""
