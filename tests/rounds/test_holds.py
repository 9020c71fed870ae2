"""Held prices, from the guard that stopped them to the person who decided."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from apps.feeds.models import Feed, Listing, Source
from apps.pricing.types import AnswerReason, AnswerState
from apps.rounds import hold_admin, holds
from apps.rounds.holds import HoldClosed, HoldRefused, approve, expire_holds, reject
from apps.rounds.models import Answer, Hold, Round
from apps.rounds.retention import prune_rounds
from apps.rounds.settling import settle
from apps.submissions.models import Submission
from tests.rounds.test_services import NOW, lane, opened

pytestmark = pytest.mark.django_db
SOURCES = ("kraken", "gemini", "bitstamp", "okx")


@pytest.fixture
def btc() -> Feed:
    """BTC/USD over four sources, published once at 100."""
    feed = Feed.objects.create(pair="BTC/USD", quorum=2, active_sources=4, jump_bps=500, agree_bps=200)
    for priority, slug in enumerate(SOURCES, start=1):
        source = Source.objects.create(slug=slug, name=slug, adapter=slug)
        Listing.objects.create(feed=feed, source=source, ticker=f"{slug}-btc", priority=priority)
    said(0, "100")
    return feed


def said(minute: int, *prices: str) -> Answer:
    """Settle a round in which the sources say these prices (one price: all of them); return its answer."""
    at = NOW + timedelta(minutes=minute)
    round_ = opened(now=at)
    lanes: list[dict[str, Any]] = []
    for source, price in zip(SOURCES, prices * 4 if len(prices) == 1 else prices, strict=False):
        row = lane(source, price)
        row["calls"][0]["started_at"] = at.isoformat()
        row["calls"][0]["outcomes"][0]["received_at"] = at.isoformat()
        lanes.append(row)
    settle(round_.pk, lanes, closed_by=Round.ClosedBy.CALLBACK, now=at)
    return Answer.objects.get(round=round_)


def waiting() -> Hold:
    return Hold.objects.get(state=Hold.State.WAITING)


def test_a_jump_is_held_and_nothing_is_sent(btc: Feed) -> None:
    """The round is HELD, the hold names what was compared, and the chain keeps its value."""
    sent = Submission.objects.count()

    answer = said(1, "120")

    hold = waiting()
    assert (answer.state, answer.reason, answer.round.outcome) == (AnswerState.HELD, AnswerReason.JUMP, "HELD")
    assert (hold.answer, hold.reason, hold.rounds_held) == (120 * 10**8, "jump", 1)
    assert "2000 bps" in hold.message
    assert Submission.objects.count() == sent
    assert [event.action for event in hold.events.all()] == ["held"]


def test_rounds_that_stay_held_are_one_item(btc: Feed) -> None:
    """The inbox shows the newest answer of one hold, not a hold per round."""
    said(1, "120")
    said(2, "121")

    assert (waiting().answer, waiting().rounds_held) == (121 * 10**8, 2)


def test_an_approval_lets_the_next_round_near_it_through(btc: Feed) -> None:
    """What is published is the fresh price, not the one that waited."""
    said(1, "120")
    hold = waiting()

    approve(hold.pk, seen=hold.answer, who="ann", note="exchange listing news", now=NOW + timedelta(minutes=2))
    answer = said(3, "121")

    assert (answer.state, answer.answer) == (AnswerState.ACCEPTED, 121 * 10**8)
    hold.refresh_from_db()
    assert (hold.state, hold.decided_by) == (Hold.State.APPROVED, "ann")
    assert [(event.action, event.who, event.note) for event in hold.events.all()][1:] == [
        ("approved", "ann", "exchange listing news")
    ]


def test_an_approval_ends(btc: Feed) -> None:
    """Ten minutes later a move is judged anew."""
    said(1, "120")
    hold = waiting()
    approve(hold.pk, seen=hold.answer, who="ann", note="ok", now=NOW + timedelta(minutes=2))

    Feed.objects.update(jump_bps=300)
    assert said(13, "120").state == AnswerState.HELD


def test_a_price_that_comes_back_resolves_its_hold(btc: Feed) -> None:
    """Nobody has to tidy up after a spike."""
    said(1, "120")
    said(2, "100.1")

    assert Hold.objects.get().state == Hold.State.RESOLVED


def test_sources_in_camps_are_held(btc: Feed) -> None:
    """Two at 100 and two at 115: no estimator helps, so stop and say so."""
    assert said(1, "100", "100.1", "115", "115.1").reason == AnswerReason.SPLIT


def test_two_persons_must_be_two(btc: Feed) -> None:
    """The first approval is recorded, the same person cannot give the second."""
    Feed.objects.update(two_persons=True)
    said(1, "120")
    hold, at = waiting(), NOW + timedelta(minutes=2)

    assert approve(hold.pk, seen=hold.answer, who="ann", note="seen on news", now=at).state == Hold.State.WAITING
    with pytest.raises(HoldRefused, match="ann was the first"):
        approve(hold.pk, seen=hold.answer, who="ann", note="again", now=at)
    assert approve(hold.pk, seen=hold.answer, who="bob", note="confirmed", now=at).state == Hold.State.APPROVED


def test_a_decision_needs_a_reason_and_a_current_view(btc: Feed) -> None:
    """An empty note, a market that moved on, and bounds are refused; a closed hold stays closed."""
    said(1, "120")
    hold, at = waiting(), NOW + timedelta(minutes=2)

    with pytest.raises(HoldRefused, match="needs a reason"):
        approve(hold.pk, seen=hold.answer, who="ann", note="  ", now=at)
    with pytest.raises(HoldRefused, match="look again"):
        approve(hold.pk, seen=130 * 10**8, who="ann", note="ok", now=at)
    reject(hold.pk, who="ann", note="fat finger", now=at)
    with pytest.raises(HoldClosed):
        approve(hold.pk, seen=hold.answer, who="ann", note="ok", now=at)


def test_bounds_are_edited_not_approved(btc: Feed) -> None:
    """A price out of bounds is held, and only a change of the bounds lets it pass."""
    Feed.objects.update(max_answer=102)
    said(1, "103")
    hold = waiting()

    assert hold.reason == AnswerReason.OUT_OF_BOUNDS
    with pytest.raises(HoldRefused, match="max_answer"):
        approve(hold.pk, seen=hold.answer, who="ann", note="ok", now=NOW + timedelta(minutes=2))


@pytest.mark.parametrize(("policy", "state"), [("reject", Hold.State.EXPIRED), ("release", Hold.State.APPROVED)])
def test_holds_expire_by_policy(btc: Feed, policy: str, state: Hold.State) -> None:
    """Nobody decided in time: the feed says whether that means no or yes."""
    Feed.objects.update(hold_on_expiry=policy, hold_expiry_s=60)
    said(1, "120")

    assert expire_holds(now=NOW + timedelta(minutes=1, seconds=59)) == 0
    assert expire_holds(now=NOW + timedelta(minutes=2)) == 1
    assert Hold.objects.get().state == state


def test_after_a_long_outage_a_large_move_is_released_by_a_person(btc: Feed) -> None:
    """Thirteen days without a value and a price 40 % lower: held, approved, published. Never a dead end."""
    days = 13 * 24 * 60
    assert said(days, "60").reason == AnswerReason.JUMP
    hold = waiting()

    approve(hold.pk, seen=hold.answer, who="ann", note="market fell", now=NOW + timedelta(minutes=days + 1))

    assert said(days + 2, "60").state == AnswerState.ACCEPTED


def test_the_round_of_a_hold_is_kept(btc: Feed) -> None:
    """The newest held round stays as long as its hold; the others go like rejected ones."""
    held = said(1, "120")

    earlier = said(2, "119")
    later = said(3, "121")

    prune_rounds(now=NOW + timedelta(days=400))

    kept = set(Round.objects.values_list("pk", flat=True))
    assert later.round_id in kept
    assert not kept & {held.round_id, earlier.round_id}


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Collect the rounds admin starts instead of publishing chords."""
    pairs: list[list[str]] = []
    monkeypatch.setattr(hold_admin, "start_round", lambda **asked: pairs.append(list(asked["pairs"])))
    return pairs


