"""Replacing a contract, and handing its admin's office over, by the command on a real Anvil."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from apps.chain.artifacts import artifact
from apps.chain.bindings import feed_proxy, movable_feed_proxy, price_oracle
from apps.chain.deploy import LOCAL_FUNDS_WEI, Deployer
from apps.chain.gateway import ChainIdentity
from apps.feeds.models import Feed
from apps.submissions import clients, tasks
from apps.submissions.models import Deployment, Submission
from apps.submissions.selectors import on_chain_values
from tests.submissions.test_on_anvil import anvil_rpc, deploy_contract, plan, rpc, run

pytestmark = pytest.mark.django_db
__all__ = ["anvil_rpc"]
PHASE = 1 << 64


def admin() -> Deployer:
    """Return the admin's key on the chain."""
    deployer = clients.deployer()
    assert deployer is not None
    return deployer


def test_replacing_moves_readers_and_reports_to_the_new_contract(anvil_rpc: str) -> None:
    """The old contract is left as it stands, the new one recorded with all feeds, and a movable proxy changes phase."""
    old = deploy_contract("--local")
    assert run(plan(5, age_s=5)).state == Submission.State.CONFIRMED
    deployer = admin()
    first, gateway = old["feeds"]["BTC/USD"]["proxy"], deployer.gateway
    movable = deployer.deploy_code(
        movable_feed_proxy.creation_code(deployer.admin.address, first), salt=bytes(32)
    ).address

    new = deploy_contract("--replace")

    rows = {row.address: row for row in Deployment.objects.all()}
    assert {address: row.is_active for address, row in rows.items()} == {old["contract"]: False, new["contract"]: True}
    assert rows[old["contract"]].retired_reason == "replaced by hand"
    assert new["source_hash"] == artifact("PriceOracle").source_hash
    assert set(new["feeds"]) == set(old["feeds"]) == set(rows[new["contract"]].places)
    assert all(new["feeds"][pair]["proxy"] != old["feeds"][pair]["proxy"] for pair in new["feeds"])
    assert gateway.answer(first, feed_proxy.latest_answer()) == 5, "whoever reads the old one reads what it had"

    tasks.sweep()
    second = new["feeds"]["BTC/USD"]["proxy"]
    assert on_chain_values(["BTC/USD"])["BTC/USD"].answer == gateway.answer(second, feed_proxy.latest_answer()) == 5
    assert Submission.objects.get().deployment == rows[new["contract"]]

    deployer.send(movable, movable_feed_proxy.propose_aggregator(second).data)
    assert gateway.answer(movable, movable_feed_proxy.latest_round()) == PHASE + 1
    deployer.send(movable, movable_feed_proxy.confirm_aggregator(second).data)
    round_id, answer, *_, answered_in = gateway.answer(movable, movable_feed_proxy.latest_round_data())
    assert (round_id, answer, answered_in) == (2 * PHASE + 1, 5, 2 * PHASE + 1)
    assert gateway.answer(movable, movable_feed_proxy.get_round_data(PHASE + 1))[:2] == (PHASE + 1, 5)
    assert gateway.answer(movable, movable_feed_proxy.phase_id()) == 2

    run(plan(6))
    assert gateway.answer(movable, movable_feed_proxy.latest_answer()) == 6
    assert gateway.answer(first, feed_proxy.latest_answer()) == 5


