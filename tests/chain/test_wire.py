"""The Python encoder and the contract agree on every byte: random reports through a real Anvil and back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.chain.bindings import price_oracle
from apps.chain.contract_setup import ContractSetup
from apps.chain.decode import taken_answers
from apps.chain.report import Report, ReportAnswer, compact_signatures, encode_report, report_message
from apps.chain.signers import sign_report
from tests.chain.conftest import Oracle
from tests.chain.local_chain import BTC, anvil_at, funded_deployer, gateway_to, key

PACKED = ("A/USD", "B/USD", "C/USD", "D/USD", "E/USD")
WIDE = "W/USD"
SIGNERS = (11, 12, 13)
MAX_AGE_S = 1000
# What is wrong with an answer, by the reason that the contract should name.
FLAWS: dict[str, Callable[[str, int], ReportAnswer]] = {
    "not_newer": lambda pair, _: ReportAnswer(pair, 1, 0),
    "from_future": lambda pair, now: ReportAnswer(pair, 1, now + 61),
    "out_of_bounds": lambda pair, now: ReportAnswer(pair, 2**191 if pair == WIDE else 2**47, now),
}


@pytest.fixture(scope="module")
def wired(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Oracle]:
    """A contract with a full page, one lane of the next, and a wide feed."""
    with anvil_at(tmp_path_factory.mktemp("wire")) as url:
        gateway = gateway_to(url)
        deployer = funded_deployer(gateway, admin=key(1))
        setup = ContractSetup(admin=key(1).address, signers=[key(n).address for n in SIGNERS], threshold=2)
        contract = deployer.deploy(setup).address
        for pair in PACKED:
            deployer.add_feed(contract, pair, replace(BTC, max_age_s=MAX_AGE_S))
        deployer.add_feed(contract, WIDE, replace(BTC, max_age_s=MAX_AGE_S, max_answer=2**191 - 1, wide=True))
        yield Oracle(url=url, gateway=gateway, deployer=deployer, contract=contract)


@st.composite
def batches(draw: st.DrawFn) -> list[tuple[str, int, int]]:
    """Return (pair, answer, seconds before now) of some feeds, each once."""
    chosen = draw(st.lists(st.sampled_from([*PACKED, WIDE]), min_size=1, unique=True))
    largest = {WIDE: 2**191 - 1}
    return [
        (pair, draw(st.integers(1, largest.get(pair, 2**47 - 1))), draw(st.sampled_from([0, 0, 1, 2])))
        for pair in chosen
    ]


@given(batch=batches())
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_encoded_is_what_is_stored(wired: Oracle, batch: list[tuple[str, int, int]]) -> None:
    """Every answer of a random report comes back from the event, the receipt and the reading as it was sent."""
    gateway, contract = wired.gateway, wired.contract
    now = int(gateway.head().time.timestamp()) + 10
    gateway._raw("evm_setNextBlockTimestamp", [now])
    sent = tuple(ReportAnswer(pair, answer, now - ago) for pair, answer, ago in batch)
    report = Report(1, "0x" + "ab" * 32, sent, gateway.places(contract))
    signatures = sign_report(report_message(report, chain_id=31337, contract=contract), [key(n) for n in SIGNERS[:2]])

    receipt = wired.deployer.send(contract, gateway.submit_data(contract, report, signatures))

    assert receipt.skipped == {}
    assert {pair: answer for pair, (_, answer) in receipt.accepted.items()} == {a.pair: a.answer for a in sent}
    readings = gateway.read_prices(contract, [a.pair for a in sent]).prices
    for a in sent:
        reading = readings[a.pair]
        assert (reading.answer, int(reading.observed_at.timestamp())) == (a.answer, a.observed_at)
        assert (reading.round_id, a.answer) == receipt.accepted[a.pair]
        assert gateway.read_round(contract, a.pair, reading.round_id).answer == a.answer


@given(batch=batches(), data=st.data())
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_refused_is_named(wired: Oracle, batch: list[tuple[str, int, int]], data: st.DataObject) -> None:
    """Flawed answers of a random report are named with their reasons, keep their readings, and stop no other."""
    gateway, contract = wired.gateway, wired.contract
    now = int(gateway.head().time.timestamp()) + 10
    gateway._raw("evm_setNextBlockTimestamp", [now])
    flaws = {pair: data.draw(st.sampled_from([None, *FLAWS]), label=pair) for pair, _, _ in batch}
    before = gateway.read_prices(contract, list(flaws)).prices
    sent = tuple(
        FLAWS[f](pair, now) if (f := flaws[pair]) else ReportAnswer(pair, answer, now) for pair, answer, _ in batch
    )
    report = Report(1, "0x" + "ef" * 32, sent, gateway.places(contract))
    signatures = sign_report(report_message(report, chain_id=31337, contract=contract), [key(n) for n in SIGNERS])

    receipt = wired.deployer.send(contract, gateway.submit_data(contract, report, signatures))

    assert receipt.skipped == {pair: flaw for pair, flaw in flaws.items() if flaw}
    assert set(receipt.accepted) == {pair for pair, flaw in flaws.items() if not flaw}
    after = gateway.read_prices(contract, list(flaws)).prices
    for pair in receipt.skipped:
        assert after.get(pair) == before.get(pair)


def test_a_report_of_many_entries_and_the_largest_answers(wired: Oracle) -> None:
    """50 observations of every feed in one report, up to the largest answers, are taken one after the other."""
    gateway, contract = wired.gateway, wired.contract
    now = int(gateway.head().time.timestamp()) + 55  # gas is estimated at the head: none may be from its future
    gateway._raw("evm_setNextBlockTimestamp", [now])
    sent = tuple(
        ReportAnswer(pair, (2**191 if pair == WIDE else 2**47) - 1 - ago, now - ago)
        for ago in range(50)
        for pair in [*PACKED, WIDE]
    )
    report = Report(1, "0x" + "12" * 32, sent, gateway.places(contract))
    signatures = sign_report(report_message(report, chain_id=31337, contract=contract), [key(n) for n in SIGNERS])

    receipt = wired.deployer.send(contract, gateway.submit_data(contract, report, signatures))

    assert receipt.skipped == {}
    for pair, reading in gateway.read_prices(contract, [*PACKED, WIDE]).prices.items():
        largest = (2**191 if pair == WIDE else 2**47) - 1
        assert (reading.answer, int(reading.observed_at.timestamp())) == (largest, now)
        assert gateway.read_round(contract, pair, reading.round_id - 49).answer == largest - 49


@given(batch=batches())
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_contract_recovers_the_signers(wired: Oracle, batch: list[tuple[str, int, int]]) -> None:
    """The contract finds the signers of a random report from the compact signatures, whichever two signed."""
    gateway, contract = wired.gateway, wired.contract
    report = Report(
        1, "0x" + "cd" * 32, tuple(ReportAnswer(p, a, 1000 + s) for p, a, s in batch), gateway.places(contract)
    )
    message = report_message(report, chain_id=31337, contract=contract)
    chosen = [key(SIGNERS[0]), key(SIGNERS[2])]
    call = price_oracle.verify_signatures(encode_report(report), compact_signatures(sign_report(message, chosen)))

    bitmap = gateway.answer(contract, call)

    signers = gateway.signer_set(contract).signers
    assert bitmap == sum(1 << signers.index(one.address) for one in chosen)


def test_pages_of_another_length_are_refused() -> None:
    """An event that is not whole pages raises."""
    with pytest.raises(ValueError, match="34 bytes"):
        taken_answers(bytes(33))
