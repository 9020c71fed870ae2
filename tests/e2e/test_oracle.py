"""The way of a round, from a client's request to the integer on a chain, on real servers only."""

from __future__ import annotations

import random
import statistics
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

import pytest
import requests

from apps.evidence import standalone
from oracle_project.settings.base import BASE_DIR
from simulator.testing import Control
from tests.e2e.conftest import Oracle

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("oracle")]
FINISHED = {"CONFIRMED", "HELD", "QUIET", "REJECTED", "REPLACED", "FAILED"}


@pytest.fixture(autouse=True)
def _honest_market(oracle: Oracle) -> Iterator[None]:
    yield
    oracle.market.reset()


def test_a_requested_round_confirms_and_the_chain_says_the_same_integer(oracle: Oracle) -> None:
    """The API's answer, its price endpoint and an eth_call of the proxy agree to the last digit."""
    finished = confirmed_round(oracle, "BTC/USD")

    answer = answer_of(finished, "BTC/USD")
    round_id, on_chain, started_at, updated_at, answered_in = oracle.latest_round_data("BTC/USD")
    assert str(on_chain) == answer["answer"]
    assert answered_in == round_id >= 1
    assert started_at <= updated_at + 60
    receipt = oracle.rpc("eth_getTransactionReceipt", finished["submission"]["tx_hash"])
    assert receipt["status"] == "0x1"
    assert receipt["to"].lower() == oracle.run["contract"].lower()


def test_the_evidence_of_a_round_leads_from_bodies_to_the_transaction(oracle: Oracle) -> None:
    """Bodies kept on their way past the chord, root, report, signatures and the node's transaction: one chain."""
    finished = confirmed_round(oracle, "ETH/USD")
    deadline = time.monotonic() + 20
    bundle = oracle.get(f"/rounds/{finished['id']}/evidence").json()
    while bundle["missing_bodies"] and time.monotonic() < deadline:
        time.sleep(0.5)
        bundle = oracle.get(f"/rounds/{finished['id']}/evidence").json()

    lines = standalone.verify(bundle, rpc=lambda method, params: oracle.rpc(method, *params))

    assert bundle["missing_bodies"] == []
    assert len(bundle["bodies"]) >= 5
    assert "carries root and answers" in lines[-1]


def test_price_endpoint_says_what_the_contract_says(oracle: Oracle) -> None:
    """GET /prices/{pair} is the contract's answer with its provenance."""
    price = oracle.get("/prices/BTC-USD").json()

    assert int(price["answer"]) > 0
    assert Decimal(price["price"]) == Decimal(price["answer"]).scaleb(-price["decimals"])
    assert price["age_s"] >= 0
    assert price["stale"] is False


def test_independent_median_equals_the_chain_for_every_feed(oracle: Oracle) -> None:
    """With the market frozen, medians computed here from what the exchanges serve equal the contract's answers."""
    oracle.market.freeze()
    time.sleep(3)  # until the slowest venue's lag has passed
    finished = confirmed_round(oracle, *oracle.run["feeds"])

    served = served_prices(oracle.market)
    rates: dict[str, Decimal] = {}
    for answer in sorted(finished["answers"], key=lambda a: a["pair"] != "USDT/USD"):
        used = [o for o in answer["observations"] if o["verdict"] == "used"]
        values = [served[o["source"], traded_pair(answer["pair"], o)] * leg(o, rates) for o in used]
        rates[answer["pair"]] = statistics.median(values)
        expected = rates[answer["pair"]].scaleb(answer["decimals"]).to_integral_value(ROUND_HALF_EVEN)
        assert oracle.latest_round_data(answer["pair"])[1] == int(expected), answer["pair"]


def test_two_dead_favourites_are_replaced_by_reserves_in_order(oracle: Oracle) -> None:
    """The round confirms within its deadline and tells who stepped in for whom."""
    favourites = priorities(oracle, "BTC-USD")[:2]
    for source in favourites:
        oracle.market.set_mode(source, "dead")
    died_at = datetime.now(UTC)

    finished = confirmed_round(oracle, "BTC/USD", since=died_at)

    answer = answer_of(finished, "BTC/USD")
    promoted = {o["source"]: o["promoted_for"] for o in answer["observations"] if o["promoted_for"]}
    assert set(promoted.values()) <= set(favourites)
    assert list(promoted)[:2] == [s for s in priorities(oracle, "BTC-USD") if s in promoted][:2]
    assert len(promoted) >= 2, answer["observations"]
    page = oracle.get("/../../rounds/" + finished["id"]).text
    assert all(source in page for source in [*favourites, *promoted])


def test_all_sources_dead_is_a_clear_refusal_and_no_transaction(oracle: Oracle) -> None:
    """The client gets a 503 problem with reasons, and the chain is left alone."""
    for source in {row["slug"] for row in oracle.get("/sources").json()["results"]}:
        oracle.market.set_mode(source, "dead")
    time.sleep(9)  # rounds opened while sources lived are closed by now
    before = oracle.latest_round_data("BTC/USD")

    reply = oracle.request_round("BTC/USD")

    assert reply.status_code == 503
    assert reply.headers["content-type"].startswith("application/problem+json")
    assert reply.json()["code"]
    assert "BTC/USD" in reply.text
    assert oracle.latest_round_data("BTC/USD") == before


