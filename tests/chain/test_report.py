"""Feed ids and the EIP-712 digest."""

from __future__ import annotations

import string

import pytest
from eth_account import Account
from eth_account.messages import encode_typed_data
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.chain.bindings import price_oracle
from apps.chain.report import (
    ENTRY_BYTES,
    Report,
    ReportAnswer,
    compact_signatures,
    encode_entries,
    encode_report,
    evidence_bytes,
    feed_id,
    pair_of,
    place_of,
    report_digest,
)
from tests.chain.conftest import Oracle

CONTRACT = "0x" + "42" * 20
PLACED = {"A/USD": place_of(0, 0), "B/USD": place_of(0, 3), "C/USD": place_of(77, 1), "W/USD": place_of(0x8002, 0)}
pairs = st.text(string.ascii_uppercase + string.digits + "/", min_size=1, max_size=25)
answers = st.builds(
    ReportAnswer,
    pair=st.sampled_from(sorted(PLACED)),
    answer=st.integers(min_value=1, max_value=2**47 - 1),
    observed_at=st.integers(min_value=0, max_value=2**32 - 1) | st.integers(min_value=5, max_value=7),
)
reports = st.builds(
    Report,
    signer_set_version=st.integers(min_value=0, max_value=2**32 - 1),
    evidence_hash=st.binary(min_size=32, max_size=32).map(lambda raw: "0x" + raw.hex()),
    answers=st.lists(answers, min_size=1, max_size=9).map(tuple),
    places=st.just(PLACED),
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
                {"name": "entries", "type": "bytes"},
            ],
        },
        "primaryType": "Report",
        "domain": {"name": "PriceOracle", "version": "2", "chainId": 31337, "verifyingContract": CONTRACT},
        "message": {
            "signerSetVersion": report.signer_set_version,
            "evidenceHash": evidence_bytes(report.evidence_hash),
            "entries": encode_entries(report),
        },
    }
    account = Account.from_key(b"\1" * 32)

    signed = account.sign_message(encode_typed_data(full_message=message))

    assert bytes(signed.message_hash) == report_digest(report, chain_id=31337, contract=CONTRACT)


def test_entries_of_one_page_and_time_are_one() -> None:
    """Feeds of a page share an entry, an older time goes first, a wide feed goes alone."""
    report = Report(
        1,
        "0x" + "ab" * 32,
        (
            ReportAnswer("A/USD", 5, 9),
            ReportAnswer("W/USD", 2**64, 9),
            ReportAnswer("B/USD", 6, 9),
            ReportAnswer("A/USD", 4, 8),
        ),
        PLACED,
    )

    lanes_3_to_0 = "000000000006" + "000000000000" * 2 + "000000000005"
    assert encode_entries(report).hex() == (
        "0000" + "00000008" + "000000000000" * 3 + "000000000004"
        + "0000" + "00000009" + lanes_3_to_0
        + "8002" + "00000009" + f"{2**64:048x}"
    )  # fmt: skip


def test_an_answer_beyond_its_lane_becomes_the_largest_a_lane_holds() -> None:
    """Above every bound of a packed feed, so the contract refuses it and takes the others."""
    entries = encode_entries(Report(1, "0x" + "ab" * 32, (ReportAnswer("A/USD", 2**60, 9),), PLACED))

    assert entries[-6:] == b"\xff" * 6


@pytest.mark.parametrize(
    "answer", [ReportAnswer("A/USD", 0, 9), ReportAnswer("A/USD", -1, 9), ReportAnswer("A/USD", 1, 2**32)]
)
def test_what_the_wire_cannot_say_is_refused(answer: ReportAnswer) -> None:
    """An answer that is not positive, or a time beyond 32 bits, raises."""
    with pytest.raises(ValueError, match="A/USD"):
        encode_entries(Report(1, "0x" + "ab" * 32, (answer,), PLACED))


def test_a_pair_without_a_place_is_left_out() -> None:
    """A feed the contract does not have stops no other."""
    report = Report(1, "0x" + "ab" * 32, (ReportAnswer("NO/FEED", 1, 9), ReportAnswer("A/USD", 1, 9)), PLACED)

    assert len(encode_entries(report)) == ENTRY_BYTES


@pytest.mark.parametrize("signature", [bytes(64), bytes(64) + b"\x1d", bytes(32) + b"\xff" * 32 + b"\x1b"])
def test_signatures_that_have_no_compact_form_are_refused(signature: bytes) -> None:
    """A wrong length, a v other than 27 and 28, or a high s raises."""
    with pytest.raises(ValueError, match="65 bytes"):
        compact_signatures([signature])


@given(report=reports)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_digest_equals_the_contracts(oracle: Oracle, report: Report) -> None:
    """The contract's own reportDigest agrees for random reports."""
    digest = oracle.gateway.answer(oracle.contract, price_oracle.report_digest(encode_report(report)))

    assert digest == report_digest(report, chain_id=31337, contract=oracle.contract)
