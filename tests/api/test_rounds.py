"""Starting, joining, waiting for and reading rounds."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from apps.api import waiting
from apps.api.models import IdempotencyRecord
from apps.api.services import claim_idempotency_key, request_hash
from apps.pricing.types import AnswerReason, AnswerState
from apps.rounds.models import Round
from apps.submissions.models import Submission
from tests.api.factories import (
    EVIDENCE,
    TX_HASH,
    call,
    close,
    confirmed_round,
    make_answer,
    make_feed,
    make_key,
    make_round,
    make_submission,
    observation,
)

BODY = {"feeds": ["BTC-USD"]}


@pytest.fixture
def during_wait(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[Round], object]], None]:
    """Lets a test say what happens to the newest round while a client waits for it."""

    def set_event(event: Callable[[Round], object]) -> None:
        monkeypatch.setattr(waiting.time, "sleep", lambda _: event(Round.objects.latest("opened_at")))

    return set_event


@pytest.mark.parametrize("name", ["BTC-USD", "btc-usd", "BTC/USD"])
def test_round_is_started(writer: APIClient, published: list[str], name: str) -> None:
    """A request opens a round, publishes it once, and says where to look."""
    make_feed()
    reply = writer.post("/api/v1/rounds", {"feeds": [name, name]}, format="json")

    round_ = Round.objects.get()
    assert (reply.status_code, reply.headers["Location"]) == (202, f"/api/v1/rounds/{round_.pk}")
    assert published == [str(round_.pk)]
    assert (reply.json()["status"], reply.json()["joined"], reply.json()["feeds"]) == ("OPEN", False, ["BTC/USD"])
    assert (round_.trigger, round_.requested_by) == (Round.Trigger.REQUESTED, "writer")
    assert "Preference-Applied" not in reply.headers


def test_second_request_joins(writer: APIClient, published: list[str]) -> None:
    """Two requests for a feed while its round is open share that round."""
    make_feed()
    first = writer.post("/api/v1/rounds", BODY, format="json")
    second = writer.post("/api/v1/rounds", BODY, format="json")

    assert second.json()["id"] == first.json()["id"]
    assert second.json()["joined"] is True
    assert len(published) == 1


def test_unknown_and_disabled_feeds_are_listed(writer: APIClient, published: list[str]) -> None:
    """Every feed that cannot be priced is named with its place and reason, and nothing starts."""
    make_feed()
    make_feed("ETH/USD", enabled=False)
    reply = writer.post("/api/v1/rounds", {"feeds": ["BTC-USD", "ETH-USD", "XXX-USD", "a-b-c"]}, format="json")

    assert (reply.status_code, reply.json()["code"]) == (422, "feed_unavailable")
    assert [(error["pointer"], error["code"]) for error in reply.json()["errors"]] == [
        ("/feeds/1", "feed_disabled"),
        ("/feeds/2", "feed_unknown"),
        ("/feeds/3", "feed_unknown"),
    ]
    assert not Round.objects.exists()


def test_waiting_client_gets_finished_round(
    writer: APIClient, published: list[str], during_wait: Callable[..., None]
) -> None:
    """With Prefer: wait=N the answer is the confirmed round."""
    make_feed()

    def confirm(round_: Round) -> None:
        close(round_, outcome=Round.Outcome.SENT, submission=make_submission())
        make_answer(round_)

    during_wait(confirm)
    reply = writer.post("/api/v1/rounds", BODY, format="json", HTTP_PREFER="respond-async, wait=5")

    assert (reply.status_code, reply.headers["Preference-Applied"]) == (200, "wait=5")
    assert reply.json()["status"] == "CONFIRMED"
    assert reply.json()["answers"][0]["price"] == "84065.04000000"
    assert reply.json()["submission"]["tx_hash"] == TX_HASH


def test_unfinished_round_answers_202(
    writer: APIClient, published: list[str], during_wait: Callable[..., None]
) -> None:
    """When the time asked for is over the client gets the round as it stands."""
    make_feed()
    during_wait(lambda round_: None)
    reply = writer.post("/api/v1/rounds", BODY, format="json", HTTP_PREFER="wait=0")

    assert (reply.status_code, reply.headers["Preference-Applied"]) == (202, "wait=0")


@pytest.mark.parametrize(
    ("reason", "code"),
    [(AnswerReason.BELOW_QUORUM, "no_quorum"), (AnswerReason.OUT_OF_BOUNDS, "nothing_accepted")],
)
def test_refused_round_answers_503(
    writer: APIClient, published: list[str], during_wait: Callable[..., None], reason: AnswerReason, code: str
) -> None:
    """A round without any acceptable price of the feeds asked for says why, feed by feed, and links to itself."""
    make_feed()

    def refuse(round_: Round) -> None:
        close(round_, outcome=Round.Outcome.REJECTED)
        make_answer(round_, state=AnswerState.REJECTED, reason=reason, message="1 of 2", answer=None, sources_used=1)

    during_wait(refuse)
    reply = writer.post("/api/v1/rounds", BODY, format="json", HTTP_PREFER="wait=5")

    problem = reply.json()
    assert (reply.status_code, problem["code"], problem["status"]) == (503, code, 503)
    assert reply.headers["Content-Type"] == "application/problem+json"
    assert problem["feeds"] == [
        {"pair": "BTC/USD", "reason": reason, "message": "1 of 2", "sources_used": 1, "quorum": 2}
    ]
    assert problem["round"] == reply.headers["Location"]


def test_accepted_conversion_feed_saves_nothing(
    writer: APIClient, published: list[str], during_wait: Callable[..., None]
) -> None:
    """A conversion feed that was sent on the way does not hide that the feed asked for was refused."""
    make_feed()

    def refuse(round_: Round) -> None:
        close(round_, outcome=Round.Outcome.SENT, submission=make_submission(state=Submission.State.PLANNED))
        make_answer(round_, state=AnswerState.REJECTED, reason=AnswerReason.NO_QUOTES, answer=None)
        make_answer(round_, "USDT/USD")

    during_wait(refuse)
    reply = writer.post("/api/v1/rounds", BODY, format="json", HTTP_PREFER="wait=5")

    assert (reply.status_code, reply.json()["code"]) == (503, "no_quorum")


def test_fatal_submission_answers_503(
    writer: APIClient, published: list[str], during_wait: Callable[..., None]
) -> None:
    """A report that will never land is a failure of the request that waits for it."""
    make_feed()

    def fail(round_: Round) -> None:
        submission = make_submission(state=Submission.State.FATAL, failure_code="market_mismatch", tx_hash="")
        close(round_, outcome=Round.Outcome.SENT, submission=submission)
        make_answer(round_)

    during_wait(fail)
    reply = writer.post("/api/v1/rounds", BODY, format="json", HTTP_PREFER="wait=5")

    assert (reply.status_code, reply.json()["code"], reply.json()["cause"]) == (
        503,
        "submission_failed",
        "market_mismatch",
    )


def test_crowd_of_waiters_is_not_served(
    writer: APIClient, published: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """When too many clients wait, the next is answered at once and told nothing of a preference applied."""
    make_feed()
    monkeypatch.setattr(waiting, "_WAITERS", threading.BoundedSemaphore(1))
    waiting._WAITERS.acquire()
    reply = writer.post("/api/v1/rounds", BODY, format="json", HTTP_PREFER="wait=5")

    assert reply.status_code == 202
    assert "Preference-Applied" not in reply.headers


def test_repeated_request_gets_same_answer(writer: APIClient, published: list[str]) -> None:
    """The same Idempotency-Key and body give the first answer again, though the round has moved on."""
    make_feed()
    first = writer.post("/api/v1/rounds", BODY, format="json", HTTP_IDEMPOTENCY_KEY="one")
    close(Round.objects.get(), outcome=Round.Outcome.QUIET)
    second = writer.post("/api/v1/rounds", BODY, format="json", HTTP_IDEMPOTENCY_KEY="one")

    assert second.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers
    assert (second.status_code, second.json()) == (first.status_code, first.json())
    assert second.headers["Location"] == first.headers["Location"]
    assert len(published) == 1


def test_replayed_problem_stays_problem(
    writer: APIClient, published: list[str], during_wait: Callable[..., None]
) -> None:
    """A round that failed is replayed as the problem it was, with its content type."""
    make_feed()

    def refuse(round_: Round) -> None:
        close(round_, outcome=Round.Outcome.REJECTED)
        make_answer(round_, state=AnswerState.REJECTED, reason=AnswerReason.NO_QUOTES, answer=None)

    during_wait(refuse)
    headers = {"HTTP_PREFER": "wait=5", "HTTP_IDEMPOTENCY_KEY": "one"}
    first = writer.post("/api/v1/rounds", BODY, format="json", **headers)
    second = writer.post("/api/v1/rounds", BODY, format="json", **headers)

    assert (second.status_code, second.json()) == (503, first.json())
    assert second.headers["Content-Type"] == "application/problem+json"


def test_key_of_another_request_is_refused(writer: APIClient, published: list[str]) -> None:
    """An Idempotency-Key cannot be used for another body."""
    make_feed()
    make_feed("ETH/USD")
    writer.post("/api/v1/rounds", BODY, format="json", HTTP_IDEMPOTENCY_KEY="one")
    reply = writer.post("/api/v1/rounds", {"feeds": ["ETH-USD"]}, format="json", HTTP_IDEMPOTENCY_KEY="one")

    assert (reply.status_code, reply.json()["code"]) == (422, "idempotency_key_reused")


def test_request_in_flight_is_told_so(db: None, published: list[str]) -> None:
    """While the first request runs its repetition gets 409; once it is abandoned, a repetition takes over."""
    make_feed()
    key, header = make_key()
    digest = request_hash(method="POST", path="/api/v1/rounds", body=BODY)
    claim_idempotency_key(key, key="one", request_sha256=digest, now=timezone.now())
    caller = APIClient()
    caller.credentials(HTTP_AUTHORIZATION=header, HTTP_IDEMPOTENCY_KEY="one")

    running = caller.post("/api/v1/rounds", BODY, format="json")
    IdempotencyRecord.objects.update(created_at=timezone.now() - timedelta(minutes=5))
    taken_over = caller.post("/api/v1/rounds", BODY, format="json")

    assert (running.status_code, running.json()["code"]) == (409, "idempotency_key_in_flight")
    assert taken_over.status_code == 202


def test_refused_request_frees_its_key(writer: APIClient, published: list[str]) -> None:
    """A request that started nothing may be corrected and sent again under the same key."""
    refused = writer.post("/api/v1/rounds", BODY, format="json", HTTP_IDEMPOTENCY_KEY="one")
    make_feed()
    accepted = writer.post("/api/v1/rounds", BODY, format="json", HTTP_IDEMPOTENCY_KEY="one")

    assert (refused.status_code, accepted.status_code) == (422, 202)


@pytest.mark.parametrize("key", ["", "é", "x" * 256, "a\tb"])
def test_malformed_idempotency_key_is_refused(writer: APIClient, key: str) -> None:
    """A key that could not be kept is refused, not ignored."""
    make_feed()
    reply = writer.post("/api/v1/rounds", BODY, format="json", HTTP_IDEMPOTENCY_KEY=key)

    assert (reply.status_code, reply.json()["code"]) == (400, "idempotency_key_invalid")


def test_round_tells_its_story(client: APIClient) -> None:
    """A round names who was asked, lost and promoted, and what became of every observation."""
    lanes = [
        {"lane": "kraken", "calls": [call("kraken", lost="timeout"), call("binance", promoted_for="kraken", second=1)]},
        {"lane": "coinbase", "calls": [call("coinbase")]},
    ]
    round_ = close(make_round(), outcome=Round.Outcome.SENT, submission=make_submission(), lanes=lanes)
    make_answer(
        round_,
        observations=[
            observation("kraken", refusal="timeout"),
            observation("okx", refusal="outlier", message="far"),
            observation("binance", promoted_for="kraken"),
            observation("coinbase"),
        ],
    )
    body = client.get(f"/api/v1/rounds/{round_.pk}").json()

    assert (body["status"], body["trigger"], body["duration_ms"]) == ("CONFIRMED", "REQUESTED", 1000)
    assert body["lanes"]["primary"] == ["kraken", "coinbase"]
    assert body["lanes"]["lost"] == [{"source": "kraken", "reason": "timeout"}]
    assert body["lanes"]["promoted"] == [{"source": "binance", "promoted_for": "kraken", "lost": False}]
    assert body["lanes"]["spare"] == ["okx"]
    verdicts = [(row["source"], row["verdict"], row["reason"]) for row in body["answers"][0]["observations"]]
    assert verdicts == [
        ("binance", "used", ""),
        ("coinbase", "used", ""),
        ("okx", "refused", "outlier"),
        ("kraken", "missed", "timeout"),
    ]
    assert body["answers"][0]["answer"] == "8406504000000"
    assert body["submission"]["signatures"] == 1
    assert body["evidence_hash"] == EVIDENCE


def test_silent_lane_counts_as_lost(client: APIClient) -> None:
    """A lane that never came back is lost in a closed round and awaited in an open one."""
    open_ = make_round()
    closed = close(make_round(), outcome=Round.Outcome.REJECTED, lanes=[{"lane": "kraken", "calls": [call("kraken")]}])

    assert client.get(f"/api/v1/rounds/{open_.pk}").json()["lanes"]["waiting"] == ["kraken", "coinbase"]
    assert client.get(f"/api/v1/rounds/{closed.pk}").json()["lanes"]["lost"] == [
        {"source": "coinbase", "reason": "lane_lost"}
    ]


def test_rounds_are_paged(client: APIClient) -> None:
    """Following ``next`` visits every round once, newest first."""
    now = timezone.now()
    made = [str(make_round(opened_at=now - timedelta(seconds=age // 2)).pk) for age in range(5)]
    seen: list[str] = []
    path = "/api/v1/rounds?limit=2"
    while path:
        page = client.get(path).json()
        seen += [row["id"] for row in page["results"]]
        path = page["next"]

    assert sorted(seen) == sorted(made)
    assert len(seen) == 5


@pytest.mark.parametrize(
    ("query", "found"),
    [("status=CONFIRMED", 1), ("status=OPEN", 1), ("status=QUIET", 0), ("feed=ETH-USD", 1), ("feed=btc-usd", 1)],
)
def test_rounds_are_filtered(client: APIClient, query: str, found: int) -> None:
    """Feed and status narrow the list."""
    confirmed_round()
    make_round(["ETH/USD"])

    assert len(client.get(f"/api/v1/rounds?{query}").json()["results"]) == found


@pytest.mark.parametrize("status", ["OPEN", "SUBMITTING", "CONFIRMED", "FAILED", "QUIET", "REJECTED", "REPLACED"])
def test_filter_agrees_with_status(client: APIClient, status: str) -> None:
    """Every round is found under exactly the status it shows."""
    make_round()
    close(make_round(), outcome=Round.Outcome.QUIET)
    close(make_round(), outcome=Round.Outcome.REJECTED)
    for state in Submission.State:
        close(make_round(), outcome=Round.Outcome.SENT, submission=make_submission(state=state))
    everything = client.get("/api/v1/rounds").json()["results"]
    filtered = client.get(f"/api/v1/rounds?status={status}").json()["results"]

    assert {row["id"] for row in filtered} == {row["id"] for row in everything if row["status"] == status}
    assert filtered
