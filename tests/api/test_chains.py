"""Prices, reports and rounds of feeds that are published to several destinations."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from apps.chain.errors import RpcUnavailable
from apps.chain.gateway import ChainSnapshot, FeedReading
from apps.evidence.bundles import evidence_bundle
from apps.feeds.models import Destination
from apps.rounds.models import Round
from apps.scheduler import readiness
from apps.submissions import clients
from apps.submissions.models import Deployment, OnChainPrice, Submission
from tests.api.conftest import FakeChain
from tests.api.factories import confirmed_round, make_deployment, make_feed

BASE_TX = "0x" + "ba" * 32


@pytest.fixture
def base(db: None) -> Destination:
    """A second destination, on chain 8453."""
    return Destination.objects.create(name="base", chain_id=8453, rpc_urls=["env:BASE_RPC_URLS"])


def contract_of_base() -> Deployment:
    """Return its contract."""
    return Deployment.objects.create(
        destination="base",
        chain_id=8453,
        address="0x" + "ba" * 20,
        threshold=1,
        signer_set_version=1,
        proxies={"BTC/USD": "0x" + "01" * 20},
        places={"BTC/USD": 0},
        tx_hash="",
        block_number=1,
        genesis_hash="0x" + "00" * 32,
    )


@pytest.fixture
def both(monkeypatch: pytest.MonkeyPatch, base: Destination) -> Round:
    """A round of BTC/USD that landed at main and at base; base holds another answer than main."""
    at = timezone.now().replace(microsecond=0) - timedelta(seconds=30)
    make_feed(destinations=["main", "base"])
    round_ = confirmed_round(observed_at=at)
    deployment = contract_of_base()
    elsewhere = Submission.objects.create(
        destination="base",
        chain_id=8453,
        state="CONFIRMED",
        simulated=True,
        evidence_hash=round_.evidence_hash,
        answers=[{"pair": "BTC/USD", "answer": "99", "decimals": 8, "observed_at": int(at.timestamp())}],
        deployment=deployment,
        tx_hash=BASE_TX,
        block_number=77,
        digest="0x" + "dd" * 32,
    )
    round_.elsewhere.add(elsewhere)
    OnChainPrice.objects.create(
        deployment=deployment,
        pair="BTC/USD",
        answer=99,
        decimals=8,
        round_id=12,
        observed_at=at,
        updated_at=at,
        block_number=77,
        submission=elsewhere,
    )
    reading = {"main": FeedReading(8406504000000, 3, at, at), "base": FeedReading(99, 12, at, at)}

    def gateway(name: str = "main") -> FakeChain:
        return FakeChain(ChainSnapshot(block_number=80, block_time=at, prices={"BTC/USD": reading[name]}))

    monkeypatch.setattr(clients, "gateway", gateway)
    return round_


def test_each_destination_tells_its_own_price(client: APIClient, both: Round) -> None:
    """Without a name it is the default one's; with it, that contract's value, transaction and round."""
    default = client.get("/api/v1/prices/BTC-USD").json()
    there = client.get("/api/v1/prices/BTC-USD?chain=base").json()

    assert (default["destination"], default["chain_id"], default["answer"]) == ("main", 31337, "8406504000000")
    assert (there["destination"], there["chain_id"], there["answer"]) == ("base", 8453, "99")
    assert (there["tx_hash"], there["tx_block_number"], there["round_id"]) == (BASE_TX, 77, 12)
    assert there["round"] == default["round"] == f"/api/v1/rounds/{both.pk}"


def test_a_list_is_of_one_destination(client: APIClient, both: Round) -> None:
    """Feeds that do not go there are neither listed nor missed."""
    make_feed("ETH/USD")

    there = client.get("/api/v1/prices?chain=base").json()

    assert ([row["pair"] for row in there["results"]], there["missing"]) == (["BTC/USD"], [])
    assert client.get("/api/v1/prices").json()["missing"] == ["ETH/USD"]


def test_a_chain_that_hangs_is_not_asked_by_every_reader(
    client: APIClient, both: Round, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One reader waits for it; those after are told at once, and the other chain answers as ever."""
    asked: list[str] = []
    answers = clients.gateway

    def gateway(name: str = "main") -> FakeChain:
        asked.append(name)
        return FakeChain(error=RpcUnavailable("second: Timeout")) if name == "base" else answers(name)  # type: ignore[return-value]

    monkeypatch.setattr(clients, "gateway", gateway)

    replies = [client.get("/api/v1/prices/BTC-USD?chain=base") for _ in range(3)]

    assert [(reply.status_code, reply.json()["code"]) for reply in replies] == [(503, "chain_unavailable")] * 3
    assert asked == ["base"]
    assert client.get("/api/v1/prices/BTC-USD").status_code == 200