def test_a_replacement_of_the_same_setup_has_an_address_of_its_own(
    anvil_rpc: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a public chain the salt counts what was replaced; one killed before it was recorded is found again."""
    monkeypatch.setattr(ChainIdentity, "is_local", property(lambda _: False))
    rpc("anvil_setBalance", admin().admin.address, hex(LOCAL_FUNDS_WEI))
    first = deploy_contract()["contract"]
    assert deploy_contract()["contract"] == first

    second = deploy_contract("--replace")["contract"]
    Deployment.objects.filter(address=second).delete()
    Deployment.objects.update(is_active=True, retired_at=None)
    sent = admin().gateway.nonce(admin().admin.address, pending=False)
    assert deploy_contract("--replace")["contract"] == second != first
    assert admin().gateway.nonce(admin().admin.address, pending=False) == sent, "found with its feeds"
    assert deploy_contract("--replace")["contract"] not in {first, second}


@pytest.mark.parametrize("storage", ["wide", "auto", "alone"])
def test_a_feed_of_any_storage_goes_from_the_file_to_the_chain(anvil_rpc: str, tmp_path: Path, storage: str) -> None:
    """What oracle.yaml says decides where the contract keeps a feed; the largest answer of it lands and is read."""
    unbounded = storage != "alone"
    feed = {"storage": storage, "decimals": 18 if unbounded else 8, "enabled": True, "quorum": 1, "active_sources": 1}
    feed |= {} if unbounded else {"max_answer": "1407374.88355327"}
    document = {
        "version": 1,
        "sources": {"kraken": {}},
        "feeds": {"BIG/USD": {**feed, "listings": [{"source": "kraken", "ticker": "BIGUSD"}]}},
    }
    path = tmp_path / "oracle.yaml"
    path.write_text(json.dumps(document))  # JSON is YAML
    call_command("config", "apply", str(path), stdout=StringIO())
    answer = 10**30 + 7 if unbounded else 2**47 - 1

    deployed = deploy_contract("--local")

    Feed.objects.create(pair="NEXT/USD", max_answer=1)
    deploy_contract()
    pages = {pair: place // 4 for pair, place in Deployment.objects.get().places.items()}
    assert (pages["BIG/USD"] >= 0x8000) is unbounded
    assert unbounded or pages["BIG/USD"] != pages["NEXT/USD"]
    assert run(plan(answer, pair="BIG/USD")).state == Submission.State.CONFIRMED
    proxy = deployed["feeds"]["BIG/USD"]["proxy"]
    assert admin().gateway.answer(proxy, feed_proxy.latest_answer()) == answer
    assert on_chain_values(["BIG/USD"])["BIG/USD"].answer == answer


def test_the_office_is_handed_over_as_a_step_of_deployment(anvil_rpc: str) -> None:
    """The command says what remains, goes on when it is run again, and feeds are still added afterwards."""
    own = admin().admin.address
    options = ("--timelock-delay", "600", "--proposer", own)

    begun = deploy_contract("--local", *options)

    assert (begun["timelock"]["stage"], len(begun["timelock"]["remains"])) == ("scheduled", 1)
    assert Deployment.objects.get().timelock == begun["timelock"]["timelock"]
    rpc("evm_increaseTime", 601)
    rpc("evm_mine")
    done = deploy_contract(*options)
    assert (done["contract"], done["timelock"]["stage"]) == (begun["contract"], "accepted")
    assert done["timelock"]["remains"] == []
    gateway = admin().gateway
    assert gateway.answer(done["contract"], price_oracle.admin()) == done["timelock"]["timelock"]
    assert gateway.answer(done["contract"], price_oracle.configurator()) == own
    Feed.objects.create(pair="SOL/USD")
    assert "SOL/USD" in deploy_contract()["feeds"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--timelock-delay", "600"], "needs --proposer"),
        (["--timelock-delay", "-1", "--proposer", "0x" + "11" * 20], "the least is 0"),
        (["--timelock-delay", "600", "--proposer", "safe.eth"], "safe.eth is no address"),
        (["--proposer", "0x" + "11" * 20], "--timelock-delay is missing"),
    ],
)
def test_odd_rules_of_a_timelock_are_refused(anvil_rpc: str, options: list[str], message: str) -> None:
    """What cannot be a timelock is refused before anything is deployed."""
    with pytest.raises(CommandError, match=message):
        deploy_contract("--local", *options)
    assert not Deployment.objects.exists()
