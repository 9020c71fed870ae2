"""Deciding about held prices over the API."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone
from rest_framework.test import APIClient

from apps.api.models import ApiKey, Scope
from apps.api.services import create_api_key
from apps.feeds.models import Feed, Listing, Source
from apps.pricing.types import AnswerReason
from apps.rounds.models import Hold, HoldEvent, Round
from tests.api.factories import close, make_feed, make_key, make_round

SEEN = "9000000000"
Operator = Callable[..., APIClient]


@pytest.fixture
def hold(db: None) -> Hold:
    """BTC/USD at 90 waits for a person; its feed can be priced."""
    feed = make_feed("BTC/USD", quorum=1, active_sources=1)
    Listing.objects.create(
        feed=feed, source=Source.objects.create(slug="kraken", adapter="kraken"), ticker="XBTUSD", priority=1
    )
    now = timezone.now()
    return Hold.objects.create(
        pair="BTC/USD",
        reason=AnswerReason.JUMP,
        message="moved 1000 bps",
        answer=int(SEEN),
        decimals=8,
        round=close(make_round(), outcome=Round.Outcome.HELD),
        two_persons=False,
        tolerance_bps=200,
        opened_at=now,
        expires_at=now + timedelta(hours=1),
    )


def person(name: str, *, may_decide: bool = True) -> User:
    found, _ = User.objects.get_or_create(username=name)
    if may_decide:
        found.user_permissions.add(Permission.objects.get(codename="change_hold"))
    return User.objects.get(pk=found.pk)


@pytest.fixture
def operator(db: None) -> Operator:
    """Make a client whose key decides in somebody's name; each call makes a further key."""

    def made(name: str, **rights: Any) -> APIClient:
        owner = person(name, **rights)
        key = create_api_key(f"{name} {ApiKey.objects.count()}", scopes=[Scope.HOLDS_DECIDE], owner=owner)
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Api-Key {key.text}")
        return client

    return made


def decide(client: APIClient, hold: Hold, what: str, **body: str) -> Any:
    sent = {"reason": "seen on three exchanges", **({"seen": SEEN} if what == "approve" else {}), **body}
    return client.post(f"/api/v1/holds/{hold.pk}/{what}", sent, format="json")


def test_an_approval_lets_prices_near_it_through_and_starts_a_round(
    hold: Hold, operator: Operator, published: list[str]
) -> None:
    """The hold is closed in the owner's name, the trail has reason and key, and a round runs."""
    reply = decide(operator("ann"), hold, "approve")

    assert reply.status_code == 200, reply.content
    body = reply.json()
    assert (body["state"], body["decided_by"]) == ("APPROVED", "ann")
    assert body["release_until"] is not None
    assert body["started_round"] == f"/api/v1/rounds/{published[0]}"
    event = HoldEvent.objects.get(hold=hold)
    assert (event.who, event.note) == ("ann", "seen on three exchanges (API key ann 0)")


def test_a_rejection_closes_the_hold_and_starts_nothing(hold: Hold, operator: Operator, published: list[str]) -> None:
    """Nothing is sent; the trail says why."""
    body = decide(operator("ann"), hold, "reject").json()

    assert (body["state"], body["started_round"], published) == ("REJECTED", None, [])
    assert [(step["action"], step["who"]) for step in body["trail"]] == [("rejected", "ann")]


def test_two_keys_of_one_person_are_one_person(hold: Hold, operator: Operator, published: list[str]) -> None:
    """Where two people must approve, a second key of the first one does not help; a second person does."""
    Hold.objects.update(two_persons=True)

    first = decide(operator("ann"), hold, "approve").json()
    again = decide(operator("ann"), hold, "approve")
    second = decide(operator("bob"), hold, "approve").json()

    assert (first["state"], first["first_approval_by"], first["started_round"]) == ("WAITING", "ann", None)
    assert (again.status_code, again.json()["code"]) == (409, "hold_same_person")
    assert (second["state"], second["decided_by"], len(published)) == ("APPROVED", "bob", 1)


