"""A transaction's bytes are those that a well-known library makes."""

from __future__ import annotations

from dataclasses import replace

from eth_account import Account
from hypothesis import given
from hypothesis import strategies as st

from apps.chain.fees import Fees
from apps.chain.signers import KeystoreSigner, sign_transaction
from apps.chain.transactions import TransactionFields, call_of

KEY = b"\x11" * 32
addresses = st.binary(min_size=20, max_size=20).map(lambda raw: "0x" + raw.hex())
fields = st.builds(
    TransactionFields,
    chain_id=st.integers(1, 2**53),
    nonce=st.integers(0, 2**32),
    to=st.none() | addresses,
    data=st.binary(max_size=300),
    gas_limit=st.integers(21_000, 30_000_000),
    fees=st.builds(Fees, max_fee_wei=st.integers(1, 2**64), tip_wei=st.integers(0, 2**60)),
)


@given(fields)
def test_signed_bytes_and_hash_equal_those_of_eth_account(transaction: TransactionFields) -> None:
    """Random transactions, creations included, are encoded and hashed to the same bytes."""
    account = Account.from_key(KEY)
    document = {
        "type": 2,
        "chainId": transaction.chain_id,
        "nonce": transaction.nonce,
        "data": transaction.data,
        "value": 0,
        "gas": transaction.gas_limit,
        "maxFeePerGas": transaction.fees.max_fee_wei,
        "maxPriorityFeePerGas": transaction.fees.tip_wei,
    }
    if transaction.to is not None:
        document["to"] = bytes.fromhex(transaction.to[2:])

    signed = sign_transaction(transaction, KeystoreSigner(account))

    expected = account.sign_transaction(document)
    assert signed.raw == bytes(expected.raw_transaction)
    assert signed.tx_hash == "0x" + bytes(expected.hash).hex()


@given(fields)
def test_legacy_bytes_equal_those_of_eth_account(transaction: TransactionFields) -> None:
    """On a chain without a base fee the EIP-155 form is made, and the call is found again in its bytes."""
    price = transaction.fees.max_fee_wei
    legacy = replace(transaction, fees=Fees(price, price, is_legacy=True))
    account = Account.from_key(KEY)
    document = {
        "chainId": legacy.chain_id,
        "nonce": legacy.nonce,
        "data": legacy.data,
        "value": 0,
        "gas": legacy.gas_limit,
        "gasPrice": price,
    }
    if legacy.to is not None:
        document["to"] = bytes.fromhex(legacy.to[2:])

    signed = sign_transaction(legacy, KeystoreSigner(account))

    expected = account.sign_transaction(document)
    assert signed.raw == bytes(expected.raw_transaction)
    assert call_of(signed.raw) == legacy.data == call_of(sign_transaction(transaction, KeystoreSigner(account)).raw)
