"""Bodies kept behind a round, read back as a bundle, and the round computed again from them."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client, override_settings

from apps.evidence.bundles import evidence_bundle
from apps.evidence.models import Body
from apps.evidence.replaying import NotReplayable, replay
from apps.evidence.services import keep_round, prune_bodies, read_bodies, rounds_without_bodies
from apps.evidence.standalone import Wrong, verify
from apps.feeds.models import Feed, Listing, Source
from apps.feeds.selectors import feed_specs
from apps.feeds.services import record_config_version
from apps.pricing.types import Ask, SourceRole, SourceSpec
from apps.rounds.models import Answer, PackedObservations, Round
from apps.rounds.retention import trim_rounds
from apps.rounds.services import open_round
from apps.rounds.settling import settle
from apps.sources.adapters.base import Reply
from apps.sources.fetch import fetch_source
from apps.sources.gate import OpenGate
from apps.sources.wire import call_to_json
from apps.submissions.models import Submission

pytestmark = pytest.mark.django_db
NOW = datetime.now(UTC).replace(microsecond=0)
TICKERS = {"kraken": "XBTUSD", "bitstamp": "btcusd", "gemini": "btcusd"}


class Exchange:
    """Answers like the exchange it stands for, with one price and some padding that never changes."""

    def __init__(self, source: str, price: str) -> None:
        self.source, self.price = source, price

    def send(self, **_: Any) -> Reply:
        """Return the exchange's reply."""
        now = datetime.now(UTC)
        rows = {
            "kraken": {"error": [], "result": {"XXBTZUSD": {"c": [self.price, "1"], "v": ["1", "31.5"]}}},
            "bitstamp": {"last": self.price, "volume": "12.25", "timestamp": str(int(now.timestamp()))},
            "gemini": {"last": self.price, "volume": {"BTC": "7.5", "timestamp": int(now.timestamp() * 1000)}},
        }
        body = json.dumps({**rows[self.source], "note": "n" * 400}).encode()
        return Reply(200, {"date": "today", "set-cookie": "secret"}, body, now)


@pytest.fixture
def btc() -> Feed:
    """BTC/USD over three exchanges."""
    feed = Feed.objects.create(pair="BTC/USD", quorum=2, active_sources=3)
    for priority, (slug, ticker) in enumerate(TICKERS.items(), start=1):
        source = Source.objects.create(slug=slug, name=slug, adapter=slug)
        Listing.objects.create(feed=feed, source=source, ticker=ticker, priority=priority)
    record_config_version("tests")
    return feed


def settled(*prices: str, pairs: tuple[str, ...] = ("BTC/USD",)) -> Round:
    """Open a round, ask the exchanges through the real fetching code, and settle it."""
    round_ = open_round(pairs=list(pairs), trigger=Round.Trigger.SCHEDULED, requested_by="", now=datetime.now(UTC))[0]
    lanes = []
    for (source, ticker), price in zip(TICKERS.items(), prices, strict=False):
        spec = SourceSpec(source, source, f"https://{source}.test", 2, 1)  # type: ignore[arg-type]
        asks = [Ask(pair, ticker) for pair in pairs]
        call = fetch_source(
            spec,
            asks,
            deadline=datetime.now(UTC) + timedelta(seconds=5),
            transport=Exchange(source, price),  # type: ignore[arg-type]
            gate=OpenGate(),
        )
        lanes.append({"lane": source, "calls": [call_to_json(call, role=SourceRole.PRIMARY, promoted_for=None)]})
    settle(round_.pk, json.loads(json.dumps(lanes)), closed_by=Round.ClosedBy.CALLBACK, now=datetime.now(UTC))
    return Round.objects.get(pk=round_.pk)


def published_earlier(round_: Round) -> None:
    """Date the round's report five seconds back and put it in flight, so that the next round is newer than it."""
    submission = Submission.objects.get(pk=round_.submission_id)
    submission.answers = [{**row, "observed_at": row["observed_at"] - 5} for row in submission.answers]
    submission.state = Submission.State.UNCONFIRMED
    submission.save()


def test_the_bodies_behind_a_published_round_are_kept_once(btc: Feed) -> None:
    """Three exchanges, three bodies, each under its hash; keeping again adds nothing."""
    round_ = settled("100", "101", "102")

    assert keep_round(round_.pk, now=NOW) == 3
    assert keep_round(round_.pk, now=NOW) == 0
    hashes = [call["attempts"][0]["body_sha256"] for lane in round_.lanes for call in lane["calls"]]
    assert sorted(read_bodies(hashes)) == sorted(hashes)
    assert round_.lanes[0]["calls"][0]["attempts"][0]["headers"] == {"date": "today"}


