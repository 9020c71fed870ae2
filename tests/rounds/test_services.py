"""Opening and settling rounds on a real database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import override_settings

from apps.feeds.models import Feed, Listing, Source, SourceState
from apps.pricing.evidence import evidence_hash
from apps.pricing.types import AnswerReason, AnswerState
from apps.rounds.models import Answer, PackedObservations, Round
from apps.rounds.records import evidence_rows
from apps.rounds.retention import prune_rounds, trim_rounds
from apps.rounds.selectors import open_round_covering, overdue_rounds, reference_values, round_status
from apps.rounds.services import UnknownFeeds, open_round
from apps.rounds.settling import settle
from apps.submissions.models import Submission

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
SOURCES = ("kraken", "gemini", "bitstamp", "okx")


@pytest.fixture
def btc() -> Feed:
    """BTC/USD over four sources, three of them active, quorum two."""
    feed = Feed.objects.create(pair="BTC/USD", quorum=2, active_sources=3)
    for priority, slug in enumerate(SOURCES, start=1):
        source = Source.objects.create(slug=slug, name=slug, adapter=slug)
        Listing.objects.create(feed=feed, source=source, ticker=f"{slug}-btc", priority=priority)
    return feed


def opened(*pairs: str, trigger: Round.Trigger = Round.Trigger.SCHEDULED, now: datetime = NOW) -> Round:
    return open_round(pairs=list(pairs) or ["BTC/USD"], trigger=trigger, requested_by="", now=now)[0]


def lane(source: str, price: str | None, *, role: str = "primary", promoted_for: str | None = None) -> dict[str, Any]:
    row: dict[str, Any] = {"source": source, "pair": "BTC/USD", "ticker": f"{source}-btc"}
    if price is None:
        row |= {"kind": "miss", "code": "timeout", "message": "no answer in 2.5 s"}
    else:
        row |= {"kind": "quote", "price": price, "bid": None, "ask": None, "volume": None, "source_time": None}
        row |= {"received_at": NOW.isoformat()}
    code = "" if price else "timeout"
    attempt = {
        "url": f"https://{source}.test/",
        "status": 200,
        "code": code,
        "latency_ms": 40,
        "body_sha256": "ab" * 32,
    }
    call = {"source": source, "role": role, "promoted_for": promoted_for, "started_at": NOW.isoformat()}
    call |= {"latency_ms": 40, "attempts": [attempt], "outcomes": [row]}
    return {"lane": promoted_for or source, "calls": [call]}


def close(round_: Round, *lanes: dict[str, Any], by: Round.ClosedBy = Round.ClosedBy.CALLBACK) -> Round | None:
    return settle(round_.pk, lanes, closed_by=by, now=NOW + timedelta(seconds=1))


def test_a_first_answer_is_accepted_and_planned_for_the_chain(btc: Feed) -> None:
    """Median, evidence and submission are committed with the closing."""
    round_ = opened()

    close(round_, lane("kraken", "100"), lane("gemini", "101"), lane("bitstamp", "102"))

    round_.refresh_from_db()
    answer = Answer.objects.get(round=round_)
    assert (answer.state, answer.reason) == (AnswerState.ACCEPTED, AnswerReason.FIRST_ANSWER)
    assert answer.answer == 101 * 10**8
    assert round_.submission is not None
    assert round_.submission.answers[0]["answer"] == str(101 * 10**8)
    assert round_.evidence_hash == round_.submission.evidence_hash
    assert round_status(round_) == "SUBMITTING"


def test_evidence_covers_observations_and_the_bodies_behind_them(btc: Feed) -> None:
    """Changing a stored price or a body's hash no longer gives the hash that was signed."""
    round_ = opened()
    close(round_, lane("kraken", "100"), lane("gemini", "101"))
    round_.refresh_from_db()
    answers = list(round_.answers.all())

    assert evidence_hash(evidence_rows(round_, answers)) == round_.evidence_hash
    round_.lanes[0]["calls"][0]["attempts"][0]["body_sha256"] = "cd"
    assert evidence_hash(evidence_rows(round_, answers)) != round_.evidence_hash


def test_settling_twice_changes_nothing(btc: Feed) -> None:
    """Callback and watchdog may both try; the second finds the round closed."""
    round_ = opened()
    assert close(round_, lane("kraken", "100"), lane("gemini", "101"))

    assert close(round_, lane("kraken", "500"), lane("gemini", "500"), by=Round.ClosedBy.WATCHDOG) is None

    assert Submission.objects.count() == 1
    assert Answer.objects.get().answer == Decimal("100.5") * 10**8


