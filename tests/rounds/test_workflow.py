"""Publishing rounds, and closing them when publishing or joining failed."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import redis
from django.db import DatabaseError
from django.utils import timezone
from kombu.exceptions import OperationalError

from apps.feeds.models import Feed, Listing, Source
from apps.pricing.types import AnswerReason, AnswerState
from apps.rounds import workflow
from apps.rounds.models import Answer, Round
from apps.rounds.settling import settle
from apps.rounds.tasks import settle_round
from apps.rounds.workflow import close_overdue_rounds, start_round
from apps.sources.board import RoundBoard, round_board

pytestmark = pytest.mark.django_db
SOURCES = ("kraken", "gemini", "bitstamp", "okx")


class Gone:
    """Stands in for a board, or a chord, whose server is away."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        raise self.error

    def __getattr__(self, name: str) -> Any:
        return self


@pytest.fixture(autouse=True)
def btc() -> Feed:
    """BTC/USD over four sources, three of them active, quorum two."""
    feed = Feed.objects.create(pair="BTC/USD", quorum=2, active_sources=3)
    for priority, slug in enumerate(SOURCES, start=1):
        source = Source.objects.create(slug=slug, name=slug, adapter=slug)
        Listing.objects.create(feed=feed, source=source, ticker=f"{slug}-btc", priority=priority)
    return feed


@pytest.fixture
def chords(monkeypatch: pytest.MonkeyPatch) -> list[tuple[list[Any], Any]]:
    """Headers and bodies of the chords that went to the broker."""
    published: list[tuple[list[Any], Any]] = []
    monkeypatch.setattr(workflow, "chord", lambda header: lambda body: published.append((header, body)))
    return published


def start() -> Round:
    return start_round(pairs=["BTC/USD"], trigger=Round.Trigger.REQUESTED, requested_by="me").round


def make_overdue(round_: Round) -> Round:
    Round.objects.filter(pk=round_.pk).update(deadline=timezone.now() - timedelta(seconds=1))
    return round_


def lane(source: str, price: str) -> dict[str, Any]:
    now = datetime.now(UTC).isoformat()
    row = {"kind": "quote", "source": source, "pair": "BTC/USD", "ticker": f"{source}-btc", "price": price}
    row |= {"bid": None, "ask": None, "volume": None, "source_time": None, "received_at": now}  # type: ignore[dict-item]
    call = {"source": source, "role": "primary", "promoted_for": None, "started_at": now, "latency_ms": 40}
    return {"lane": source, "calls": [call | {"attempts": [], "outcomes": [row]}]}


def test_a_round_is_posted_and_its_chord_published(chords: list[tuple[list[Any], Any]]) -> None:
    """One header task per lane; every source of the round has its seat, reserves included."""
    round_ = start()

    ((header, body),) = chords
    assert [task.args for task in header] == [(str(round_.pk), slug) for slug in ("kraken", "gemini", "bitstamp")]
    assert body.kwargs == {"round_id": str(round_.pk)}
    board = round_board()
    assert board.seat(str(round_.pk), "okx").asks[0].ticker == "okx-btc"
    assert board.lane(str(round_.pk), "kraken").reserves == {"BTC/USD": ["okx"]}
    assert board.lane(str(round_.pk), "kraken").deadline < round_.deadline


def test_joining_publishes_nothing_more(chords: list[tuple[list[Any], Any]]) -> None:
    """The second request shares the first one's chord."""
    first = start()

    joined = start_round(pairs=["BTC/USD"], trigger=Round.Trigger.REQUESTED)

    assert (joined.round.pk, joined.joined, len(chords)) == (first.pk, True, 1)