def test_the_next_reply_is_packed_against_the_first(btc: Feed) -> None:
    """It takes a part of the room and comes back whole."""
    keep_round(settled("100", "101", "102").pk, now=NOW)
    second = settled("110", "111", "112")
    keep_round(second.pk, now=NOW)

    deltas = Body.objects.filter(base__isnull=False)
    assert deltas.count() == 3
    assert replay(second).feeds[0].from_bodies == 3


def test_keeping_costs_the_same_queries_for_any_number_of_bodies(btc: Feed, django_assert_max_num_queries: Any) -> None:
    """A round over many sources is not a conversation with the database."""
    keep_round(settled("100", "101", "102").pk, now=NOW)
    second = settled("110", "111", "112")

    with django_assert_max_num_queries(11):  # 3 bodies; seven each it once was
        assert keep_round(second.pk, now=NOW) == 3


def test_replay_is_identity(btc: Feed) -> None:
    """From the bodies, with the round's configuration, the same integer comes out."""
    round_ = settled("100", "101", "102")
    keep_round(round_.pk, now=NOW)

    result = replay(round_)

    assert result.is_same
    assert (result.feeds[0].now, result.feeds[0].from_bodies, result.feeds[0].from_records) == (101 * 10**8, 3, 0)


def test_replay_without_bodies_uses_the_records_and_says_so(btc: Feed) -> None:
    """Bodies are kept for days, observations for weeks."""
    result = replay(settled("100", "101", "102"))

    assert result.is_same
    assert (result.feeds[0].from_bodies, result.feeds[0].from_records) == (0, 3)


def test_replay_finds_an_edited_observation(btc: Feed) -> None:
    """Whoever edits the database is contradicted by the body."""
    round_ = settled("100", "101", "102")
    keep_round(round_.pk, now=NOW)
    answer = Answer.objects.get(round=round_)
    answer.observations[1]["price"] = "999"
    answer.save()

    assert replay(Round.objects.get(pk=round_.pk)).unlike == ("bitstamp BTC/USD",)


def test_replay_repeats_freezes_and_releases_of_the_time(btc: Feed) -> None:
    """What was known beside the quotes is part of the evidence: a held jump is held again."""
    first = settled("100", "100", "100")
    Submission.objects.filter(pk=first.submission_id).update(state=Submission.State.IN_PROGRESS)
    second = settled("150", "150", "150")

    assert second.outcome == Round.Outcome.HELD
    assert second.inputs["last"]["BTC/USD"][0] == str(100 * 10**8)
    assert replay(second).is_same


def test_replay_with_another_configuration_shows_the_difference(btc: Feed) -> None:
    """Today's rules over yesterday's quotes: another estimator, another answer."""
    round_ = settled("100", "101", "103")
    Feed.objects.update(estimator="primary_first")

    (feed,) = replay(round_, feeds=feed_specs(["BTC/USD"])).feeds

    assert (feed.was, feed.now) == (101 * 10**8, 100 * 10**8)


def test_the_command_says_same_or_different(btc: Feed) -> None:
    """Exit with an error only when the round's own configuration gives something else."""
    round_ = settled("100", "101", "102")
    keep_round(round_.pk, now=NOW)
    out = StringIO()

    call_command("replay", str(round_.pk), stdout=out)
    Answer.objects.filter(round=round_).update(answer=5)

    assert "same (3 quotes from bodies, 0 from records)" in out.getvalue()
    with pytest.raises(CommandError, match="does not come out"):
        call_command("replay", str(round_.pk), stdout=out)
    with pytest.raises(CommandError):
        call_command("replay", str(uuid.uuid4()))


def test_a_deleted_round_is_said_to_be_gone_by_which_policy(btc: Feed) -> None:
    """Whoever asks too late reads a code, and how long each kind of round is kept."""
    with pytest.raises(
        CommandError, match=r"^round_unknown: .* QUIET_ROUND_RETENTION_S \(900 s\).* 6 h, .* \(30 days\)"
    ):
        call_command("replay", str(uuid.uuid4()))


def test_an_open_round_is_not_replayable(btc: Feed) -> None:
    """There is nothing to compare with yet."""
    opened = open_round(pairs=["BTC/USD"], trigger=Round.Trigger.SCHEDULED, requested_by="", now=NOW)[0]

    with pytest.raises(NotReplayable, match=r"round_open: .* is OPEN"):
        replay(opened)


@pytest.fixture
def quiet(btc: Feed) -> Round:
    """A round without news: what it found is on its way to the contract already."""
    first = settled("100", "101", "102")
    Submission.objects.filter(pk=first.submission_id).update(state=Submission.State.UNCONFIRMED)
    round_ = settled("100", "101", "102")
    assert round_.outcome == Round.Outcome.QUIET
    return Round.objects.get(pk=round_.pk)


