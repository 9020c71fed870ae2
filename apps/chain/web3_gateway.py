"""The OracleGateway over web3. Make one per process, after any fork: it holds HTTP sessions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, TypeVar

from eth_typing import BlockNumber, ChecksumAddress
from eth_utils.address import to_checksum_address
from hexbytes import HexBytes
from web3 import Web3
from web3.exceptions import (
    BlockNotFound,
    ContractLogicError,
    MethodUnavailable,
    Web3Exception,
    Web3RPCError,
)
from web3.types import FilterParams, RPCEndpoint, TxParams

from apps.chain.abi import AbiMismatch, Call, Log
from apps.chain.bindings import price_oracle
from apps.chain.contract_setup import config_of
from apps.chain.decode import error_of_text, refusal_of_text, revert_of, skip_reason_name, taken_answers
from apps.chain.errors import (
    AlreadyKnown,
    ChainError,
    ChainReadInconsistent,
    ContractMissing,
    HistoryPruned,
    RpcRefused,
)
from apps.chain.fee_market import DataFee, FeeReader, FeeStrategy
from apps.chain.fees import Fees, market_fees
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
    Witnesses,
)
from apps.chain.guarded import Resolve
from apps.chain.replies import cost_wei, message_of
from apps.chain.report import Report, compact_signatures, encode_report, feed_id, pair_of, place_of
from apps.chain.rpc import EndpointPool
from apps.chain.testimony import EMPTY_TRIE, tagged_number, testimony_of

LATEST_ROUND_DATA = "0xfeaf968c"

T = TypeVar("T")


class Web3Gateway:
    """A chain behind JSON-RPC endpoints; see OracleGateway for what each method returns."""

    def __init__(  # noqa: PLR0913 - the options of one chain
        self,
        urls: Sequence[str],
        *,
        chain_id: int,
        timeout_s: float = 5.0,
        agreement: int = 1,
        fee_strategy: FeeStrategy = FeeStrategy.AUTO,
        data_fee: DataFee = DataFee.NONE,
        guarded: Mapping[str, Resolve] | None = None,
    ) -> None:
        self._chain_id = chain_id
        self._pool = EndpointPool(urls, chain_id=chain_id, timeout_s=timeout_s, agreement=agreement, guarded=guarded)
        # middleware off: they validate by extra round trips (chain id, pending nonce) and rewrite what we sign
        self._web3 = Web3(self._pool, middleware=[])
        self._fee_reader = FeeReader(self._asked, strategy=fee_strategy, data_fee=data_fee)
        self._placed: dict[str, dict[int, tuple[str, int]]] = {}

    # which chain ------------------------------------------------------------------------------------------------
    def identity(self) -> ChainIdentity:
        """Return which chain this is."""
        with _translated():
            genesis = self._raw("eth_getBlockByNumber", ["0x0", False])
            version = self._raw("web3_clientVersion", [])
            chain_id = int(self._raw("eth_chainId", []), 16)
        if genesis is None:
            raise RpcRefused("the node has no block 0")
        return ChainIdentity(chain_id=chain_id, genesis_hash=genesis["hash"], client_version=str(version))

    def head(self) -> Block:
        """Return the latest block."""
        return self._block("latest")

    def block(self, number: int) -> Block:
        """Return the block of this number."""
        return self._block(number)

    def tagged(self, tag: str) -> int:
        """Return the number of the block under a tag, the newest that two endpoints have."""
        return tagged_number(self._pool, tag)

    def clock_skew_s(self) -> float | None:
        """Return how far this machine's clock is ahead of the endpoints'."""
        return self._pool.clock_skew_s()

    def has_code(self, address: str) -> bool:
        """Return whether a contract stands at the address."""
        with _translated():
            return len(self._web3.eth.get_code(_checksummed(address))) > 0

    def sequencer_status(self, feed: str) -> SequencerStatus:
        """Return answer and startedAt of the feed's latest round; 0 means up."""
        reply = str(self._asked("eth_call", [{"to": feed, "data": LATEST_ROUND_DATA}, "latest"]))
        if len(reply) != 2 + 5 * 64:
            raise ContractMissing(f"no uptime feed answers at {feed}")
        _, answer, started_at, _, _ = (int(reply[2 + 64 * n : 66 + 64 * n], 16) for n in range(5))
        return SequencerStatus(is_up=answer == 0, since=datetime.fromtimestamp(started_at, UTC))

    # reading the contract ---------------------------------------------------------------------------------------
    def signer_set(self, contract: str) -> SignerSet:
        """Return the contract's signer set."""
        signers, threshold, version = self.answer(contract, price_oracle.signer_set())
        return SignerSet(signers=signers, threshold=threshold, version=version)

    def placements(self, contract: str) -> dict[str, Placement]:
        """Return pair to placement of every feed, in the order they were added."""
        identifiers = self.answer(contract, price_oracle.feed_ids())
        rows = self.answer(contract, price_oracle.placements())
        placed = {
            pair_of(identifier): Placement(row.proxy, place_of(row.index, row.lane), row.base_round)
            for identifier, row in zip(identifiers, rows, strict=True)
        }
        by_place = {one.place: (pair, one.base_round) for pair, one in placed.items()}
        if "" in placed or not len(identifiers) == len(placed) == len(by_place):
            raise ChainReadInconsistent(f"{len(identifiers)} feeds have {len(placed)} names in {len(by_place)} places")
        self._placed[contract] = by_place
        return placed

    def proxies(self, contract: str) -> dict[str, str]:
        """Return pair to FeedProxy address of every feed."""
        return {pair: placement.proxy for pair, placement in self.placements(contract).items()}

    def places(self, contract: str) -> dict[str, int]:
        """Return pair to place of every feed."""
        return {pair: placement.place for pair, placement in self.placements(contract).items()}

    def feed_config(self, contract: str, pair: str) -> OnChainFeedConfig:
        """Return a feed's rules."""
        return config_of(self.answer(contract, price_oracle.feed_config(feed_id(pair))))

    def read_prices(self, contract: str, pairs: Sequence[str], *, block_number: int | None = None) -> ChainSnapshot:
        """Return all pairs at one block, in one contract call."""
        if block_number is None:
            block_number = self._pool.common_head()
        block = self._block("latest" if block_number is None else block_number)
        call = price_oracle.latest_answers([feed_id(pair) for pair in pairs])
        views = self.answer(contract, call, at=block.number)
        if len(views) != len(pairs):
            raise ChainReadInconsistent(f"asked for {len(pairs)} feeds, {len(views)} were answered")
        prices = {pair: _reading(view) for pair, view in zip(pairs, views, strict=True) if view.round_id}
        return ChainSnapshot(block_number=block.number, block_time=block.time, prices=prices)

    def is_paused(self, contract: str) -> bool:
        """Return whether the whole contract is paused."""
        return self.answer(contract, price_oracle.paused())

    def paused_feeds(self, contract: str, pairs: Sequence[str]) -> frozenset[str]:
        """Return which feeds are paused by themselves."""
        return frozenset(pair for pair in pairs if self.answer(contract, price_oracle.feed_paused(feed_id(pair))))

    def read_round(self, contract: str, pair: str, round_id: int, *, block_number: int | None = None) -> FeedReading:
        """Return one round of the contract's history."""
        call = price_oracle.round_data(feed_id(pair), round_id)
        view, _ = self.answer(contract, call, at=block_number)
        return _reading(view)

    def answer(self, contract: str, call: Call[T], *, at: int | None = None, sender: str = "") -> T:
        """Return what a contract answers to a call of its binding, at a block or on the latest state.

        sender: who seems to call. A call that would change something is tried by this, and changes nothing.
        """
        transaction: TxParams = {"to": _checksummed(contract), "data": HexBytes(call.data)}
        if sender:
            transaction["from"] = _checksummed(sender)
        with _translated():
            reply = self._web3.eth.call(transaction, "latest" if at is None else BlockNumber(at))
        try:
            return call.decoded(bytes(reply))
        except AbiMismatch as exc:
            raise ContractMissing(f"no contract of ours answers at {contract}: {exc}") from exc

    # sending ----------------------------------------------------------------------------------------------------
    def submit_data(self, contract: str, report: Report, signatures: Sequence[bytes]) -> bytes:  # noqa: ARG002
        """Return the call data of ``submit``."""
        return price_oracle.submit(encode_report(report), compact_signatures(signatures)).data

    def estimate_gas(self, *, sender: str, to: str | None, data: bytes) -> int:
        """Return the gas a transaction would use on the latest state."""
        transaction: TxParams = {"from": _checksummed(sender), "data": HexBytes(data)}
        if to is not None:
            transaction["to"] = _checksummed(to)
        with _translated():
            return self._web3.eth.estimate_gas(transaction, "latest")

    def why_reverted(self, *, sender: str, to: str, data: bytes, block_number: int) -> str:
        """Return the decoded error of a failed transaction, or why it cannot be told.

        Replayed before its block, then after it: what made it fail may stand in the same block.
        """
        transaction: TxParams = {"from": _checksummed(sender), "to": _checksummed(to), "data": HexBytes(data)}
        for number in (block_number - 1, block_number):
            try:
                with _translated():
                    self._web3.eth.call(transaction, number)
            except ChainError as error:
                return str(error)
        return "the same call passes before and after its block: out of gas, or the order within the block"

    def fees(self, *, max_fee_gwei: int) -> Fees:
        """Return fees for the next block."""
        return market_fees(self._fee_reader.market(), max_fee_gwei=max_fee_gwei)

    def data_fee_wei(self, raw: bytes) -> int:
        """Return a rollup's fee for the bytes."""
        return self._fee_reader.data_fee_wei(raw)

    def nonce(self, address: str, *, pending: bool) -> int:
        """Return the count of an address's transactions."""
        with _translated():
            return self._web3.eth.get_transaction_count(_checksummed(address), "pending" if pending else "latest")

    def balance_wei(self, address: str) -> int:
        """Return an address's balance."""
        with _translated():
            return self._web3.eth.get_balance(_checksummed(address))

    def broadcast(self, raw: bytes) -> tuple[str, ...]:
        """Hand a signed transaction to every endpoint."""
        took: list[str] = []
        refusals: list[ChainError] = []
        for host, reply in self._pool.everywhere("eth_sendRawTransaction", ["0x" + bytes(raw).hex()]):
            if (error := reply.get("error")) is None:
                took.append(host)
            else:
                text = str(error["message"]) if isinstance(error, dict) and "message" in error else str(error)
                refusals.append(refusal_of_text(text))
        if took:
            return tuple(took)
        raise next((error for error in refusals if isinstance(error, AlreadyKnown)), refusals[0])

    def is_known(self, tx_hash: str) -> bool:
        """Return whether any endpoint has the transaction."""
        return self._anywhere("eth_getTransactionByHash", [tx_hash])

    def receipt(self, tx_hash: str, *, everywhere: bool = False) -> Receipt | None:
        """Return the receipt with its events decoded."""
        testimony = testimony_of(self._pool, tx_hash, everywhere=everywhere)
        if testimony.receipt is None:
            return None
        return self._decoded(testimony.receipt, testimony.witnesses)

    def events(self, contract: str, *, first: int, last: int) -> list[FeedEvent]:
        """Return every answer the contract took in a range of blocks."""
        logs = self._logs(contract, [price_oracle.ReportAccepted.TOPIC], first=first, last=last)
        return [
            FeedEvent(
                pair=pair,
                round_id=round_id,
                answer=answer,
                tx_hash=log["transactionHash"].to_0x_hex(),
                block_number=log["blockNumber"],
            )
            for log in logs
            for pair, round_id, answer in self._taken(contract, price_oracle.ReportAccepted.of(_log(log)).pages)
        ]

    def logs(self, contract: str, topics: Sequence[bytes], *, first: int, last: int) -> list[Log]:
        """Return the events of a contract with any of these topics in a range of blocks, oldest first."""
        return [_log(row) for row in self._logs(contract, topics, first=first, last=last)]

    def keeps_body(self, number: int) -> bool:
        """Return whether a block's transactions are there: some, or none as its header says."""
        block = self._asked("eth_getBlockByNumber", [hex(number), False])
        return block is not None and (bool(block["transactions"]) or block["transactionsRoot"] == EMPTY_TRIE)

    def set_balance(self, address: str, wei: int) -> None:
        """Give an address play money by Anvil's cheat method."""
        with _translated():
            self._raw("anvil_setBalance", [address, hex(wei)])

    # parts ------------------------------------------------------------------------------------------------------
    def _logs(self, contract: str, topics: Sequence[bytes], *, first: int, last: int) -> list[Any]:
        wanted: FilterParams = {
            "address": _checksummed(contract),
            "topics": [[HexBytes(topic) for topic in topics]],
            "fromBlock": BlockNumber(first),
            "toBlock": BlockNumber(last),
        }
        with _translated():
            return list(self._web3.eth.get_logs(wanted))

    def _decoded(self, receipt: Mapping[str, Any], witnesses: Witnesses) -> Receipt:
        accepted: dict[str, tuple[int, int]] = {}
        skipped: dict[str, str] = {}
        contract = _checksummed(receipt["to"]) if receipt["to"] else ""
        for log in (_log(row) for row in receipt["logs"] if _checksummed(row["address"]) == contract):
            topic = log.topics[0] if log.topics else b""
            if topic == price_oracle.ReportAccepted.TOPIC:
                for pair, round_id, answer in self._taken(contract, price_oracle.ReportAccepted.of(log).pages):
                    accepted[pair] = (round_id, answer)
            elif topic == price_oracle.AnswerSkipped.TOPIC:
                event = price_oracle.AnswerSkipped.of(log)
                skipped[pair_of(event.feed_id)] = skip_reason_name(event.reason)
        made = receipt.get("contractAddress")
        return Receipt(
            tx_hash=receipt["transactionHash"],
            block_number=int(receipt["blockNumber"], 16),
            block_hash=receipt["blockHash"],
            succeeded=int(receipt["status"], 16) == 1,
            gas_used=int(receipt["gasUsed"], 16),
            contract_address=_checksummed(made) if made else None,
            accepted=accepted,
            skipped=skipped,
            cost_wei=cost_wei(receipt),
            witnesses=witnesses,
        )

    def _taken(self, contract: str, pages: bytes) -> Iterator[tuple[str, int, int]]:
        """Yield pair, the feed's round and answer of everything a report event says was taken."""
        for taken in taken_answers(pages):
            if taken.place not in self._placed.get(contract, {}):
                self.placements(contract)
            if taken.place not in self._placed[contract]:
                raise ChainReadInconsistent(f"an event speaks of place {taken.place}, where the contract has no feed")
            pair, base_round = self._placed[contract][taken.place]
            yield pair, taken.page_round - base_round, taken.answer

    def _block(self, identifier: Any) -> Block:
        try:
            with _translated():
                block = self._web3.eth.get_block(identifier)
        except BlockNotFound:
            raise HistoryPruned(f"the node has no block {identifier}") from None
        time = datetime.fromtimestamp(block["timestamp"], UTC)
        base_fee_wei = block.get("baseFeePerGas", 0)
        return Block(block["number"], block["hash"].to_0x_hex(), time, base_fee_wei)

    def _anywhere(self, method: str, params: list[object]) -> bool:
        """Return whether any endpoint has something under this hash; the one that does is asked first from then on."""
        return any(reply.get("result") is not None for _, reply in self._pool.everywhere(method, params))

    def _asked(self, method: str, params: list[object]) -> Any:
        with _translated():
            return self._raw(method, params)

    def _raw(self, method: str, params: list[object]) -> Any:
        return self._web3.manager.request_blocking(RPCEndpoint(method), params)


@contextmanager
def _translated() -> Iterator[None]:
    """Let only ChainError and BlockNotFound out of a block of web3 calls."""
    try:
        yield
    except BlockNotFound:
        raise
    except ContractLogicError as exc:
        raise revert_of(exc.data) from None
    except (Web3RPCError, MethodUnavailable) as exc:
        raise error_of_text(message_of(exc)) from None
    except Web3Exception as exc:
        raise RpcRefused(f"{exc.__class__.__name__}: {str(exc)[:160]}") from None


def _reading(view: price_oracle.FeedView) -> FeedReading:
    return FeedReading(
        answer=view.answer,
        round_id=view.round_id,
        observed_at=datetime.fromtimestamp(view.observed_at, UTC),
        updated_at=datetime.fromtimestamp(view.updated_at, UTC),
    )


def _log(row: Any) -> Log:
    return Log(topics=tuple(bytes(HexBytes(topic)) for topic in row["topics"]), data=bytes(HexBytes(row["data"])))


def _checksummed(address: str) -> ChecksumAddress:
    return to_checksum_address(address)
