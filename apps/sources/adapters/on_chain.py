"""What adapters that read a chain share: any JSON-RPC node, one eth_call of Multicall3 for all tickers.

There is no public default node: the source's base URL is the operator's own. Its secret part, which node services put
into the path, is the source's key and stands in the base URL as ``{key}``.

A ticker is a contract's address, with settings behind a question mark: ``0x5f4e…8419?decimals=8&heartbeat=3600``.
Options of the source: ``multicall``, where Multicall3 is on this chain; ``chain_id``, which the node must then answer
for, because the same address may be another contract elsewhere.
"""

from __future__ import annotations

import json
import re
from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Self

from apps.pricing.types import Ask
from apps.sources import errors
from apps.sources.adapters import abi, parsing
from apps.sources.adapters.base import BaseAdapter, Cells, KeyPlace, PriceRequest, batches, tickers_of

MULTICALL3 = "0xcA11bde05977b3631167028862bE2a173976CA11"  # the same on over 250 chains
CONTRACTS_A_REQUEST = 50
ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")
RATE_LIMITS = frozenset({-32005, -32029, 429})  # EIP-1474 "limit exceeded", and what node services use beside it
BUSY = frozenset({-32603, -32002})
OPTIONS = ("chain_id", "multicall")


@dataclass(frozen=True, slots=True)
class Contract:
    """A ticker taken apart: the address, and its settings."""

    address: str
    settings: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Returned:
    """What the calls of one ticker gave back, in their order, and the block's time where it was asked for."""

    results: tuple[bytes, ...]
    block_time: datetime | None