def test_below_quorum_sends_nothing_and_says_why(btc: Feed) -> None:
    """One quote of two needed: REJECTED, with a reason for every source asked."""
    round_ = opened()

    close(round_, lane("kraken", "100"), lane("gemini", None))

    round_.refresh_from_db()
    answer = Answer.objects.get(round=round_)
    assert (round_status(round_), answer.reason) == ("REJECTED", AnswerReason.BELOW_QUORUM)
    assert {o["source"]: o["refusal"] for o in answer.observations} == {
        "kraken": "",
        "gemini": "timeout",
        "bitstamp": "lane_lost",
    }
    assert Submission.objects.count() == 0


def test_a_promoted_reserve_counts_and_is_named(btc: Feed) -> None:
    """The reserve's quote makes the quorum, and the observation tells whom it replaced."""
    round_ = opened()
    lost = lane("gemini", None)
    lost["calls"] += lane("okx", "101", role="reserve", promoted_for="gemini")["calls"]

    close(round_, lane("kraken", "100"), lost)

    rows = {o["source"]: o for o in Answer.objects.get(round=round_).observations}
    assert rows["okx"]["used"] is True
    assert (rows["okx"]["role"], rows["okx"]["promoted_for"]) == ("reserve", "gemini")


def test_news_in_flight_is_not_sent_again(btc: Feed) -> None:
    """While a submission is on its way, its answer is what the next round compares with."""
    close(opened(), lane("kraken", "100"), lane("gemini", "100"))
    second = opened(now=NOW + timedelta(seconds=2))

    lanes = [lane("kraken", "100"), lane("gemini", "100")]
    for row in lanes:
        row["calls"][0]["outcomes"][0]["received_at"] = (NOW + timedelta(seconds=3)).isoformat()
    settle(second.pk, lanes, closed_by=Round.ClosedBy.CALLBACK, now=NOW + timedelta(seconds=3))

    second.refresh_from_db()
    assert (second.outcome, Answer.objects.get(round=second).reason) == ("QUIET", AnswerReason.NO_NEWS)
    assert reference_values(["BTC/USD"])["BTC/USD"].answer == 100 * 10**8


def test_a_request_joins_an_open_round_and_makes_it_on_demand(btc: Feed) -> None:
    """Two requests for one feed share a round, and a scheduled one then answers on demand."""
    close(opened(), lane("kraken", "100"), lane("gemini", "100"))
    scheduled = opened(now=NOW + timedelta(seconds=2))

    joined, _, is_joined = open_round(
        pairs=["BTC/USD"], trigger=Round.Trigger.REQUESTED, requested_by="me", now=NOW + timedelta(seconds=2)
    )
    lanes = [lane("kraken", "100"), lane("gemini", "100")]
    for row in lanes:
        row["calls"][0]["outcomes"][0]["received_at"] = (NOW + timedelta(seconds=3)).isoformat()
    settle(scheduled.pk, lanes, closed_by=Round.ClosedBy.CALLBACK, now=NOW + timedelta(seconds=3))

    assert (is_joined, joined.pk) == (True, scheduled.pk)
    assert Answer.objects.get(round=scheduled).reason == AnswerReason.ON_DEMAND


def test_unknown_and_disabled_feeds_are_named(btc: Feed) -> None:
    """A request for feeds nobody runs opens nothing."""
    Feed.objects.create(pair="ETH/USD", enabled=False)

    with pytest.raises(UnknownFeeds) as caught:
        opened("BTC/USD", "ETH/USD", "XXX/USD")

    assert caught.value.pairs == ("ETH/USD", "XXX/USD")
    assert Round.objects.count() == 0


def test_an_overdue_round_is_found_and_not_joined(btc: Feed) -> None:
    """Past its deadline a round belongs to the watchdog."""
    round_ = opened()
    late = round_.deadline + timedelta(seconds=1)

    assert overdue_rounds(now=late) == [round_.pk]
    assert open_round_covering(["BTC/USD"], now=late) is None


def test_settling_keeps_each_sources_last_state(btc: Feed) -> None:
    """Admin shows what a source said when it was last asked."""
    close(opened(), lane("kraken", "100"), lane("gemini", None))

    states = {s.source.slug: s for s in SourceState.objects.select_related("source")}
    assert states["kraken"].last_code == ""
    assert (states["gemini"].last_code, states["gemini"].consecutive_failures) == ("timeout", 1)


