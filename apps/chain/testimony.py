"""What several endpoints say of one receipt, or of the newest block: one node's word ends no report.

A receipt counts by its block's hash, its status and its events, which are the same on every honest node. Where two
hosts or more are asked, two must show it. A host that shows none is asked for the block: its transactions tell the
same, and a host that does not have the block yet, or no longer what was in it, is silent and denies nothing.

Errors: those of the pool, and RpcRefused for a receipt that no node writes.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from web3.types import RPCResponse

from apps.chain.decode import error_of_text
from apps.chain.endpoints import Endpoint, EndpointFailed
from apps.chain.errors import RpcRefused
from apps.chain.gateway import Witnesses
from apps.chain.rpc import EndpointPool

log = logging.getLogger(__name__)
WITNESSES = 2
RECEIPT, BLOCK = "eth_getTransactionReceipt", "eth_getBlockByNumber"
EMPTY_TRIE = "0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421"  # root of no transactions
# A host whose newest block is younger follows the chain: a block that it does not have is denied, not awaited. Else a
# made-up receipt would only have to name a block of the far future.
FRESH_S = 60
_MALFORMED = (KeyError, TypeError, ValueError, AttributeError)


@dataclass(frozen=True, slots=True)
class Testimony:
    """The receipt that most hosts show, as the node wrote it, None while there is none."""

    receipt: Mapping[str, Any] | None
    witnesses: Witnesses = field(default_factory=Witnesses)


def testimony_of(pool: EndpointPool, tx_hash: str, *, everywhere: bool) -> Testimony:
    """Return the receipt of a transaction and who shows or denies it.

    Nobody else is asked while the first endpoint (with ``everywhere`` each of them) shows none.
    """
    host, receipt = _first_shown(pool, tx_hash, everywhere=everywhere)
    if receipt is None:
        return Testimony(None)
    try:
        shown = {_content(receipt, tx_hash): (receipt, [host])}
    except _MALFORMED as exc:
        pool.distrust(host)
        raise RpcRefused(f"{host} shows a malformed receipt of {tx_hash}: {exc.__class__.__name__}") from None
    wanted = min(WITNESSES, len(pool.hosts()))
    denied: list[str] = []
    for endpoint in pool.panel(behind=True):
        if any(len(hosts) >= wanted for _, hosts in shown.values()):
            break
        if endpoint.host == host:
            continue
        try:
            other = _shown_by(pool, endpoint, tx_hash, beside=receipt)
            if other is None:
                denied.append(endpoint.host)
            else:
                shown.setdefault(_content(other, tx_hash), (other, []))[1].append(endpoint.host)
        except (EndpointFailed, *_MALFORMED) as exc:
            log.info("endpoint bears no witness host=%s tx=%s reason=%s", endpoint.host, tx_hash, exc)
    return _verdict(pool, shown.values(), denied, wanted=wanted)


def tagged_number(pool: EndpointPool, tag: str) -> int:
    """Return the newest block under a tag that two endpoints have, or the only one that answers. Raises RpcRefused."""
    numbers: list[int] = []
    failures: list[str] = []
    for endpoint in pool.panel(behind=False):
        try:
            numbers.append(int(pool.told(endpoint, BLOCK, [tag, False])["number"], 16))
        except (EndpointFailed, *_MALFORMED) as exc:
            failures.append(f"{endpoint.host}: {exc.__class__.__name__}")
    if not numbers:  # all of them rest: whoever answers now
        block = _result(pool.first(BLOCK, [tag, False])[1])
        if block is None:
            raise RpcRefused(f"the node has no {tag} block {'; '.join(failures)}".rstrip())
        numbers.append(int(block["number"], 16))
    return sorted(numbers, reverse=True)[:WITNESSES][-1]


def _first_shown(pool: EndpointPool, tx_hash: str, *, everywhere: bool) -> tuple[str, Any]:
    if not everywhere:
        host, reply = pool.first(RECEIPT, [tx_hash])
        return host, _result(reply)
    for host, reply in pool.everywhere(RECEIPT, [tx_hash]):
        if (receipt := reply.get("result")) is not None:
            return host, receipt
    return "", None


def _shown_by(pool: EndpointPool, endpoint: Endpoint, tx_hash: str, *, beside: Mapping[str, Any]) -> Any:
    """Return the receipt that one host shows, or the one beside which it is asked where it has it in its block.

    None: it denies it. Raises EndpointFailed when it does not answer or cannot know.
    """
    receipt = pool.told(endpoint, RECEIPT, [tx_hash])
    if receipt is not None:
        return receipt
    block = pool.told(endpoint, BLOCK, [beside["blockNumber"], False])
    if block is None:
        age_s = time.time() - int(pool.told(endpoint, BLOCK, ["latest", False])["timestamp"], 16)
        if age_s > FRESH_S:
            raise EndpointFailed("behind", f"newest block is {age_s:.0f} s old")
        return None
    if block["hash"].lower() != beside["blockHash"].lower():
        return None
    if tx_hash.lower() in [str(known).lower() for known in block["transactions"]]:
        return beside
    if not block["transactions"] and block["transactionsRoot"] != EMPTY_TRIE:
        raise EndpointFailed("pruned", "no longer has what was in the block")
    return None


def _verdict(
    pool: EndpointPool, shown: Iterable[tuple[Any, list[str]]], denied: list[str], *, wanted: int
) -> Testimony:
    receipt, hosts = max(shown, key=lambda one: len(one[1]))  # the first one shown among equals
    others = [host for other, by in shown if other is not receipt for host in by]
    if len(hosts) >= wanted > 1:
        for host in others:
            log.error("rpc endpoint contradicts the others host=%s method=%s", host, RECEIPT)
            pool.distrust(host)
    return Testimony(receipt, Witnesses(tuple(hosts), (*others, *denied), wanted))


def _content(receipt: Mapping[str, Any], tx_hash: str) -> tuple[object, ...]:
    """Return what must be the same on every node. Raises one of _MALFORMED."""
    if receipt["transactionHash"].lower() != tx_hash.lower():
        raise ValueError("a receipt of another transaction")
    int(receipt["blockNumber"], 16)
    logs = tuple((row["address"], *row["topics"], row["data"]) for row in receipt["logs"])
    return receipt["blockHash"].lower(), int(receipt["status"], 16), str(logs).lower()


def _result(reply: RPCResponse) -> Any:
    error = reply.get("error")
    if error is not None:
        raise error_of_text(str(error["message"]) if isinstance(error, dict) and "message" in error else str(error))
    return reply.get("result")
