"""One round, several destinations: each judged by its own contract, each with a report of its own."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from apps.feeds.models import Destination, Feed
from apps.pricing.triggers import Decision, overall
from apps.pricing.types import AnswerReason, AnswerState
from apps.rounds.models import Answer, Round
from apps.rounds.retention import prune_rounds
from apps.rounds.selectors import reference_values
from apps.submissions import services
from apps.submissions.models import Deployment, OnChainPrice, Submission
from tests.rounds.test_services import NOW, btc, close, lane, opened

__all__ = ["btc"]
pytestmark = pytest.mark.django_db
BASE = 8453


@pytest.fixture
def base() -> Destination:
    """A second destination beside the environment's chain."""
    return Destination.objects.create(name="base", chain_id=BASE, rpc_urls=["https://rpc.example.org"])


def on_chain(destination: str, chain_id: int, answer: int, *, at: datetime) -> None:
    """Let a destination's contract hold a value of BTC/USD since ``at``."""
    deployment = Deployment.objects.create(
        destination=destination,
        chain_id=chain_id,
        address="0x" + "12" * 20,
        threshold=2,
        signer_set_version=1,
        tx_hash="",
        block_number=1,
        genesis_hash="0x" + "00" * 32,
    )
    OnChainPrice.objects.create(
        deployment=deployment,
        pair="BTC/USD",
        answer=answer * 10**8,
        decimals=8,
        round_id=1,
        observed_at=at,
        updated_at=at,
        block_number=1,
    )


def settled(feed: Feed, *destinations: str) -> Round:
    """Return a closed round of three sources at 100, 100 and 101, of a feed that goes to these destinations."""
    Feed.objects.filter(pk=feed.pk).update(destinations=list(destinations))
    round_ = opened()
    close(round_, lane("kraken", "100"), lane("gemini", "100"), lane("bitstamp", "101"))
    round_.refresh_from_db()
    return round_


def test_one_round_plans_a_report_for_each_destination(btc: Feed, base: Destination) -> None:
    """Same answers and evidence, each with its own chain; the default destination's leads."""
    round_ = settled(btc, "base", "main")

    assert round_.submission is not None
    elsewhere = list(round_.elsewhere.all())
    assert [(s.destination, s.chain_id) for s in (round_.submission, *elsewhere)] == [("main", 31337), ("base", BASE)]
    assert elsewhere[0].answers == round_.submission.answers
    assert elsewhere[0].evidence_hash == round_.submission.evidence_hash


def test_a_feed_that_names_nothing_goes_to_the_default(btc: Feed, base: Destination) -> None:
    """The environment's chain, until another destination is made the default."""
    first = settled(btc)
    assert [(s.destination) for s in Submission.objects.all()] == ["main"]
    assert (first.elsewhere.count(), Answer.objects.get(round=first).decisions) == (0, {})
    Submission.objects.all().update(state="FATAL")
    Destination.objects.update(is_default=True)

    second = settled(btc)

    assert second.submission is not None
    assert second.submission.destination == "base"


def test_a_feed_may_be_due_at_one_and_quiet_at_another(btc: Feed, base: Destination) -> None:
    """Heartbeat and deviation are judged against each contract's own value."""
    on_chain("main", 31337, 100, at=NOW - timedelta(seconds=30))
    on_chain("base", BASE, 90, at=NOW - timedelta(seconds=30))

    round_ = settled(btc, "main", "base")

    answer = Answer.objects.get(round=round_)
    assert (answer.state, answer.reason) == (AnswerState.ACCEPTED, AnswerReason.DEVIATION)
    assert {name: row["reason"] for name, row in answer.decisions.items()} == {"main": "no_news", "base": "deviation"}
    assert [s.destination for s in Submission.objects.all()] == ["base"]
    assert round_.submission is not None


def test_a_heartbeat_is_due_where_the_value_is_old(btc: Feed, base: Destination) -> None:
    """A chain that was away for an hour gets its value although the other has it since."""
    on_chain("main", 31337, 100, at=NOW - timedelta(seconds=30))
    on_chain("base", BASE, 100, at=NOW - timedelta(seconds=3700))

    round_ = settled(btc, "main", "base")

    decisions = Answer.objects.get(round=round_).decisions
    assert {name: row["reason"] for name, row in decisions.items()} == {"main": "no_news", "base": "heartbeat"}


