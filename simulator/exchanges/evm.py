"""A node that knows one contract, Multicall3, and whatever a subclass puts behind it.

Formats: https://ethereum.org/developers/docs/apis/json-rpc, https://docs.soliditylang.org/en/latest/abi-spec.html,
https://github.com/mds1/multicall3 (aggregate3).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from simulator.exchanges.base import Call, Handler, Reply
from simulator.exchanges.coins import CoinSource
from simulator.quotes import Desk

AGGREGATE3, BLOCK_TIMESTAMP, GET_CHAIN_ID = "82ad56cb", "0f28c97d", "3408e470"
CHAIN_ID = 1
WORD = 64  # hex digits


class Node(CoinSource):
    """JSON-RPC with eth_call and eth_chainId; tickers are contract addresses in lower case."""

    def routes(self) -> Mapping[str, Handler]:
        """Return the one endpoint."""
        return {"/": self._rpc}

    def contract(self, desk: Desk, address: str, selector: str, arguments: str) -> str | None:
        """Return what a contract gives back, as hex; None when the call reverts."""
        raise NotImplementedError

    def rate_limited(self) -> Reply:
        """Return 429 with EIP-1474's code."""
        return _error(-32005, "limit exceeded", status=429)

    def _rpc(self, desk: Desk, call: Call) -> Reply:
        try:
            asked = json.loads(call.body)
            method, params = str(asked["method"]), asked["params"]
            if method == "eth_chainId":
                return _result(hex(CHAIN_ID))
            if method != "eth_call":
                return _error(-32601, f"the method {method} does not exist")
            return self._aggregate3(desk, str(params[0]["data"]).removeprefix("0x"))
        except (ValueError, LookupError, TypeError):
            return _error(-32602, "invalid params")

    def _aggregate3(self, desk: Desk, data: str) -> Reply:
        if not data.startswith(AGGREGATE3):
            return _result("0x")
        returned = [self._one(desk, address, told) for address, told in _calls(data[len(AGGREGATE3) :])]
        return _result(_encoded(returned))

    def _one(self, desk: Desk, address: str, told: str) -> str | None:
        selector, arguments = told[:8], told[8:]
        own = {BLOCK_TIMESTAMP: desk.now_ms // 1000, GET_CHAIN_ID: CHAIN_ID}
        return word(own[selector]) if selector in own else self.contract(desk, address, selector, arguments)


def word(number: int) -> str:
    """Return a whole number as 32 bytes of hex, negative ones in two's complement."""
    return f"{number % 2**256:064x}"


def number_at(text: str, index: int) -> int:
    """Return the unsigned word at an index."""
    return int(text[index * WORD : (index + 1) * WORD], 16)


def _calls(text: str) -> list[tuple[str, str]]:
    """Return address and call data of every call."""
    body = text[WORD:]  # behind the offset of the one argument
    heads = body[WORD:]
    calls = []
    for index in range(number_at(body, 0)):
        start = heads[number_at(heads, index) * 2 :]
        told = start[number_at(start, 2) * 2 :]
        calls.append((f"0x{start[24:WORD]}", told[WORD : WORD + number_at(told, 0) * 2]))
    return calls


def _encoded(returned: list[str | None]) -> str:
    tuples = []
    for result in returned:
        told = result or ""
        padded = told.ljust(-(-len(told) // WORD) * WORD, "0")
        tuples.append(word(int(result is not None)) + word(64) + word(len(told) // 2) + padded)
    offsets, offset = "", 32 * len(tuples)
    for encoded in tuples:
        offsets += word(offset)
        offset += len(encoded) // 2
    return f"0x{word(32)}{word(len(tuples))}{offsets}{''.join(tuples)}"


def _result(value: str) -> Reply:
    return Reply({"jsonrpc": "2.0", "id": 1, "result": value})


def _error(code: int, message: str, *, status: int = 200) -> Reply:
    error: dict[str, Any] = {"code": code, "message": message}
    return Reply({"jsonrpc": "2.0", "id": 1, "error": error}, status=status)
