"""Lanes without Celery: what fetching itself costs in the threads of a fetch worker."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from apps.pricing.types import Quote
from apps.sources.fetch import fetch_source
from bench.floors import AiohttpFloor, ThreadsFloor
from bench.measure import Scale, interleave, percentile
from bench.rows import Row, row
from bench.sources import Lane, lanes_of, quotes_of

# sources, pairs, delay in ms, rounds a turn
CASES = (
    (10, 1, 0, 60),
    (10, 1, 50, 30),
    (10, 1, 200, 12),
    (20, 1, 0, 30),
    (20, 1, 50, 20),
    (20, 1, 200, 8),
    (10, 100, 0, 10),
    (10, 100, 50, 10),
    (10, 100, 200, 6),
    (20, 1_000, 50, 2),
)
DEADLINE_S = 30.0


@dataclass(frozen=True, slots=True)
class Turn:
    """What a contestant's turn cost: CPU seconds a round, and the rounds' lengths in seconds."""

    cpu_s: float
    lengths_s: tuple[float, ...]

    def overhead_ms(self, delay_ms: int) -> float:
        """Return the 95th percentile of a round's length beyond the exchange's own delay."""
        return percentile(self.lengths_s, 0.95) * 1000 - delay_ms


class IncompleteRound(RuntimeError):
    """A contestant did not bring every quote, so its time says nothing."""


class Ours:
    """Lanes as a fetch worker runs them: ``fetch_source`` in a pool of threads."""

    def __init__(self, threads: int) -> None:
        self._pool = ThreadPoolExecutor(threads)

    def round(self, lanes: Sequence[Lane]) -> int:
        """Fetch every lane at once; return how many quotes came."""
        deadline = datetime.now(UTC) + timedelta(seconds=DEADLINE_S)
        return sum(self._pool.map(lambda lane: _quotes(lane, deadline), lanes))


def _quotes(lane: Lane, deadline: datetime) -> int:
    call = fetch_source(lane.spec, lane.asks, deadline=deadline)
    return sum(isinstance(outcome, Quote) for outcome in call.outcomes)


def measure_lanes(exchange_url: str, scale: Scale) -> list[Row]:
    """Return the rows of every case."""
    rows: list[Row] = []
    threads = max(case[0] for case in CASES)
    ours = Ours(threads)
    with AiohttpFloor() as floor, ThreadsFloor(threads) as rival:
        for sources, pairs, delay_ms, rounds in scale.some(CASES):
            lanes = lanes_of(exchange_url, sources=sources, pairs=pairs, delay_ms=delay_ms)
            contestants = {"floor": floor.round, "rival": rival.round, "ours": ours.round}
            turns = interleave(
                {name: _turn(fetch, lanes, scale.of(rounds)) for name, fetch in contestants.items()},
                repeats=scale.repeats,
            )
            rows += _rows(turns, lanes, delay_ms)
    return rows


def _turn(fetch: Callable[[Sequence[Lane]], int], lanes: Sequence[Lane], rounds: int) -> Callable[[], Turn]:
    def turn() -> Turn:
        _whole_round(fetch, lanes)  # connections open
        lengths: list[float] = []
        before = time.process_time()
        for _ in range(rounds):
            started = time.monotonic()
            _whole_round(fetch, lanes)
            lengths.append(time.monotonic() - started)
        return Turn((time.process_time() - before) / rounds, tuple(lengths))

    return turn


def _whole_round(fetch: Callable[[Sequence[Lane]], int], lanes: Sequence[Lane]) -> None:
    came, wanted = fetch(lanes), quotes_of(lanes)
    if came != wanted:
        raise IncompleteRound(f"{came} quotes came, {wanted} were asked for")


def _rows(turns: dict[str, list[Turn]], lanes: Sequence[Lane], delay_ms: int) -> list[Row]:
    pairs, quotes = len(lanes[0].asks), quotes_of(lanes)
    case = f"{len(lanes)} sources x {pairs:,} pair{'s' if pairs > 1 else ''}, {delay_ms} ms"

    def each(figure: Callable[[Turn], float]) -> dict[str, list[float]]:
        return {name: [figure(turn) for turn in taken] for name, taken in turns.items()}

    return [
        row(
            f"lane CPU: {case}",
            "CPU of a round in threads without Celery / number of lanes",
            unit="ms a lane",
            samples=each(lambda turn: turn.cpu_s * 1000 / len(lanes)),
        ),
        row(
            f"quotes: {case}",
            "quotes of a round / its CPU seconds; more is better",
            unit="quotes/s/core",
            samples=each(lambda turn: quotes / turn.cpu_s),
        ),
        row(
            f"overhead: {case}",
            "95th percentile of a round's length - the exchange's delay",
            unit="ms",
            samples=each(lambda turn: turn.overhead_ms(delay_ms)),
        ),
    ]