def test_killed_workers_lose_no_round_and_send_nothing_twice(oracle: Oracle) -> None:
    """kill -9 of fetch and settle in the middle of 50 rounds: every round ends, every landed report landed once."""
    pairs = sorted(oracle.run["feeds"])
    chooser = random.Random(7)
    seen: dict[str, None] = {}
    kills = {10: "oracle_project.fetch", 25: "settle@", 40: "oracle_project.fetch"}
    deadline = time.monotonic() + 240
    while len(seen) < 50 and time.monotonic() < deadline:
        reply = oracle.request_round(chooser.choice(pairs), wait_s=0)
        assert reply.status_code in {200, 202}, reply.text
        seen[reply.json()["id"]] = None
        if marker := kills.pop(len(seen), ""):
            assert oracle.kill_worker(marker) >= 1
        time.sleep(0.2)

    assert len(seen) == 50
    rounds = [await_finished(oracle, round_id) for round_id in seen]
    assert {r["status"] for r in rounds} <= FINISHED
    assert not [r for r in rounds if r["status"] == "FAILED" and r["submission"]["failure"] != "superseded"]
    assert_reports_landed_once(oracle)


def test_a_repeated_request_is_answered_once(oracle: Oracle) -> None:
    """The same Idempotency-Key gives the same round."""
    headers = {"Idempotency-Key": str(uuid.uuid4()), "Authorization": f"Api-Key {oracle.run['api_key']}"}
    url, body = oracle.run["api_url"] + "/rounds", {"feeds": ["ETH/USD"]}

    first, second = (requests.post(url, json=body, headers=headers, timeout=20) for _ in range(2))

    assert first.json()["id"] == second.json()["id"]
    assert second.headers["Idempotency-Replayed"] == "true"


def confirmed_round(oracle: Oracle, *pairs: str, since: datetime | None = None) -> dict[str, Any]:
    """Request a round until one confirms that was opened after ``since``: a request may join one that is open already.

    The contract wants each observation a whole second newer. A request that runs beside a scheduled round may have
    nothing newer to say, and is rightly quiet; any other end fails the test.
    """
    for _ in range(5):
        reply = oracle.request_round(*pairs)
        assert reply.status_code == 200, reply.text
        finished = dict(reply.json())
        is_late_enough = since is None or datetime.fromisoformat(finished["opened_at"]) > since
        if finished["status"] == "CONFIRMED" and is_late_enough:
            return finished
        assert not is_late_enough or {answer_of(finished, pair)["reason"] for pair in pairs} <= {"not_newer"}, finished
        time.sleep(1.2)
    pytest.fail("five requests in a row had nothing newer to say")


def answer_of(finished: dict[str, Any], pair: str) -> dict[str, Any]:
    """Return a round's answer of one feed."""
    return next(answer for answer in finished["answers"] if answer["pair"] == pair)


def served_prices(market: Control) -> dict[tuple[str, str], Decimal]:
    """Return what every source says now, by source and traded pair, as the simulator itself tells it."""
    return {
        (slug, row["pair"]): Decimal(row["price"])
        for slug, source in market.quotes().items()
        for row in source["tickers"].values()
    }


def traded_pair(pair: str, observation: dict[str, Any]) -> str:
    """Return the market behind an observation: BTC/USDT for a BTC/USD quote that came through USDT/USD."""
    base, quote = pair.split("/")
    return f"{base}/{observation['conversion'].split('/')[0] if observation['conversion'] else quote}"


def leg(observation: dict[str, Any], rates: dict[str, Decimal]) -> Decimal:
    """Return the rate of an observation's conversion, computed here, 1 without one."""
    return rates[observation["conversion"]] if observation["conversion"] else Decimal(1)


def priorities(oracle: Oracle, pair: str) -> list[str]:
    """Return a feed's sources in the operator's order."""
    return [row["source"] for row in oracle.get(f"/feeds/{pair}").json()["listings"]]


def await_finished(oracle: Oracle, round_id: str) -> dict[str, Any]:
    """Return the round once it is in a final state."""
    deadline = time.monotonic() + 60
    while (found := oracle.round(round_id))["status"] not in FINISHED:
        assert time.monotonic() < deadline, found
        time.sleep(0.5)
    return found


def assert_reports_landed_once(oracle: Oracle) -> None:
    """Every ReportAccepted event of the contract carries an evidence hash of its own."""
    query = {"address": oracle.run["contract"], "fromBlock": "0x0", "toBlock": "latest"}
    logs = oracle.rpc("eth_getLogs", query)
    accepted_topic = max({log["topics"][0] for log in logs if len(log["topics"]) == 3}, default="")
    hashes = [log["topics"][1] for log in logs if log["topics"][0] == accepted_topic]
    assert hashes
    assert len(hashes) == len(set(hashes))


def test_settings_of_the_run_are_kept_private(oracle: Oracle) -> None:
    """run.json and the keys are readable by their owner only, and git ignores them."""
    assert (oracle.home / "run.json").stat().st_mode & 0o077 == 0
    assert ".oracle/" in (BASE_DIR / ".gitignore").read_text()
