"""What is read out of a node's replies beside their decoded content. Pure."""

from __future__ import annotations

from typing import Any

from web3.exceptions import Web3Exception, Web3RPCError


def cost_wei(receipt: Any) -> int:
    """Return gas used times the price paid, with the data fee that OP Stack receipts state beside it."""
    data_fee = receipt.get("l1Fee") or 0
    return int(receipt["gasUsed"]) * int(receipt.get("effectiveGasPrice") or 0) + (
        int(data_fee, 16) if isinstance(data_fee, str) else int(data_fee)
    )


def message_of(exc: Web3Exception) -> str:
    """Return what the node said, without the envelope around it."""
    reply = exc.rpc_response if isinstance(exc, Web3RPCError) else None
    error = reply.get("error") if reply else None
    return str(error["message"]) if isinstance(error, dict) and "message" in error else str(exc)
