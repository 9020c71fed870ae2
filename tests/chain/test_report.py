"""Feed ids and the EIP-712 digest."""

from __future__ import annotations

import string

import pytest
from eth_account import Account
from eth_account.messages import encode_typed_data
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.chain.report import Report, ReportAnswer, evidence_bytes, feed_id, pair_of, report_digest, report_tuple
from tests.chain.conftest import Oracle

pairs = st.text(string.ascii_uppercase + string.digits + "/", min_size=1, max_size=25)
answers = st.builds(
    ReportAnswer,
    pair=pairs,
    answer=st.integers(min_value=-(2**191), max_value=2**191 - 1),
    observed_at=st.integers(min_value=0, max_value=2**64 - 1),
)
reports = st.builds(
    Report,
    signer_set_version=st.integers(min_value=0, max_value=2**32 - 1),
    evidence_hash=st.binary(min_size=32, max_size=32).map(lambda raw: "0x" + raw.hex()),
    answers=st.lists(answers, max_size=5).map(tuple),
)


def test_feed_id_is_the_pair_padded_on_the_right() -> None:
    """A feed id reads as bytes32("BTC/USD") does in Solidity."""
    assert feed_id("BTC/USD") == b"BTC/USD" + bytes(25)


@given(pairs)
def test_pair_of_inverts_feed_id(pair: str) -> None:
    """Every pair survives the way to the chain and back."""
    assert pair_of(feed_id(pair)) == pair


@pytest.mark.parametrize("pair", ["", "A" * 33, "BTC/€"])
def test_feed_id_refuses_what_does_not_fit(pair: str) -> None:
    """A pair that 32 ASCII bytes cannot hold raises."""
    with pytest.raises(ValueError):  # noqa: PT011 - UnicodeEncodeError is one too
        feed_id(pair)


def test_evidence_hash_must_have_32_bytes() -> None:
    """A shorter hash raises instead of being padded."""
    with pytest.raises(ValueError, match="32 bytes"):
        evidence_bytes("0xab")


@given(reports)
@settings(max_examples=30)
def test_digest_equals_a_general_eip712_encoder(report: Report) -> None:
    """The digest is what eth-account's typed-data encoder makes of the same message."""
    contract = "0x" + "42" * 20
    message = {
        "types": {
            "EIP712Domain": [
                {"name": "name", "type": "string"},
                {"name": "version", "type": "string"},
                {"name": "chainId", "type": "uint256"},
                {"name": "verifyingContract", "type": "address"},
            ],
            "Report": [
                {"name": "signerSetVersion", "type": "uint32"},
                {"name": "evidenceHash", "type": "bytes32"},
                {"name": "answers", "type": "FeedAnswer[]"},
            ],
            "FeedAnswer": [
                {"name": "feedId", "type": "bytes32"},
                {"name": "answer", "type": "int192"},
                {"name": "observedAt", "type": "uint64"},
            ],
        },
        "primaryType": "Report",
        "domain": {"name": "PriceOracle", "version": "1", "chainId": 31337, "verifyingContract": contract},
        "message": {
            "signerSetVersion": report.signer_set_version,
            "evidenceHash": evidence_bytes(report.evidence_hash),
            "answers": [
                {"feedId": feed_id(a.pair), "answer": a.answer, "observedAt": a.observed_at} for a in report.answers
            ],
        },
    }
    account = Account.from_key(b"\1" * 32)

    signed = account.sign_message(encode_typed_data(full_message=message))

    assert bytes(signed.message_hash) == report_digest(report, chain_id=31337, contract=contract)


@given(report=reports)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_digest_equals_the_contracts(oracle: Oracle, report: Report) -> None:
    """The contract's own reportDigest agrees for random reports."""
    contract = oracle.gateway._contract(oracle.contract)

    digest = contract.functions.reportDigest(report_tuple(report)).call()

    assert digest == report_digest(report, chain_id=31337, contract=oracle.contract)
