"""Lanes and the promotion of reserves, on a real board in Redis."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import redis

from apps.pricing.types import Ask, Miss, MissCode, Quote, SourceSpec
from apps.sources import errors, lanes, tasks
from apps.sources.board import BoardGone, RoundBoard, Seat, round_board
from apps.sources.calls import SourceCall
from apps.sources.gate import Admission, OpenGate

PAIRS = ("BTC/USD", "ETH/USD")


@pytest.fixture
def dead(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Sources that answer nothing; the others answer every ticker."""
    names: set[str] = set()

    def fetch(spec: SourceSpec, asks: Sequence[Ask], *, deadline: datetime, gate: object) -> SourceCall:
        now = datetime.now(UTC)
        outcomes = tuple(
            Miss(spec.slug, ask.pair, ask.ticker, MissCode.TIMEOUT)
            if spec.slug in names
            else Quote(spec.slug, ask.pair, ask.ticker, Decimal(1), received_at=now)
            for ask in asks
        )
        assert deadline > now
        return SourceCall(spec.slug, now, 1, (), outcomes)

    monkeypatch.setattr(lanes, "fetch_source", fetch)
    return names


@pytest.fixture
def board() -> RoundBoard:
    """The board of this process."""
    return round_board()


@pytest.fixture
def round_id(board: RoundBoard) -> Iterator[str]:
    """A round with one lane, kraken, and three reserves that list different feeds."""
    listed = {"kraken": PAIRS, "okx": PAIRS[:1], "bybit": PAIRS, "gemini": PAIRS[1:]}
    seats = {
        slug: Seat(SourceSpec(slug, slug, "", Decimal(1), 1), tuple(Ask(pair, pair) for pair in pairs))
        for slug, pairs in listed.items()
    }
    name = str(uuid.uuid4())
    reserves = {"BTC/USD": ["okx", "bybit"], "ETH/USD": ["bybit", "gemini"]}
    board.post(name, seats=seats, reserves=reserves, deadline=datetime.now(UTC) + timedelta(seconds=5))
    yield name
    board.clear(name)


class Refusing(OpenGate):
    """A gate that lets some sources through and remembers which."""

    def __init__(self, refused: dict[str, type[errors.NotAsked]]) -> None:
        self.refused = refused
        self.admitted: list[str] = []

    def admit(self, spec: SourceSpec, *, weight: int, lease_s: float, probe: str = "") -> Admission:
        if spec.slug in self.refused:
            raise self.refused[spec.slug]("not now")
        self.admitted.append(spec.slug)
        return Admission()


def asked(result: dict[str, object]) -> list[tuple[str, str | None]]:
    return [(call["source"], call["promoted_for"]) for call in result["calls"]]  # type: ignore[attr-defined]


def test_a_healthy_source_promotes_nobody(board: RoundBoard, round_id: str, dead: set[str]) -> None:
    """One call serves every feed of the lane."""
    assert asked(lanes.run_lane(board, round_id=round_id, lane="kraken")) == [("kraken", None)]


def test_reserves_are_promoted_in_priority_order_until_every_feed_is_served(
    board: RoundBoard, round_id: str, dead: set[str]
) -> None:
    """okx comes first for BTC/USD but does not list ETH/USD, so bybit follows; gemini is not needed."""
    dead.add("kraken")

    result = lanes.run_lane(board, round_id=round_id, lane="kraken")

    assert asked(result) == [("kraken", None), ("okx", "kraken"), ("bybit", "kraken")]


@pytest.mark.parametrize("error", [redis.ConnectionError("redis away"), BoardGone("the round was closed")])
def test_what_was_fetched_outlives_the_board(
    board: RoundBoard, round_id: str, dead: set[str], error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A board that goes away while reserves are promoted costs the reserves, not the quotes the lane already has."""
    dead.add("kraken")

    def refuse(*_: object) -> bool:
        raise error

    monkeypatch.setattr(board, "take", refuse)

    result = lanes.run_lane(board, round_id=round_id, lane="kraken")

    assert asked(result) == [("kraken", None)]


def test_each_reserve_is_taken_at_most_once_a_round(board: RoundBoard, round_id: str, dead: set[str]) -> None:
    """A reserve that failed for one lane is not asked again by another."""
    dead |= {"kraken", "okx", "bybit", "gemini"}

    first = lanes.run_lane(board, round_id=round_id, lane="kraken")
    second = lanes.run_lane(board, round_id=round_id, lane="kraken")

    assert [source for source, _ in asked(first)] == ["kraken", "okx", "bybit", "gemini"]
    assert asked(second) == [("kraken", None)]


def test_a_reserve_steps_in_at_once_for_a_source_that_may_not_be_asked(board: RoundBoard, round_id: str) -> None:
    """Pause, breaker and budget count as unavailable: no call, no waiting, the next in the same round."""
    gate = Refusing({"kraken": errors.PausedBySource, "okx": errors.BreakerOpen, "bybit": errors.OutOfBudget})
    started = time.monotonic()

    result = lanes.run_lane(board, round_id=round_id, lane="kraken", gate=gate)

    assert asked(result) == [("kraken", None), ("okx", "kraken"), ("bybit", "kraken"), ("gemini", "kraken")]
    assert [call["outcomes"][0]["code"] for call in result["calls"][:3]] == [
        MissCode.PAUSED_BY_SOURCE,
        MissCode.BREAKER_OPEN,
        MissCode.OUT_OF_BUDGET,
    ]
    assert gate.admitted == ["gemini"]
    assert time.monotonic() - started < 1


def test_the_task_leaves_its_result_on_the_board(board: RoundBoard, round_id: str, dead: set[str]) -> None:
    """The chord carries the lane's name only; who settles finds the quotes on the board."""
    brought = tasks.fetch_lane(round_id, "kraken")

    assert brought == {"lane": "kraken"}
    (left,) = board.results(round_id)
    assert asked(left) == [("kraken", None)]
    assert board.whole(round_id, [brought, {"lane": "lost"}]) == [left]


def test_a_result_the_board_does_not_take_goes_through_the_chord(
    board: RoundBoard, round_id: str, dead: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Quotes that were fetched are not lost with Redis' good will."""

    def refuse(*_: object) -> None:
        raise redis.ResponseError("OOM command not allowed")

    monkeypatch.setattr(board, "leave", refuse)

    brought = tasks.fetch_lane(round_id, "kraken")

    assert asked(brought) == [("kraken", None)]
    assert board.whole(round_id, [brought]) == [brought]


def test_the_first_result_of_a_lane_stays(board: RoundBoard, round_id: str, dead: set[str]) -> None:
    """A task delivered twice finds its reserves taken; what it brings then is worth less."""
    board.leave(round_id, "kraken", {"lane": "kraken", "calls": [{"source": "okx"}]})

    tasks.fetch_lane(round_id, "kraken")

    assert board.results(round_id) == [{"lane": "kraken", "calls": [{"source": "okx"}]}]


def test_a_round_that_left_the_board_gives_no_calls(board: RoundBoard) -> None:
    """A redelivered task of a settled round does nothing and does not raise."""
    gone = str(uuid.uuid4())
    assert tasks.fetch_lane(gone, "kraken") == {"lane": "kraken"}
    assert board.results(gone) == [{"lane": "kraken", "calls": []}]
    with pytest.raises(BoardGone):
        board.lane(str(uuid.uuid4()), "kraken")