def test_an_unknown_chain_has_a_code(client: APIClient, both: Round) -> None:
    """The names there are stand in the detail."""
    reply = client.get("/api/v1/prices/BTC-USD?chain=bsae")

    assert (reply.status_code, reply.json()["code"]) == (404, "chain_unknown")
    assert "known: base, main" in reply.json()["detail"]


def test_a_feed_that_does_not_go_there_says_where_it_goes(client: APIClient, both: Round) -> None:
    """Named: refused. Not named: the feed's own first destination stands in for the default one."""
    make_feed("ETH/USD")
    reply = client.get("/api/v1/prices/ETH-USD?chain=base")
    assert (reply.status_code, reply.json()["code"]) == (404, "not_published")
    both_feed = client.get("/api/v1/feeds/BTC-USD").json()
    assert both_feed["destinations"] == ["main", "base"]

    make_feed("SOL/USD", destinations=["base"])

    assert client.get("/api/v1/prices/SOL-USD").json()["code"] == "no_price_yet"
    assert client.get("/api/v1/prices/SOL-USD?chain=main").json()["code"] == "not_published"


def test_a_round_shows_every_report(client: APIClient, both: Round) -> None:
    """The default destination's leads; each has its own state and transaction."""
    body = client.get(f"/api/v1/rounds/{both.pk}").json()

    assert body["submission"] == body["submissions"][0]
    assert [(row["destination"], row["chain_id"], row["state"]) for row in body["submissions"]] == [
        ("main", 31337, "CONFIRMED"),
        ("base", 8453, "CONFIRMED"),
    ]
    assert body["status"] == "CONFIRMED"


def test_reports_are_of_the_named_destination(client: APIClient, both: Round) -> None:
    """Signatures are bound to one contract, so it must be the right one's."""
    there = client.get("/api/v1/reports/BTC-USD?chain=base").json()

    assert (there["destination"], there["chain_id"], there["contract"]) == ("base", 8453, "0x" + "ba" * 20)
    assert there["round"] == f"/api/v1/rounds/{both.pk}"


def test_chains_are_listed(client: APIClient, both: Round) -> None:
    """What `?chain=` takes, with contract and feeds."""
    rows = client.get("/api/v1/chains").json()["results"]

    assert [(row["name"], row["is_default"], row["feeds"], row["pending"]) for row in rows] == [
        ("main", True, ["BTC/USD"], 0),
        ("base", False, ["BTC/USD"], 0),
    ]
    assert rows[1]["contract"] == "0x" + "ba" * 20


def test_a_bundle_holds_every_report(both: Round) -> None:
    """Who checks the evidence sees what went to the other chains too."""
    bundle = evidence_bundle(both)

    (other,) = bundle["elsewhere"]
    assert (other["destination"], other["report"]["chain_id"], other["transaction"]["hash"]) == ("base", 8453, BASE_TX)


@pytest.mark.django_db
def test_a_dead_chain_leaves_the_oracle_ready(base: Destination) -> None:
    """Its feeds are told as old, and make nothing unready unless the destination is required."""
    make_feed(destinations=["main", "base"])
    now = timezone.now()
    contract_of_base()
    OnChainPrice.objects.create(
        deployment=make_deployment("BTC/USD"),
        pair="BTC/USD",
        answer=1,
        decimals=8,
        round_id=1,
        observed_at=now,
        updated_at=now,
        block_number=1,
    )

    found = {finding.name: (finding.ok, finding.required) for finding in readiness.feeds()}
    assert found == {"BTC/USD": (True, True), "BTC/USD at base": (False, False)}
    assert [(f.name, f.ok) for f in readiness.contract()] == [("contract", True), ("contract at base", True)]
    Destination.objects.update(required=True)

    assert {f.name: f.required for f in readiness.feeds()}["BTC/USD at base"]