REFUSED: list[tuple[dict[str, str], str, dict[str, str], int, str]] = [
    ({}, "approve", {"reason": " "}, 422, "hold_reason_missing"),
    ({}, "reject", {"reason": ""}, 422, "hold_reason_missing"),
    ({}, "approve", {"seen": "8000000000"}, 409, "hold_moved"),
    ({}, "approve", {"seen": "90.5"}, 422, "validation_failed"),
    ({}, "reject", {"reason": "x" * 401}, 422, "validation_failed"),
    ({"reason": AnswerReason.OUT_OF_BOUNDS}, "approve", {}, 422, "hold_out_of_bounds"),
    ({"state": "EXPIRED"}, "approve", {}, 409, "hold_closed"),
    ({"state": "APPROVED"}, "reject", {}, 409, "hold_closed"),
]


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: f"{case[1]} {case[4]}")
def test_a_decision_that_is_not_allowed_changes_nothing(
    hold: Hold, operator: Operator, published: list[str], case: tuple[dict[str, str], str, dict[str, str], int, str]
) -> None:
    """Each refusal has its own code, and leaves hold, trail and rounds alone."""
    change, what, body, status, code = case
    if change:
        Hold.objects.update(**change)
    before = Hold.objects.values().get()

    reply = decide(operator("ann"), hold, what, **body)

    assert (reply.status_code, reply.json()["code"]) == (status, code)
    assert Hold.objects.values().get() == before
    assert not HoldEvent.objects.exists()
    assert published == []


@pytest.mark.parametrize("what", ["approve", "reject"])
def test_only_a_key_of_a_person_who_may_decide_decides(hold: Hold, operator: Operator, what: str) -> None:
    """No key, a key for programs, a key without an owner, and owners without the right or the account."""
    program, orphan, gone = APIClient(), APIClient(), operator("gone")
    program.credentials(HTTP_AUTHORIZATION=make_key("program")[1])
    orphan.credentials(HTTP_AUTHORIZATION=make_key("orphan", scopes=[Scope.HOLDS_DECIDE])[1])
    User.objects.filter(username="gone").update(is_active=False)
    clients = [APIClient(), program, orphan, operator("eve", may_decide=False), gone]

    codes = [decide(client, hold, what).json()["code"] for client in clients]

    assert codes == ["unauthenticated", "scope_missing", "not_an_operator", "not_an_operator", "not_an_operator"]
    assert Hold.objects.get().state == Hold.State.WAITING
    assert [client.get(f"/api/v1/holds/{hold.pk}").status_code for client in clients] == [401, 403, 403, 403, 403]


def test_an_unknown_hold_is_said_to_be_unknown(hold: Hold, operator: Operator) -> None:
    """Reading and deciding alike."""
    ann = operator("ann")
    Hold.objects.all().delete()

    assert ann.get(f"/api/v1/holds/{hold.pk or 1}").json()["code"] == "hold_unknown"
    assert ann.post("/api/v1/holds/1/reject", {"reason": "no"}, format="json").json()["code"] == "hold_unknown"


def test_a_repeated_decision_is_answered_as_the_first_time(
    hold: Hold, operator: Operator, published: list[str]
) -> None:
    """A client that lost the reply may ask again: one decision, one round, the same answer."""
    ann = operator("ann")
    sent = {"reason": "seen on three exchanges", "seen": SEEN}
    replies = [
        ann.post(f"/api/v1/holds/{hold.pk}/approve", sent, format="json", HTTP_IDEMPOTENCY_KEY="one") for _ in range(2)
    ]

    assert [reply.status_code for reply in replies] == [200, 200]
    assert replies[0].json() == replies[1].json()
    assert len(published) == 1


def test_an_approval_stands_when_its_feed_cannot_be_priced(
    hold: Hold, operator: Operator, published: list[str]
) -> None:
    """The feed was switched off meanwhile: nothing starts, and the reply says so."""
    Feed.objects.update(enabled=False)

    body = decide(operator("ann"), hold, "approve").json()

    assert (body["state"], body["started_round"], published) == ("APPROVED", None, [])


def test_the_command_makes_deciding_keys_only_for_people(db: None, capsys: pytest.CaptureFixture[str]) -> None:
    """Scope holds:decide without an owner, or with an unknown one, makes no key."""
    person("ann")

    with pytest.raises(CommandError, match="needs --owner"):
        call_command("create_api_key", "bot", "--scopes", "holds:decide")
    with pytest.raises(CommandError, match="no user zoe"):
        call_command("create_api_key", "bot", "--scopes", "holds:decide", "--owner", "zoe")
    call_command("create_api_key", "ann's", "--scopes", "holds:decide", "--owner", "ann")

    assert ApiKey.objects.get().owner == User.objects.get(username="ann")