@override_settings(QUIET_ROUND_RETENTION_S=60, ROUND_RETENTION_DAYS=1)
def test_quiet_rounds_go_first(btc: Feed) -> None:
    """Retention deletes old quiet rounds and keeps those that sent something."""
    sent = opened()
    close(sent, lane("kraken", "100"), lane("gemini", "100"))
    quiet = opened(now=NOW + timedelta(seconds=2))
    Round.objects.filter(pk=quiet.pk).update(state="CLOSED", outcome="QUIET", closed_at=NOW)

    assert prune_rounds(now=NOW + timedelta(minutes=5)) == 1
    assert list(Round.objects.values_list("pk", flat=True)) == [sent.pk]


@override_settings(ROUND_RETENTION_DAYS=1)
@pytest.mark.parametrize(("state", "left"), [("FINAL", 0), ("FATAL", 0), ("PLANNED", 1), ("CONFIRMED", 1)])
def test_an_old_round_takes_its_submission_with_it(btc: Feed, state: str, left: int) -> None:
    """Submissions do not pile up; one that is still on its way keeps its round."""
    close(opened(), lane("kraken", "100"), lane("gemini", "100"))
    Submission.objects.update(state=state)

    assert prune_rounds(now=NOW + timedelta(days=2)) == 1 - left

    assert (Round.objects.count(), Submission.objects.count()) == (left, left)


@override_settings(ROUND_RETENTION_DAYS=1)
def test_an_old_round_without_submission_goes_too(btc: Feed) -> None:
    """A rejected round has nothing on its way."""
    close(opened(), lane("kraken", "100"))

    assert prune_rounds(now=NOW + timedelta(days=2)) == 1
    assert Round.objects.count() == 0


def test_rejected_scheduled_rounds_do_not_pile_up(btc: Feed) -> None:
    """After six hours a scheduled round that was rejected goes; one that somebody asked for stays."""
    close(opened(), lane("kraken", "100"))
    asked = opened(trigger=Round.Trigger.REQUESTED, now=NOW + timedelta(seconds=2))
    close(asked, lane("kraken", "100"))

    prune_rounds(now=NOW + timedelta(hours=7))

    assert list(Round.objects.values_list("pk", "outcome")) == [(asked.pk, "REJECTED")]


def test_a_market_without_volume_does_not_stop_the_round(btc: Feed) -> None:
    """A 24 h volume of zero refuses that quote, and is written down with the others."""
    round_ = opened(trigger=Round.Trigger.REQUESTED)
    dead = lane("gemini", "100")
    dead["calls"][0]["outcomes"][0]["volume"] = "0"

    close(round_, lane("kraken", "100"), dead, lane("bitstamp", "101"))

    rows = {o["source"]: o for o in Answer.objects.get(round=round_).observations}
    assert (rows["gemini"]["refusal"], rows["gemini"]["volume"]) == ("no_volume", "0")
    assert rows["kraken"]["used"] is True


def test_observations_of_answers_that_did_not_matter_are_packed(btc: Feed) -> None:
    """They read as the others do, also beside them in one round, until the round is trimmed."""
    eth = Feed.objects.create(pair="ETH/USD", quorum=1, active_sources=1)
    Listing.objects.create(feed=eth, source=Source.objects.get(slug="kraken"), ticker="eth", priority=1)
    close(opened(), lane("kraken", "100"), lane("gemini", "100"))
    quiet = opened("BTC/USD", "ETH/USD", now=NOW + timedelta(seconds=2))
    both = lane("kraken", "100")
    both["calls"][0]["outcomes"].append({**both["calls"][0]["outcomes"][0], "pair": "ETH/USD", "ticker": "eth"})
    for row in [*both["calls"][0]["outcomes"], *(other := lane("gemini", "100"))["calls"][0]["outcomes"]]:
        row["received_at"] = (NOW + timedelta(seconds=3)).isoformat()

    settle(quiet.pk, [both, other], closed_by=Round.ClosedBy.CALLBACK, now=NOW + timedelta(seconds=4))

    skipped, accepted = Answer.objects.filter(round=quiet).order_by("pair")
    assert (skipped.state, accepted.state) == (AnswerState.SKIPPED, AnswerState.ACCEPTED)
    assert (skipped.own_observations, accepted.own_observations) == (None, accepted.observations)
    assert [(row["source"], row.get("price"), row["refusal"]) for row in skipped.observations] == [
        ("kraken", "100", ""),
        ("gemini", "100", ""),
        ("bitstamp", None, "lane_lost"),
    ]
    trim_rounds(now=NOW + timedelta(days=1))
    assert [answer.pair for answer in Answer.objects.filter(round=quiet)] == ["ETH/USD"]
    assert not PackedObservations.objects.filter(round=quiet).exists()
