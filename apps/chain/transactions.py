"""A transaction as fields, as the bytes that are signed, and as the signed bytes that are broadcast. Pure.

Type 2 of https://eips.ethereum.org/EIPS/eip-1559 in the envelope of https://eips.ethereum.org/EIPS/eip-2718:
``0x02 || rlp([chainId, nonce, tip, maxFee, gas, to, value, data, accessList])``, signed over its keccak256, and with
``yParity, r, s`` appended to the list for broadcast.
"""

from __future__ import annotations

from dataclasses import dataclass

import rlp
from eth_hash.auto import keccak

from apps.chain.fees import Fees

TYPE_2 = b"\x02"
V_OF_EVEN_Y = 27


@dataclass(frozen=True, slots=True)
class TransactionFields:
    """A transaction before it is signed. ``to`` is None for a contract creation."""

    chain_id: int
    nonce: int
    to: str | None
    data: bytes
    gas_limit: int
    fees: Fees


@dataclass(frozen=True, slots=True)
class SignedTransaction:
    """A transaction ready for broadcast, and its 0x-prefixed hash."""

    raw: bytes
    tx_hash: str


def unsigned_bytes(fields: TransactionFields) -> bytes:
    """Return the bytes whose keccak256 a key signs."""
    return TYPE_2 + bytes(rlp.encode(_items(fields)))


def signed_transaction(fields: TransactionFields, signature: bytes) -> SignedTransaction:
    """Return the transaction with its 65-byte signature r || s || v, v 27 or 28."""
    r, s, v = signature[:32], signature[32:64], signature[64]
    tail: list[object] = [v - V_OF_EVEN_Y, int.from_bytes(r, "big"), int.from_bytes(s, "big")]
    raw = TYPE_2 + bytes(rlp.encode([*_items(fields), *tail]))
    return SignedTransaction(raw=raw, tx_hash="0x" + keccak(raw).hex())


def _items(fields: TransactionFields) -> list[object]:
    to = bytes.fromhex(fields.to.removeprefix("0x")) if fields.to is not None else b""
    value, access_list = 0, ()
    fees = [fields.fees.tip_wei, fields.fees.max_fee_wei]
    return [fields.chain_id, fields.nonce, *fees, fields.gas_limit, to, value, fields.data, access_list]