def test_a_round_without_news_is_replayed_as_long_as_it_is_kept(quiet: Round) -> None:
    """No evidence, but the observations and inputs are there: the same integer, by today's rules another one."""
    (feed,) = replay(quiet).feeds
    assert (feed.was, feed.now, feed.from_records) == (101 * 10**8, 101 * 10**8, 3)
    Feed.objects.update(estimator="primary_first")
    out = StringIO()

    call_command("replay", str(quiet.pk), "--today", stdout=out)

    assert f"was {101 * 10**8}, is {100 * 10**8}: DIFFERENT" in out.getvalue()


def test_the_inputs_of_a_round_without_news_are_its_own(quiet: Round) -> None:
    """What the guards compared with is kept beside the observations, and without it nothing is claimed."""
    assert quiet.inputs["covered"] == []
    assert quiet.packed_inputs["last"]["BTC/USD"][0] == str(101 * 10**8)
    PackedObservations.objects.update(inputs=b"")  # as rounds from before have it

    with pytest.raises(NotReplayable, match="nothing_kept: nothing of round"):
        replay(Round.objects.get(pk=quiet.pk))


def test_the_bundle_of_a_round_verifies_and_an_edit_breaks_it(btc: Feed, client: Client, tmp_path: Path) -> None:
    """What the API hands out holds together, and no longer when a stored price was edited."""
    round_ = settled("100", "101", "102")
    keep_round(round_.pk, now=NOW)
    bundle = client.get(f"/api/v1/rounds/{round_.pk}/evidence").json()

    lines = verify(bundle)
    assert "3 bodies hash to their names (0 are not kept)" in lines[0]
    (tmp_path / "bundle.json").write_text(json.dumps(bundle))
    call_command("verify_evidence", str(tmp_path / "bundle.json"))
    answer = Answer.objects.get(round=round_)
    answer.observations[0]["converted"] = "99"
    answer.save()
    with pytest.raises(Wrong, match="the leaves give the root"):
        verify(json.loads(json.dumps(evidence_bundle(Round.objects.get(pk=round_.pk)))))


def test_an_unknown_or_open_round_has_no_evidence(btc: Feed, client: Client) -> None:
    """A problem document says so."""
    opened = open_round(pairs=["BTC/USD"], trigger=Round.Trigger.SCHEDULED, requested_by="", now=NOW)[0]

    assert client.get(f"/api/v1/rounds/{opened.pk}/evidence").status_code == 404
    assert client.get(f"/api/v1/rounds/{uuid.uuid4()}/evidence").json()["code"] == "round_unknown"


def test_a_lost_hint_is_found_while_the_bodies_are_there(btc: Feed) -> None:
    """The sweep looks for published rounds without bodies, for three minutes."""
    round_ = settled("100", "101", "102")
    now = datetime.now(UTC)

    assert rounds_without_bodies(now=now) == [round_.pk]
    assert rounds_without_bodies(now=now + timedelta(minutes=4)) == []
    keep_round(round_.pk, now=now)
    assert rounds_without_bodies(now=now) == []


@override_settings(EVIDENCE_RETENTION_DAYS=2)
def test_bodies_go_when_their_time_is_over_bases_last(btc: Feed) -> None:
    """A base lives as long as the last body packed against it."""
    first = settled("100", "101", "102")
    keep_round(first.pk, now=NOW)
    published_earlier(first)
    keep_round(settled("100.9", "101.9", "102.9").pk, now=NOW + timedelta(minutes=10))

    assert prune_bodies(now=NOW + timedelta(days=2, minutes=5)) == 0
    assert prune_bodies(now=NOW + timedelta(days=2, minutes=11)) == 6
    assert Body.objects.count() == 0


def test_what_did_not_matter_is_trimmed_and_the_hash_still_holds(btc: Feed) -> None:
    """A feed without news leaves a published round after a while; what the hash covers stays."""
    eth = Feed.objects.create(pair="ETH/USD", quorum=2, active_sources=3, min_interval_s=1000, max_age_s=300)
    for priority, (slug, ticker) in enumerate(TICKERS.items(), start=1):
        Listing.objects.create(feed=eth, source=Source.objects.get(slug=slug), ticker=ticker, priority=priority)
    first = settled("100", "101", "102", pairs=("BTC/USD", "ETH/USD"))
    published_earlier(first)
    second = settled("102", "103", "104", pairs=("BTC/USD", "ETH/USD"))
    assert {a.pair: a.reason for a in second.answers.all()}["ETH/USD"] == "too_soon"

    trim_rounds(now=datetime.now(UTC) + timedelta(hours=1))

    second = Round.objects.get(pk=second.pk)
    kept = [answer.pair for answer in second.answers.all()]
    assert kept == second.inputs["covered"]
    assert verify(json.loads(json.dumps(evidence_bundle(second))))
    assert replay(second).is_same
