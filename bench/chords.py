"""Whole rounds: from the request over the chord to the committed answers, beside bare fetching of the same prices."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bench.floors import AiohttpFloor, ThreadsFloor
from bench.lanes import IncompleteRound
from bench.measure import Scale, interleave, percentile, tree_cpu_s
from bench.oracle import PARTS, Oracle, configure, settled_by_all
from bench.rows import Row, row
from bench.sources import Lane, lanes_of, source_slug

# sources, pairs of a round, delay in ms, rounds a turn, rounds under way at once
CASES = (
    (10, 1, 50, 40, 4),
    (10, 100, 50, 8, 2),
    (20, 1_000, 50, 1, 1),
)
ISOLATED = (10, 1, 50, 20)
POLL_S = 0.002
ROUND_TIMEOUT_S = 90.0
SERVERS = ("valkey", "postgres")


@dataclass(frozen=True, slots=True)
class Turn:
    """CPU seconds a round: in all, and by part; parts are ours only."""

    cpu_s: float
    parts: dict[str, float]


def measure_chords(oracle: Oracle, scale: Scale) -> list[Row]:
    """Return the rows of every case, then those of single rounds on an idle oracle."""
    rows: list[Row] = []
    threads = max(case[0] for case in CASES)
    with AiohttpFloor() as floor, ThreadsFloor(threads) as rival:
        for sources, pairs, delay_ms, rounds, at_once in scale.some(CASES):
            names = configure(oracle, sources=sources, pairs=pairs * at_once, delay_ms=delay_ms)
            groups = [names[n * pairs : (n + 1) * pairs] for n in range(at_once)]
            lanes = lanes_of(oracle.exchange.url, sources=sources, pairs=pairs, delay_ms=delay_ms)
            turns = interleave(
                {
                    "floor": _bare(floor.round, lanes, scale.of(rounds)),
                    "rival": _bare(rival.round, lanes, scale.of(rounds)),
                    "ours": _whole(oracle, groups, rounds=scale.of(rounds), sources=sources),
                },
                repeats=scale.repeats,
            )
            rows += _rows(turns, sources=sources, pairs=pairs, delay_ms=delay_ms)
        return [*rows, _isolated(oracle, floor, scale)]


def _bare(fetch: Callable[[Sequence[Lane]], int], lanes: Sequence[Lane], rounds: int) -> Callable[[], Turn]:
    def turn() -> Turn:
        fetch(lanes)  # connections open
        before = time.process_time()
        for _ in range(rounds):
            fetch(lanes)
        return Turn((time.process_time() - before) / rounds, {})

    return turn


def _whole(oracle: Oracle, groups: Sequence[Sequence[str]], *, rounds: int, sources: int) -> Callable[[], Turn]:
    def turn() -> Turn:
        _run(groups, rounds=len(groups), sources=sources)  # workers warm, connections open
        before = {part: tree_cpu_s(pid) for part, pid in oracle.pids.items()}
        producer_s = _run(groups, rounds=rounds, sources=sources)
        spent = {part: tree_cpu_s(pid) - before[part] for part, pid in oracle.pids.items()} | {"producer": producer_s}
        return Turn(sum(spent.values()) / rounds, {part: cpu_s / rounds for part, cpu_s in spent.items()})

    return turn


def _run(groups: Sequence[Sequence[str]], *, rounds: int, sources: int) -> float:
    """Run so many rounds, one per group at a time; return the CPU seconds that starting them took."""
    under_way: dict[int, uuid.UUID] = {}
    started: list[uuid.UUID] = []
    producer_s = 0.0
    for number in range(rounds):
        group = number % len(groups)
        if group in under_way:
            _await_settled(under_way[group])
        before = time.thread_time()
        under_way[group] = _start(groups[group])
        producer_s += time.thread_time() - before
        started.append(under_way[group])
    for round_id in under_way.values():
        _await_settled(round_id)
    if not settled_by_all(started, sources=sources):
        raise IncompleteRound("a round was not settled by its chord with every source")
    return producer_s


def _start(pairs: Sequence[str]) -> uuid.UUID:
    from apps.rounds.models import Round  # noqa: PLC0415 - needs Django
    from apps.rounds.workflow import start_round  # noqa: PLC0415

    return start_round(pairs=pairs, trigger=Round.Trigger.SCHEDULED).round.pk


def _await_settled(round_id: uuid.UUID) -> None:
    """Return once the round is off the board, which happens right after its answers are committed."""
    from apps.sources.board import BoardGone, round_board  # noqa: PLC0415 - reads the environment as it loads

    deadline = time.monotonic() + ROUND_TIMEOUT_S
    while time.monotonic() < deadline:
        try:
            round_board().seat(str(round_id), source_slug(0))
        except BoardGone:
            return
        time.sleep(POLL_S)
    raise IncompleteRound(f"round {round_id} did not settle within {ROUND_TIMEOUT_S:.0f} s")


def _rows(turns: dict[str, list[Turn]], *, sources: int, pairs: int, delay_ms: int) -> list[Row]:
    case = f"{sources} sources x {pairs:,} pair{'s' if pairs > 1 else ''}, {delay_ms} ms"

    def each(figure: Callable[[Turn], float]) -> dict[str, list[float]]:
        return {name: [figure(turn) for turn in taken] for name, taken in turns.items()}

    def of_part(part: str) -> dict[str, list[float]]:
        return {"ours": [turn.parts[part] * 1000 for turn in turns["ours"]]}

    return [
        row(
            f"round CPU: {case}",
            "CPU of a round, request to committed answers, workers and servers included / CPU of bare fetching",
            unit="ms a round",
            samples=each(lambda turn: turn.cpu_s * 1000),
        ),
        *(
            row(f"- of it {part}", "part of the round CPU above", unit="ms a round", samples=of_part(part))
            for part in ("producer", *PARTS, *SERVERS)
        ),
        row(
            f"feed updates: {case}",
            "feeds answered / CPU seconds of the round; more is better",
            unit="updates/s/core",
            samples=each(lambda turn: pairs / turn.cpu_s),
        ),
    ]


def _isolated(oracle: Oracle, floor: AiohttpFloor, scale: Scale) -> Row:
    """Return how much longer than its slowest source a lone round takes until its answers are committed."""
    sources, pairs, delay_ms, rounds = ISOLATED
    names = configure(oracle, sources=sources, pairs=pairs, delay_ms=delay_ms)
    lanes = lanes_of(oracle.exchange.url, sources=sources, pairs=pairs, delay_ms=delay_ms)
    _run([names], rounds=2, sources=sources)

    def beyond_delay(work: Callable[[], object]) -> Callable[[], float]:
        def turn() -> float:
            taken: list[float] = []
            for _ in range(scale.of(rounds)):
                started = time.monotonic()
                work()
                taken.append((time.monotonic() - started) * 1000 - delay_ms)
            return percentile(taken, 0.95)

        return turn

    contestants = {
        "floor": beyond_delay(lambda: floor.round(lanes)),
        "ours": beyond_delay(lambda: _await_settled(_start(names))),
    }
    return row(
        f"lone round: {sources} sources x {pairs} pair, {delay_ms} ms",
        "p95(request to committed answers) - the slowest source / p95(bare fetching) - the same",
        unit="ms",
        samples=interleave(contestants, repeats=scale.repeats),
    )