def test_the_inbox_shows_and_decides(btc: Feed, client: Client, started: list[list[str]]) -> None:
    """The page has chart, observations and buttons; approving there starts a round."""
    said(1, "120")
    hold = waiting()
    client.force_login(User.objects.create_superuser("ann", "ann@example.org", "not-a-real-password"))
    page = client.get(reverse("admin:rounds_hold_change", args=[hold.pk])).content.decode()

    answer = client.post(
        reverse("admin:rounds_hold_decide", args=[hold.pk]),
        {"decision": "approve", "note": "seen on news", "seen": hold.answer},
        follow=True,
    )

    assert page.count("<svg") == 2
    assert "kraken" in page
    assert "Approve" in page
    assert "a round was started" in answer.content.decode()
    assert started == [["BTC/USD"]]
    hold.refresh_from_db()
    assert hold.state == Hold.State.APPROVED


def test_who_may_only_look_cannot_decide(btc: Feed, client: Client, started: list[list[str]]) -> None:
    """Deciding needs the permission to change holds."""
    said(1, "120")
    hold = waiting()
    reader = User.objects.create_user("reader", password="not-a-real-password", is_staff=True)
    reader.user_permissions.add(Permission.objects.get(codename="view_hold"))
    client.force_login(reader)
    url = reverse("admin:rounds_hold_decide", args=[hold.pk])

    assert "Approve" not in client.get(reverse("admin:rounds_hold_change", args=[hold.pk])).content.decode()
    client.post(url, {"decision": "approve", "note": "let me", "seen": hold.answer})

    hold.refresh_from_db()
    assert hold.state == Hold.State.WAITING
    assert holds.active_releases(["BTC/USD"], now=NOW) == {}


def test_the_api_lists_what_waits(btc: Feed, client: Client) -> None:
    """Whoever watches by API sees the price, the reason and the round."""
    said(1, "120")

    (row,) = client.get("/api/v1/holds").json()["results"]

    assert (row["pair"], row["reason"], row["price"], row["state"]) == ("BTC/USD", "jump", "120.00000000", "WAITING")
    assert client.get("/api/v1/holds?state=REJECTED").json()["results"] == []
    assert client.get("/api/v1/holds?state=maybe").status_code == 400
