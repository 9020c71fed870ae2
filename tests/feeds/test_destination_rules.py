"""Rules of destinations, and of feeds that name them."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from apps.feeds.destination_rules import destination_problems, published_problems
from apps.feeds.values import Config, DestinationConfig, FeedConfig

BASE = DestinationConfig("base", chain_id=8453, rpc_urls=["https://rpc.example.org"])
PRIVATE_KEY = "0x" + "ab" * 32


def codes(*rows: DestinationConfig) -> list[tuple[str, str]]:
    """Return (field, code) of everything wrong with these destinations."""
    config = Config(destinations={row.name: row for row in rows})
    return [(str(problem.where[-1]), problem.code) for problem in destination_problems(config)]


def published(*names: str, enabled: bool = True, destinations: tuple[DestinationConfig, ...] = (BASE,)) -> list[str]:
    """Return the codes of a feed that names these destinations."""
    feed = FeedConfig("BTC/USD", enabled=enabled, destinations=list(names))
    config = Config(feeds={feed.pair: feed}, destinations={row.name: row for row in destinations})
    return [problem.code for problem in published_problems(config)]


def test_a_name_a_chain_and_an_endpoint_are_enough() -> None:
    """Everything else has a default."""
    assert codes(BASE) == []


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        ({"name": "main"}, ("name", "reserved_name")),
        ({"name": "Base Chain"}, ("name", "bad_name")),
        ({"chain_id": 0}, ("chain_id", "out_of_range")),
        ({"rpc_urls": []}, ("rpc_urls", "no_endpoint")),
        ({"rpc_urls": ["ws://rpc.example.org"]}, ("rpc_urls", "bad_rpc_url")),
        ({"rpc_urls": ["env:SECRET_KEY"]}, ("rpc_urls", "bad_reference")),
        ({"rpc_urls": ["https://rpc.example.org/v3/0123456789abcdef0123456789abcdef"]}, ("rpc_urls", "key_in_url")),
        ({"rpc_urls": ["https://user:word@rpc.example.org"]}, ("rpc_urls", "key_in_url")),
        ({"contract_address": "0x12"}, ("contract_address", "bad_address")),
        ({"sequencer_feed": "feed"}, ("sequencer_feed", "bad_address")),
        ({"finality": "soon"}, ("finality", "unknown_choice")),
        ({"fee_strategy": "cheap"}, ("fee_strategy", "unknown_choice")),
        ({"data_fee": "some"}, ("data_fee", "unknown_choice")),
        ({"confirmations": 0}, ("confirmations", "out_of_range")),
        ({"min_balance_eth": Decimal(-1)}, ("min_balance_eth", "out_of_range")),
        ({"transmitters": [PRIVATE_KEY]}, ("transmitters", "key_in_reference")),
        ({"admin_key": PRIVATE_KEY}, ("admin_key", "key_in_reference")),
        ({"signers": ["a.json", "a.json"]}, ("signers", "duplicate_key")),
        ({"signers": ["a.json"], "signer_threshold": 2}, ("signer_threshold", "threshold_above_signers")),
        ({"is_default": True, "enabled": False}, ("enabled", "default_disabled")),
    ],
)
def test_what_cannot_work_is_refused(changed: dict[str, object], found: tuple[str, str]) -> None:
    """Each rule names its field and has its code."""
    assert codes(replace(BASE, **changed)) == [found]  # type: ignore[arg-type]


def test_a_key_is_never_repeated_in_the_refusal() -> None:
    """Who pastes a private key or a URL with one does not find it in logs and pages."""
    row = replace(
        BASE, transmitters=[PRIVATE_KEY], rpc_urls=["https://rpc.example.org/v3/0123456789abcdef0123456789ab"]
    )

    told = " ".join(problem.message for problem in destination_problems(Config(destinations={"base": row})))

    assert PRIVATE_KEY not in told
    assert "0123456789abcdef" not in told


def test_endpoints_may_stand_in_a_variable() -> None:
    """A URL with a key in it is named, not written down."""
    assert codes(replace(BASE, rpc_urls=["env:BASE_RPC_URLS"])) == []


def test_there_is_one_default() -> None:
    """Two defaults would leave open where a feed goes."""
    one, two = replace(BASE, is_default=True), replace(BASE, name="scroll", is_default=True)

    assert codes(one, two) == [("is_default", "two_defaults")]


def test_a_contract_belongs_to_one_destination() -> None:
    """Two destinations may share a chain, not the contract on it."""
    contract = "0x" + "Ab" * 20
    one = replace(BASE, contract_address=contract)
    two = replace(BASE, name="second", contract_address=contract.lower().replace("0x", "0x"))

    assert codes(one, two) == [("contract_address", "duplicate_contract")]
    assert codes(one, replace(two, contract_address="0x" + "cd" * 20)) == []


def test_a_feed_names_what_there_is() -> None:
    """Unknown and doubled names are refused; main is always there."""
    assert published("main", "base") == []
    assert published("bsae") == ["unknown_destination", "no_destination"]
    assert published("base", "base") == ["duplicate_destination"]


def test_an_enabled_feed_is_published_somewhere() -> None:
    """A destination may be switched off under a feed while another is left."""
    off = replace(BASE, enabled=False)

    assert published("base", destinations=(off,)) == ["no_destination"]
    assert published("base", "main", destinations=(off,)) == []
    assert published("base", enabled=False, destinations=(off,)) == []
