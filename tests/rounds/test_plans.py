"""Plans on a real database: stored once, decoded once, and never older than the configuration."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from apps.feeds.models import Feed, Listing, Source
from apps.feeds.selectors import configuration_stamp, feed_specs
from apps.pricing.plan import plan_round, plan_to_json
from apps.rounds.models import Plan, Round
from apps.rounds.plans import PlanCache, kept_plan, plan_cache, plan_for, plan_of, prune_plans
from apps.rounds.services import open_round

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _no_plans() -> None:
    """Begin with an empty cache, as a fresh process does."""
    plan_cache.cache_clear()


@pytest.fixture
def feeds() -> list[Feed]:
    """BTC/USD and ETH/USD over the same two sources."""
    sources = [Source.objects.create(slug=slug, name=slug, adapter=slug) for slug in ("kraken", "okx")]
    made = [Feed.objects.create(pair=pair, quorum=1, active_sources=2) for pair in ("BTC/USD", "ETH/USD")]
    for feed in made:
        for priority, source in enumerate(sources, start=1):
            Listing.objects.create(feed=feed, source=source, ticker=feed.pair, priority=priority)
    return made


def opened(*pairs: str, now: datetime = NOW) -> Round:
    return open_round(pairs=list(pairs), trigger=Round.Trigger.SCHEDULED, requested_by="", now=now)[0]


def document_of(pair: str) -> Any:
    """Return the plan of a round over the pair as JSON gives it back."""
    return json.loads(json.dumps(plan_to_json(plan_round(feed_specs([pair])))))


def test_rounds_of_the_same_feeds_share_one_stored_plan(feeds: list[Feed]) -> None:
    """A thousand rounds an hour store one plan, and each reads as the feeds stood."""
    rounds = [opened("BTC/USD", now=NOW + timedelta(minutes=n)) for n in range(3)]

    assert Plan.objects.count() == 1
    assert {round_.shared_plan_id for round_ in rounds} == {Plan.objects.get().pk}
    assert Round.objects.get(pk=rounds[0].pk).plan == document_of("BTC/USD")


def test_other_feeds_have_another_plan(feeds: list[Feed]) -> None:
    """What a round may price is part of its plan."""
    assert opened("BTC/USD").shared_plan_id != opened("BTC/USD", "ETH/USD").shared_plan_id


@pytest.mark.parametrize(
    "edit",
    [
        lambda: Feed.objects.filter(pair="BTC/USD").update(deviation_bps=7),
        lambda: Source.objects.filter(slug="okx").update(enabled=False),
        lambda: Listing.objects.filter(feed__pair="BTC/USD", source__slug="okx").delete(),
        lambda: connection.cursor().execute("UPDATE feeds_listing SET weight = 2"),
    ],
)
def test_the_next_round_runs_with_any_edit(feeds: list[Feed], edit: Any) -> None:
    """Also an edit that went past admin, `config apply` and the ORM is in the next plan, and not in the one before."""
    before = opened("BTC/USD")
    stored = before.plan

    edit()
    after = opened("BTC/USD", now=NOW + timedelta(minutes=1))

    assert plan_of(after) == plan_round(feed_specs(["BTC/USD"]))
    assert plan_of(after) != plan_of(before)
    assert Round.objects.get(pk=before.pk).plan == stored


def test_the_stamp_moves_once_a_statement_and_never_back(feeds: list[Feed]) -> None:
    """A thousand rows in one statement are one change; reading is none."""
    stamp = configuration_stamp()
    feed_specs()
    assert configuration_stamp() == stamp

    Feed.objects.update(deviation_bps=7)

    assert configuration_stamp() == stamp + 1


def test_a_plan_is_read_back_as_it_was(feeds: list[Feed]) -> None:
    """A process that did not make the plan decodes the same one from the table."""
    round_ = opened("BTC/USD", "ETH/USD")
    made = plan_of(round_)
    plan_cache.cache_clear()

    assert plan_of(Round.objects.get(pk=round_.pk)) == made


def test_a_known_plan_costs_no_look_into_the_tables(feeds: list[Feed], django_assert_num_queries: Any) -> None:
    """One query for the stamp, one that the plan is stored; decoding it again costs none."""
    round_ = opened("BTC/USD")

    with django_assert_num_queries(2):
        plan_for(["BTC/USD"], now=NOW)
    plan_of(round_)  # under its hash, too
    fresh = Round.objects.get(pk=round_.pk)
    with django_assert_num_queries(0):
        plan_of(fresh)


def test_rounds_from_before_keep_their_own_plan(feeds: list[Feed]) -> None:
    """A row that holds its plan itself is read as ever."""
    document = document_of("BTC/USD")
    row = Round.objects.create(
        trigger="SCHEDULED", market="LIVE", pairs=["BTC/USD"], plan=document, opened_at=NOW, deadline=NOW
    )

    assert Round.objects.get(pk=row.pk).plan == document
    assert plan_of(Round.objects.get(pk=row.pk)) == plan_round(feed_specs(["BTC/USD"]))


def test_unused_plans_go_after_a_day(feeds: list[Feed]) -> None:
    """A plan stays while a round points at it, and for a day for one that may just be opening."""
    round_ = opened("BTC/USD")
    later = NOW + timedelta(days=2)

    assert prune_plans(now=later) == 0
    round_.delete()
    assert prune_plans(now=NOW + timedelta(hours=2)) == 0
    assert prune_plans(now=later) == 1
    assert opened("BTC/USD", now=later).plan["feeds"][0]["pair"] == "BTC/USD"


def test_the_cache_forgets_what_was_unused_longest(feeds: list[Feed]) -> None:
    """It holds so many listings, whatever the number of plans, and never less than the newest."""
    cache, kept = PlanCache(max_listings=4), kept_plan(plan_round(feed_specs(["BTC/USD"])))
    for key in ("first", "second"):
        cache.put(key, kept)
    cache.get("first")

    cache.put("third", kept)

    assert [key for key in ("first", "second", "third") if cache.get(key)] == ["first", "third"]