class OnChain(BaseAdapter):
    """A contract read through a node; a subclass says which calls a ticker needs and what the results mean.

    settings: what may stand behind the address in a ticker.
    """

    base_url = ""
    settings: ClassVar[tuple[str, ...]] = ()

    def __init__(self, options: Mapping[str, object] | None = None) -> None:
        given = options or {}
        self._multicall = str(given.get("multicall", MULTICALL3))
        self._chain_id = given.get("chain_id")

    @abstractmethod
    def calls(self, contract: Contract) -> Sequence[abi.Call]:
        """Return the calls of one ticker. Raises SourceMisconfigured for settings that cannot work."""

    @abstractmethod
    def read(self, contract: Contract, returned: Returned) -> Cells:
        """Return what the results say. Raises SourceError."""

    def needs_block_time(self, contract: Contract) -> bool:
        """Return whether the block's own time is part of what the ticker's price means."""
        del contract
        return True

    def key_place(self) -> KeyPlace:
        """Return the header of nodes that take their key there; most take it in the path, as ``{key}``."""
        return KeyPlace(header="Authorization", prefix="Bearer ", is_needed=False)

    def with_options(self, options: Mapping[str, object]) -> Self:
        """Return the adapter for the chain the options describe."""
        return type(self)(options)

    def option_faults(self, options: Mapping[str, object]) -> list[str]:
        """Return what is wrong with the options: ``chain_id`` and ``multicall`` are all there are."""
        unknown = sorted(set(options) - set(OPTIONS))
        faults = [f"{name}: unknown option; known are {', '.join(OPTIONS)}" for name in unknown]
        chain_id, multicall = options.get("chain_id", 1), options.get("multicall", MULTICALL3)
        if isinstance(chain_id, bool) or not isinstance(chain_id, int) or chain_id < 1:
            faults.append(f"chain_id: expected a whole number above zero, got {str(chain_id)[:40]!r}")
        if not isinstance(multicall, str) or not ADDRESS.fullmatch(multicall):
            faults.append(f"multicall: expected an address (0x and 40 hex digits), got {str(multicall)[:60]!r}")
        return faults

    def build(self, asks: Sequence[Ask]) -> Sequence[PriceRequest]:
        """Return one eth_call per fifty asks."""
        return [
            PriceRequest(path="", method="POST", body=self._eth_call(batch), asks=batch)
            for batch in batches(asks, size=CONTRACTS_A_REQUEST)
        ]

    def body_error(self, document: object, status: int) -> errors.SourceError | None:
        """Read JSON-RPC's ``{"error": {"code": -32005, "message": …}}``."""
        error = document.get("error") if isinstance(document, dict) else None
        if not isinstance(error, dict):
            return None
        code, message = error.get("code"), str(error.get("message", ""))[:150]
        told, words = f"{code}: {message}", message.lower()
        if code in RATE_LIMITS or "rate limit" in words or "too many requests" in words:
            return errors.RateLimited(told)
        if code in BUSY:
            return errors.ServerError(told)
        return errors.ErrorInBody(told) if status == 200 else None

    def rows(self, request: PriceRequest, document: object) -> Mapping[str, object]:
        """Return what came back by ticker, None where a call failed. Raises WrongPair for another chain's node."""
        result = parsing.cell(parsing.mapping(document, "the reply"), "result")
        if not isinstance(result, str):
            raise errors.UnexpectedShape("the reply has no result")
        contracts = self._contracts(request.asks)
        calls = [self.calls(contract) for contract in contracts.values()]
        selectors = self._selectors(contracts.values())
        returned = abi.decode_aggregate3(result, expected=len(selectors) + sum(map(len, calls)))
        said = dict(zip(selectors, returned, strict=False))
        self._check_chain(said)
        block_time = _block_time(said)
        rest = iter(returned[len(selectors) :])
        return {
            ticker: _returned([next(rest) for _ in own], block_time)
            for ticker, own in zip(contracts, calls, strict=True)
        }

    def cells(self, ask: Ask, row: object, document: object) -> Cells:
        """Return what the ticker's results say. Raises TickerMissing where a call failed."""
        del document
        contract = self._contract(ask.ticker)
        if not isinstance(row, Returned):
            raise errors.TickerMissing(f"the call to {contract.address} failed: another contract there, or none")
        return self.read(contract, row)

    def _eth_call(self, asks: Sequence[Ask]) -> str:
        contracts = self._contracts(asks).values()
        calls = [abi.Call(self._multicall, selector) for selector in self._selectors(contracts)]
        calls += [call for contract in contracts for call in self.calls(contract)]
        params = [{"to": self._multicall, "data": abi.encode_aggregate3(calls)}, "latest"]
        document = {"jsonrpc": "2.0", "id": 1, "method": "eth_call", "params": params}
        return json.dumps(document, separators=(",", ":"))

    def _selectors(self, contracts: Iterable[Contract]) -> tuple[str, ...]:
        """Return what Multicall3 itself is asked beside the tickers."""
        wants_time = any(self.needs_block_time(contract) for contract in contracts)
        wants_chain = self._chain_id is not None
        return (abi.BLOCK_TIMESTAMP,) * wants_time + (abi.CHAIN_ID,) * wants_chain

    def _check_chain(self, said: Mapping[str, bytes | None]) -> None:
        if self._chain_id is None:
            return
        answer = said.get(abi.CHAIN_ID)
        chain_id = abi.uint(answer, 0) if answer else None
        if chain_id != self._chain_id:
            raise errors.WrongPair(f"the node answers for chain {chain_id}, the source is for chain {self._chain_id}")

    def _contracts(self, asks: Sequence[Ask]) -> dict[str, Contract]:
        return {ticker: self._contract(ticker) for ticker in tickers_of(asks)}

    def _contract(self, ticker: str) -> Contract:
        """Return the ticker taken apart. Raises SourceMisconfigured for what is no address with known settings."""
        address, _, text = ticker.partition("?")
        if not ADDRESS.fullmatch(address):
            raise errors.SourceMisconfigured(f"a ticker begins with an address (0x and 40 hex digits): {ticker[:60]!r}")
        settings = dict(part.partition("=")[::2] for part in text.split("&")) if text else {}
        if unknown := sorted(set(settings) - set(self.settings)):
            known = ", ".join(self.settings)
            raise errors.SourceMisconfigured(f"ticker setting {unknown[0][:40]!r} is unknown; known are {known}")
        return Contract(address, settings)


def whole_setting(contract: Contract, name: str, *, lowest: int, highest: int) -> int | None:
    """Return a ticker's setting as a whole number, None where it is not given. Raises SourceMisconfigured."""
    text = contract.settings.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 9 and lowest <= int(text) <= highest):
        raise errors.SourceMisconfigured(f"{name} is a whole number from {lowest} to {highest}, got {text[:40]!r}")
    return int(text)


def _returned(results: Sequence[bytes | None], block_time: datetime | None) -> Returned | None:
    """Return the results of one ticker, None when one of its calls failed or met no contract, which gives nothing."""
    given = tuple(result for result in results if result)
    return Returned(given, block_time) if len(given) == len(results) else None


def _block_time(said: Mapping[str, bytes | None]) -> datetime | None:
    answer = said.get(abi.BLOCK_TIMESTAMP)
    return parsing.instant(abi.uint(answer, 0), unit="s") if answer else None
