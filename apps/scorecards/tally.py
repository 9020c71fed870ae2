"""What the rounds of this process said about sources since the last flush: counts in memory, a few bytes a pair."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, localcontext
from typing import Any, NamedTuple

from apps.pricing.observations import FeedPrice, Observation
from apps.pricing.types import Miss, RefusalCode
from apps.scorecards import histograms
from apps.scorecards.histograms import CENTI, DEVIATION_BPS, LATENCY_MS

FINE_S = 300
MAX_KEYS = 200_000  # with a database away for hours: the oldest bucket goes first
MAX_CBPS = 10**9
ALL_PAIRS = ""
_CBPS = Decimal(10_000 * CENTI)
_DEVIATION_CBPS = tuple(bound * CENTI for bound in DEVIATION_BPS)
_PRECISION = 16  # of a distance in basis points; the prices themselves are not rounded
# Quotes refused for these say nothing against how near the source is to the others, or cannot be compared.
_NOT_COMPARED = frozenset({RefusalCode.STALE, RefusalCode.FROM_FUTURE, RefusalCode.FROZEN})


class Key(NamedTuple):
    """Whose tally it is. bucket: Unix time at which its five minutes begin.

    pair: empty for a source as a whole, which holds its calls only: sums over its feeds are made when written.
    """

    bucket: int
    source: str
    pair: str


@dataclass(slots=True)
class Tally:
    """Counts of one key; fields as in ``SourceScore``."""

    asked: int = 0
    quotes: int = 0
    used: int = 0
    compared: int = 0
    bias_cbps: int = 0
    breaker_openings: int = 0
    refusals: dict[str, int] = field(default_factory=dict)
    deviation: list[int] = field(default_factory=lambda: histograms.empty(DEVIATION_BPS))
    latency: list[int] = field(default_factory=lambda: histograms.empty(LATENCY_MS))

    def add(self, other: Tally) -> None:
        """Add another's counts to these."""
        self.asked += other.asked
        self.quotes += other.quotes
        self.used += other.used
        self.compared += other.compared
        self.bias_cbps += other.bias_cbps
        self.breaker_openings += other.breaker_openings
        for code, count in other.refusals.items():
            self.refusals[code] = self.refusals.get(code, 0) + count
        self.deviation = [a + b for a, b in zip(self.deviation, other.deviation, strict=True)]
        self.latency = [a + b for a, b in zip(self.latency, other.latency, strict=True)]

    def observe(self, observation: Observation, *, answer: Decimal | None) -> None:
        """Count one observation. answer: the feed's price in this round, None without one."""
        self.asked += 1
        refusal = observation.refusal
        if refusal:
            self.refusals[str(refusal)] = self.refusals.get(str(refusal), 0) + 1
        else:
            self.used += 1
        if isinstance(observation.outcome, Miss):
            return
        self.quotes += 1
        if answer is not None and observation.price is not None and refusal not in _NOT_COMPARED:
            cbps = int((observation.price - answer) * _CBPS / answer)
            if not -MAX_CBPS <= cbps <= MAX_CBPS:
                cbps = MAX_CBPS if cbps > 0 else -MAX_CBPS
            self.compared += 1
            self.bias_cbps += cbps
            self.deviation[histograms.place_of(abs(cbps), _DEVIATION_CBPS)] += 1


class Tallies:
    """The counts of this process, shared by its threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        # By bucket and pair, then by source: twenty sources of a feed are counted for one look at its row.
        self._counts: dict[tuple[int, str], dict[str, Tally]] = {}

    def __len__(self) -> int:
        return sum(len(row) for row in self._counts.values())

    def add_round(self, prices: Iterable[FeedPrice], calls: Iterable[Mapping[str, Any]], *, now: datetime) -> None:
        """Count every observation of a settled round, and the time of every source call that was made."""
        bucket = int(now.timestamp()) // FINE_S * FINE_S
        latencies = {call["source"]: int(call["latency_ms"]) for call in calls if call["attempts"]}
        with self._lock, localcontext(prec=_PRECISION):
            places = {source: histograms.place_of(latency_ms, LATENCY_MS) for source, latency_ms in latencies.items()}
            if places:
                self._count_calls(self._row(bucket, ALL_PAIRS), places)
            for price in prices:
                row = self._row(bucket, price.feed.pair)
                for observation in price.observations:
                    source = observation.outcome.source
                    own = row.get(source)
                    if own is None:
                        own = row[source] = Tally()
                    own.observe(observation, answer=price.price)
                    if source in places:
                        own.latency[places[source]] += 1
            self._stay_bounded()

    def add(self, key: Key, tally: Tally) -> None:
        """Add counts made elsewhere, or put back what could not be written."""
        with self._lock:
            self._row(key.bucket, key.pair).setdefault(key.source, Tally()).add(tally)

    def take(self) -> dict[Key, Tally]:
        """Return all counts and begin anew."""
        with self._lock:
            taken, self._counts = self._counts, {}
        return {
            Key(bucket, source, pair): tally for (bucket, pair), row in taken.items() for source, tally in row.items()
        }

    def _row(self, bucket: int, pair: str) -> dict[str, Tally]:
        return self._counts.setdefault((bucket, pair), {})

    def _count_calls(self, row: dict[str, Tally], places: Mapping[str, int]) -> None:
        for source, place in places.items():
            row.setdefault(source, Tally()).latency[place] += 1

    def _stay_bounded(self) -> None:
        if len(self) > MAX_KEYS:
            oldest = min(bucket for bucket, _ in self._counts)
            self._counts = {key: row for key, row in self._counts.items() if key[0] != oldest}
