"""What is read out of a node's replies beside their decoded content. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from web3.exceptions import Web3Exception, Web3RPCError


def cost_wei(receipt: Mapping[str, Any]) -> int:
    """Return gas used times the price paid, with the data fee that OP Stack receipts state beside it."""
    names = ("gasUsed", "effectiveGasPrice", "l1Fee")
    gas_used, price_wei, data_fee_wei = (int(receipt.get(name) or "0x0", 16) for name in names)
    return gas_used * price_wei + data_fee_wei


def message_of(exc: Web3Exception) -> str:
    """Return what the node said, without the envelope around it."""
    reply = exc.rpc_response if isinstance(exc, Web3RPCError) else None
    error = reply.get("error") if reply else None
    return str(error["message"]) if isinstance(error, dict) and "message" in error else str(exc)