@pytest.mark.parametrize("error", [OperationalError("broker away"), redis.ConnectionError("backend away")])
def test_a_round_outlives_a_broker_that_is_away(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    """The caller gets a round all the same, and the watchdog closes it: every lane is reported lost."""
    monkeypatch.setattr(workflow, "chord", lambda header: Gone(error))

    round_ = make_overdue(start())
    assert close_overdue_rounds() == 1

    round_.refresh_from_db()
    answer = Answer.objects.get(round=round_)
    assert (round_.state, round_.outcome, round_.closed_by) == ("CLOSED", "REJECTED", "WATCHDOG")
    assert (answer.state, answer.reason) == (AnswerState.REJECTED, AnswerReason.NO_QUOTES)
    assert {row["refusal"] for row in answer.observations} == {"lane_lost"}


def test_a_round_outlives_a_board_that_is_away(
    chords: list[tuple[list[Any], Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a board no lane would know whom to ask: no chord goes out, and the watchdog closes the round."""
    with monkeypatch.context() as patch:
        patch.setattr(workflow, "round_board", lambda: Gone(redis.ConnectionError("redis away")))
        round_ = make_overdue(start())
        assert close_overdue_rounds() == 1

    round_.refresh_from_db()
    assert chords == []
    assert (round_.state, round_.outcome) == ("CLOSED", "REJECTED")


def test_the_watchdog_settles_with_what_the_board_holds(chords: list[tuple[list[Any], Any]]) -> None:
    """Two lanes came back before the chord was lost: quorum, so their median is the answer; the board is cleared."""
    round_ = make_overdue(start())
    board: RoundBoard = round_board()
    for result in (lane("kraken", "100"), lane("gemini", "102")):
        board.leave(str(round_.pk), result["lane"], result)

    assert close_overdue_rounds() == 1

    round_.refresh_from_db()
    answer = Answer.objects.get(round=round_)
    assert (round_.outcome, round_.closed_by, answer.answer) == ("SENT", "WATCHDOG", 101 * 10**8)
    assert {row["source"]: row["refusal"] for row in answer.observations} == {
        "kraken": "",
        "gemini": "",
        "bitstamp": "lane_lost",
    }
    assert board.results(str(round_.pk)) == []
    assert close_overdue_rounds() == 0


def test_the_chord_settles_with_what_lies_on_the_board(chords: list[tuple[list[Any], Any]]) -> None:
    """Lanes come by name and are found on the board; one that is neither brought nor found is lost."""
    round_ = start()
    round_board().leave(str(round_.pk), "kraken", lane("kraken", "100"))

    settle_round([{"lane": "kraken"}, lane("gemini", "102"), {"lane": "bitstamp"}], round_id=str(round_.pk))

    answer = Answer.objects.get(round=round_)
    assert (answer.round.closed_by, answer.answer) == ("CALLBACK", 101 * 10**8)
    assert {row["source"]: row["refusal"] for row in answer.observations}["bitstamp"] == "lane_lost"


def test_a_lane_that_left_nonsense_is_lost_and_the_round_closed(chords: list[tuple[list[Any], Any]]) -> None:
    """A result that cannot be read must not keep its round open for ever."""
    round_ = make_overdue(start())
    round_board().leave(str(round_.pk), "kraken", {"lane": "kraken", "calls": [{"nonsense": True}]})

    assert close_overdue_rounds() == 1

    round_.refresh_from_db()
    assert (round_.state, round_.outcome) == ("CLOSED", "REJECTED")


def test_a_round_in_its_time_is_left_alone(chords: list[tuple[list[Any], Any]]) -> None:
    """Before its deadline a round belongs to its chord."""
    round_ = start()

    assert close_overdue_rounds() == 0

    round_.refresh_from_db()
    assert round_.state == "OPEN"


@pytest.mark.parametrize("error", [ValueError("a lane left nonsense"), DatabaseError("deadlock detected")])
def test_one_round_that_cannot_be_settled_stops_no_other(
    error: Exception, chords: list[tuple[list[Any], Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The oldest overdue round is tried first; its trouble must not keep all later ones open."""
    poisoned = make_overdue(start())
    healthy = make_overdue(start())
    Round.objects.filter(pk=poisoned.pk).update(deadline=timezone.now() - timedelta(seconds=9))

    def settle_all_but_one(round_id: uuid.UUID, *args: Any, **kwargs: Any) -> Round | None:
        if round_id == poisoned.pk:
            raise error
        return settle(round_id, *args, **kwargs)

    monkeypatch.setattr(workflow, "settle", settle_all_but_one)

    assert close_overdue_rounds() == 1

    healthy.refresh_from_db()
    poisoned.refresh_from_db()
    assert (healthy.state, poisoned.state) == ("CLOSED", "OPEN")
