"""Proofs of single observations, made by the evidence checker, on a real chain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from web3 import HTTPProvider, Web3
from web3.contract import Contract
from web3.exceptions import ContractCustomError

from apps.chain.artifacts import artifact
from apps.chain.report import Report, ReportAnswer, compact_signatures, encode_report, report_message
from apps.chain.signers import sign_report
from apps.evidence.standalone import proof_of
from apps.pricing.evidence import evidence_hash
from tests.chain.conftest import Oracle
from tests.chain.local_chain import key

SLOW = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
scalars = st.none() | st.booleans() | st.integers() | st.text(max_size=20)
observations = st.dictionaries(
    st.text(max_size=8),
    scalars | st.lists(scalars, max_size=3) | st.dictionaries(st.text(max_size=4), scalars, max_size=3),
)


@dataclass(frozen=True, slots=True)
class Verifier:
    """The EvidenceProof contract beside an oracle."""

    oracle: Oracle
    contract: Contract

    def is_observed(self, proof: dict[str, Any]) -> bool:
        """Return what the chain says of a proof."""
        arguments = (proof["evidenceHash"], proof["observation"].encode(), proof["proof"])
        said: bool = self.contract.functions.isObserved(*arguments).call()
        return said


@pytest.fixture(scope="module")
def verifier(oracle: Oracle) -> Verifier:
    """EvidenceProof as it is committed, deployed beside the oracle."""
    made = artifact("EvidenceProof")
    address = oracle.deployer.send(None, bytes.fromhex(made.bytecode[2:])).contract_address
    assert address is not None
    web3 = Web3(HTTPProvider(oracle.url))
    return Verifier(oracle, web3.eth.contract(address=Web3.to_checksum_address(address), abi=made.abi))


def bundle_of(leaves: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the two fields of an evidence bundle that a proof needs; the root is the settle worker's."""
    return {"leaves": leaves, "evidence_hash": evidence_hash(leaves)}


@given(leaves=st.lists(observations, min_size=1, max_size=20), chosen=st.data())
@SLOW
def test_a_proof_of_any_observation_verifies(
    verifier: Verifier, leaves: list[dict[str, Any]], chosen: st.DataObject
) -> None:
    """Whatever the observations and however many, the proof of each is believed by the chain."""
    number = chosen.draw(st.integers(0, len(leaves) - 1))

    assert verifier.is_observed(proof_of(bundle_of(leaves), number))


@given(leaves=st.lists(observations, min_size=2, max_size=20, unique_by=repr), damage=st.data())
@SLOW
def test_a_damaged_proof_does_not_verify(
    verifier: Verifier, leaves: list[dict[str, Any]], damage: st.DataObject
) -> None:
    """A changed observation, sibling or root, a sibling too few or too many: the chain says no."""
    proof = proof_of(bundle_of(leaves), damage.draw(st.integers(0, len(leaves) - 1)))
    bit = damage.draw(st.integers(0, 255))
    flipped = "0x" + (int(proof["proof"][0], 16) ^ (1 << bit)).to_bytes(32, "big").hex()
    damaged = damage.draw(
        st.sampled_from(
            [
                {"observation": proof["observation"] + " "},
                {"observation": proof["observation"][:-1]},
                {"evidenceHash": "0x" + (int(proof["evidenceHash"], 16) ^ (1 << bit)).to_bytes(32, "big").hex()},
                {"proof": [flipped, *proof["proof"][1:]]},
                {"proof": proof["proof"][1:]},
                {"proof": [*proof["proof"], flipped]},
            ]
        )
    )

    assert not verifier.is_observed({**proof, **damaged})


def test_an_observation_is_bound_to_the_signers(verifier: Verifier) -> None:
    """isVouchedFor believes the proof only beside a report that enough signers signed over the same root."""
    leaves = [{"source": name, "price": "65000.5"} for name in ("kraken", "coinbase", "okx")]
    proof = proof_of(bundle_of(leaves), 1)
    contract = verifier.oracle.contract
    places = verifier.oracle.gateway.places(contract)
    report = Report(1, proof["evidenceHash"], (ReportAnswer("BTC/USD", 65_000, 1_700_000_000),), places)
    message = report_message(report, chain_id=31337, contract=contract)
    signatures = compact_signatures(sign_report(message, [key(11), key(13)]))
    encoded = encode_report(report)
    ask = verifier.contract.functions.isVouchedFor

    vouched = ask(contract, encoded, signatures, proof["observation"].encode(), proof["proof"]).call()
    another = ask(contract, encoded, signatures, b"{}", proof["proof"]).call()

    assert (vouched, another) == (True, False)
    with pytest.raises(ContractCustomError):
        ask(contract, encoded[:-1] + b"\1", signatures, proof["observation"].encode(), proof["proof"]).call()
