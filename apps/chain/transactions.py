"""A transaction as fields, as the bytes that are signed, and as the signed bytes that are broadcast. Pure.

Type 2 of https://eips.ethereum.org/EIPS/eip-1559 in the envelope of https://eips.ethereum.org/EIPS/eip-2718:
``0x02 || rlp([chainId, nonce, tip, maxFee, gas, to, value, data, accessList])``, signed over its keccak256, and with
``yParity, r, s`` appended to the list for broadcast. On chains without a base fee the older form of
https://eips.ethereum.org/EIPS/eip-155: ``rlp([nonce, gasPrice, gas, to, value, data, chainId, 0, 0])``, the last three
replaced by ``v, r, s`` with v = 35 + 2 chainId + yParity.
"""

from __future__ import annotations

from dataclasses import dataclass

import rlp
from eth_hash.auto import keccak

from apps.chain.fees import Fees

TYPE_2 = b"\x02"
V_OF_EVEN_Y = 27
EIP155_V_OF_EVEN_Y = 35
FIRST_BYTE_OF_A_LIST = 0xC0


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
    if fields.fees.is_legacy:
        return bytes(rlp.encode([*_legacy_items(fields), fields.chain_id, 0, 0]))
    return TYPE_2 + bytes(rlp.encode(_items(fields)))


def signed_transaction(fields: TransactionFields, signature: bytes) -> SignedTransaction:
    """Return the transaction with its 65-byte signature r || s || v, v 27 or 28."""
    r, s, v = signature[:32], signature[32:64], signature[64]
    parity, rest = v - V_OF_EVEN_Y, [int.from_bytes(r, "big"), int.from_bytes(s, "big")]
    if fields.fees.is_legacy:
        legacy_v = EIP155_V_OF_EVEN_Y + 2 * fields.chain_id + parity
        raw = bytes(rlp.encode([*_legacy_items(fields), legacy_v, *rest]))
    else:
        raw = TYPE_2 + bytes(rlp.encode([*_items(fields), parity, *rest]))
    return SignedTransaction(raw=raw, tx_hash="0x" + keccak(raw).hex())


def call_of(raw: bytes) -> bytes:
    """Return the call data inside a signed transaction of either form. Raises ValueError for any other bytes."""
    if raw[:1] == TYPE_2:
        return bytes(rlp.decode(raw[1:])[7])
    if raw and raw[0] >= FIRST_BYTE_OF_A_LIST:
        return bytes(rlp.decode(raw)[5])
    raise ValueError(f"a transaction that begins with {raw[:1].hex()} is none of ours")


def _items(fields: TransactionFields) -> list[object]:
    access_list = ()
    fees = [fields.fees.tip_wei, fields.fees.max_fee_wei]
    return [fields.chain_id, fields.nonce, *fees, fields.gas_limit, *_call(fields), access_list]


def _legacy_items(fields: TransactionFields) -> list[object]:
    return [fields.nonce, fields.fees.max_fee_wei, fields.gas_limit, *_call(fields)]


def _call(fields: TransactionFields) -> list[object]:
    to = bytes.fromhex(fields.to.removeprefix("0x")) if fields.to is not None else b""
    return [to, 0, fields.data]