def test_a_dead_chains_old_value_stops_no_price(btc: Feed, base: Destination) -> None:
    """Guards compare with the freshest value of all chains, else a jump seen from the dead one would hold the feed."""
    on_chain("main", 31337, 100, at=NOW - timedelta(seconds=5))
    on_chain("base", BASE, 40, at=NOW - timedelta(seconds=6))

    round_ = settled(btc, "main", "base")

    assert Answer.objects.get(round=round_).state == AnswerState.ACCEPTED
    assert reference_values(["BTC/USD"])["BTC/USD"].answer == 100 * 10**8


def test_what_waits_at_one_destination_is_news_at_the_other(btc: Feed, base: Destination) -> None:
    """A report on its way to a chain that hangs keeps no other chain from getting its own."""
    settled(btc, "base")
    assert [s.destination for s in Submission.objects.all()] == ["base"]

    settled(btc, "main", "base")

    assert sorted(s.destination for s in Submission.objects.all()) == ["base", "main"]


def test_a_request_is_answered_at_every_destination(btc: Feed, base: Destination) -> None:
    """Who asks for a fresh price gets it wherever the feed is published, whatever the triggers say there."""
    on_chain("main", 31337, 100, at=NOW - timedelta(seconds=30))
    on_chain("base", BASE, 100, at=NOW - timedelta(seconds=30))
    Feed.objects.update(destinations=["main", "base"])
    round_ = opened(trigger=Round.Trigger.REQUESTED)

    close(round_, lane("kraken", "100"), lane("gemini", "100"), lane("bitstamp", "101"))

    assert {s.destination for s in Submission.objects.all()} == {"main", "base"}
    assert {row["reason"] for row in Answer.objects.get(round=round_).decisions.values()} == {"on_demand"}


def test_a_destination_that_is_off_gets_nothing(btc: Feed, base: Destination) -> None:
    """Switched off while a feed names it: the others go on, and alone it makes the feed quiet, with the reason."""
    Destination.objects.update(enabled=False)
    settled(btc, "main", "base")
    assert [s.destination for s in Submission.objects.all()] == ["main"]

    alone = settled(btc, "base")

    answer = Answer.objects.get(round=alone)
    assert (answer.state, answer.reason) == (AnswerState.SKIPPED, AnswerReason.NO_DESTINATION)
    assert alone.outcome == "QUIET"


def test_each_worker_is_told_of_its_own_report(
    btc: Feed, base: Destination, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: object
) -> None:
    """The hint goes to the destination's queue, so that no worker waits behind another chain's work."""
    queues: list[str] = []
    monkeypatch.setattr(services.hints, "send", lambda *_, queue: queues.append(queue))

    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        settled(btc, "main", "base")

    assert {"chain", "chain.base"} <= set(queues)


def test_old_rounds_take_all_their_reports_along(btc: Feed, base: Destination) -> None:
    """A round stays while any of its reports is on its way, and leaves none behind when it goes."""
    round_ = settled(btc, "main", "base")
    later = NOW + timedelta(days=400)
    assert round_.submission is not None
    Submission.objects.filter(pk=round_.submission.pk).update(state="FINAL")

    assert prune_rounds(now=later) == 0
    Submission.objects.all().update(state="FINAL")

    assert prune_rounds(now=later) == 1
    assert Submission.objects.count() == 0


def test_the_whole_is_accepted_when_any_destination_takes_it() -> None:
    """An answer's state sums its destinations up: the first that takes it, else what the first one says."""
    quiet = Decision(AnswerState.SKIPPED, AnswerReason.NO_NEWS)
    due = Decision(AnswerState.ACCEPTED, AnswerReason.HEARTBEAT)

    assert overall({"main": quiet, "base": due}) is due
    assert overall({"main": quiet, "base": quiet}) is quiet
    assert overall({}).reason == AnswerReason.NO_DESTINATION
