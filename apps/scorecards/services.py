"""Writing scores: counted in memory as rounds settle, added to the tables about once a minute, pruned by age.

What a killed process had not written yet is lost: scores are judgement, not evidence, and a minute of them is cheap.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import redis
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from apps.feeds.models import Source
from apps.pricing.observations import FeedPrice
from apps.scorecards import histograms
from apps.scorecards.models import BreakerMark, SourceScore
from apps.scorecards.tally import ALL_PAIRS, FINE_S, Key, Tallies, Tally
from apps.sources.gate_state import gate_states

log = logging.getLogger(__name__)
FLUSH_EVERY_S = 60.0
FLUSH_MANY_EVERY_S = (
    300.0  # with more than MANY tallies, so that a large installation writes each row once in 5 minutes
)
MANY = 2_000
ROWS_A_STATEMENT = 2_000
KEPT: Mapping[int, timedelta] = {
    SourceScore.Tier.FINE: timedelta(minutes=75),
    SourceScore.Tier.HOUR: timedelta(hours=26),
    SourceScore.Tier.QUARTER_DAY: timedelta(days=8),
}

ADD_SCORES = """
INSERT INTO scorecards_sourcescore AS score
    (tier_s, start, source, pair, asked, quotes, used, compared, bias_cbps, breaker_openings,
     refusals, deviation, latency)
SELECT said.tier_s, said.start, said.source, said.pair, said.asked, said.quotes, said.used, said.compared,
       said.bias_cbps, said.openings, said.refusals::jsonb, said.deviation::int[], said.latency::int[]
FROM unnest(%s::int[], %s::timestamptz[], %s::text[], %s::text[], %s::bigint[], %s::bigint[], %s::bigint[],
            %s::bigint[], %s::bigint[], %s::int[], %s::text[], %s::text[], %s::text[])
     AS said(tier_s, start, source, pair, asked, quotes, used, compared, bias_cbps, openings,
             refusals, deviation, latency)
ON CONFLICT (pair, tier_s, start, source) DO UPDATE SET
    asked = score.asked + EXCLUDED.asked,
    quotes = score.quotes + EXCLUDED.quotes,
    used = score.used + EXCLUDED.used,
    compared = score.compared + EXCLUDED.compared,
    bias_cbps = score.bias_cbps + EXCLUDED.bias_cbps,
    breaker_openings = score.breaker_openings + EXCLUDED.breaker_openings,
    refusals = CASE WHEN EXCLUDED.refusals = '{}'::jsonb THEN score.refusals ELSE (
        SELECT jsonb_object_agg(code, total) FROM (
            SELECT code, sum(count::bigint) AS total FROM (
                SELECT * FROM jsonb_each_text(score.refusals) UNION ALL SELECT * FROM jsonb_each_text(EXCLUDED.refusals)
            ) AS both_sides(code, count) GROUP BY code
        ) AS summed
    ) END,
    deviation = ARRAY(SELECT COALESCE(a, 0) + COALESCE(b, 0) FROM unnest(score.deviation, EXCLUDED.deviation)
                      WITH ORDINALITY AS pairs(a, b, place) ORDER BY place),
    latency = ARRAY(SELECT COALESCE(a, 0) + COALESCE(b, 0) FROM unnest(score.latency, EXCLUDED.latency)
                    WITH ORDINALITY AS pairs(a, b, place) ORDER BY place)
"""


class _Clock:
    """When this process wrote last; one thread writes at a time."""

    def __init__(self) -> None:
        self.writing = threading.Lock()
        self.wrote_at = time.monotonic()

    def is_due(self, tallies: int, *, late: float) -> bool:
        """Return whether it is time to write. late: multiples of the pause to wait."""
        pause_s = FLUSH_MANY_EVERY_S if tallies > MANY else FLUSH_EVERY_S
        return time.monotonic() - self.wrote_at >= pause_s * late


@cache
def tallies() -> Tallies:
    """Return this process's counts."""
    return Tallies()


@cache
def _clock() -> _Clock:
    return _Clock()


def record_round(prices: Iterable[FeedPrice], calls: Sequence[Mapping[str, Any]], *, now: datetime) -> None:
    """Count a settled round. Writes only when nobody else did for long: beat does it in between."""
    tallies().add_round(prices, calls, now=now)
    if _clock().is_due(len(tallies()), late=1.5):
        flush()


def flush_when_due() -> int:
    """Write the counts when it is time, prune old ones, and return how many rows were written. Beat sends it."""
    if not _clock().is_due(len(tallies()), late=0.9):
        return 0
    prune_scores(now=timezone.now())
    return flush()


def flush() -> int:
    """Write the counts of this process and return how many rows that took; what cannot be written is kept."""
    clock = _clock()
    if not clock.writing.acquire(blocking=False):
        return 0
    try:
        clock.wrote_at = time.monotonic()
        taken = tallies().take()
        try:
            openings = _openings_ever()
            with transaction.atomic():
                written = _write({**taken, **_with_openings(taken, openings, now=timezone.now())})
        except DatabaseError:
            log.exception("scores not written tallies=%d", len(taken))
            for key, tally in taken.items():
                tallies().add(key, tally)
            return 0
        return written
    finally:
        clock.writing.release()


def write_last_tallies(**_signal: Any) -> None:
    """Write what is counted when a worker ends."""
    if len(tallies()):
        flush()


def prune_scores(*, now: datetime) -> int:
    """Delete buckets past their tier's time and return how many went."""
    return sum(SourceScore.objects.filter(tier_s=tier, start__lt=now - kept).delete()[0] for tier, kept in KEPT.items())


def _openings_ever() -> dict[str, int]:
    """Return how often each source's breaker opened ever; empty without Redis, they are then added another time."""
    try:
        states = gate_states(Source.objects.order_by("slug").values_list("slug", flat=True))
    except redis.RedisError as exc:
        log.warning("breaker openings not read error=%s", exc.__class__.__name__)
        return {}
    return {slug: state.openings for slug, state in states.items() if state.openings}


def _with_openings(taken: Mapping[Key, Tally], ever: Mapping[str, int], *, now: datetime) -> dict[Key, Tally]:
    """Return new tallies of the sources whose breaker opened since any process last wrote, and mark them written."""
    known = {mark.source: mark for mark in BreakerMark.objects.select_for_update().order_by("source")}
    bucket = int(now.timestamp()) // FINE_S * FINE_S
    found: dict[Key, Tally] = {}
    for slug, openings in ever.items():
        before = known[slug].openings if slug in known else 0
        if openings == before:
            continue
        BreakerMark.objects.update_or_create(source=slug, defaults={"openings": openings})
        key = Key(bucket, slug, ALL_PAIRS)
        tally = found[key] = Tally()
        if key in taken:
            tally.add(taken[key])
        # A counter that went back was lost with Redis and began anew.
        tally.breaker_openings += openings - before if openings > before else openings
    return found


def _write(taken: Mapping[Key, Tally]) -> int:
    """Add the tallies to their buckets in every tier, in one order, so that two processes cannot block each other."""
    rows: dict[tuple[str, int, int, str], Tally] = {}
    for key, tally in [*taken.items(), *_sums(taken).items()]:
        for tier in SourceScore.Tier:
            start = key.bucket // tier * tier
            rows.setdefault((key.pair, int(tier), start, key.source), Tally()).add(tally)
    ordered = sorted(rows)
    for first in range(0, len(ordered), ROWS_A_STATEMENT):
        chunk = [(place, rows[place]) for place in ordered[first : first + ROWS_A_STATEMENT]]
        with connection.cursor() as cursor:
            cursor.execute(ADD_SCORES, _columns(chunk))
    return len(ordered)


def _sums(taken: Mapping[Key, Tally]) -> dict[Key, Tally]:
    """Return each source's sum over its feeds, latency apart: a call that serves many feeds counts once."""
    sums: dict[Key, Tally] = {}
    for key, tally in taken.items():
        if key.pair != ALL_PAIRS:
            sums.setdefault(Key(key.bucket, key.source, ALL_PAIRS), Tally()).add(tally)
    for tally in sums.values():
        tally.latency = histograms.empty(histograms.LATENCY_MS)
    return sums


def _columns(chunk: Sequence[tuple[tuple[str, int, int, str], Tally]]) -> list[list[Any]]:
    rows = [
        (
            tier,
            datetime.fromtimestamp(start, UTC),
            source,
            pair,
            tally.asked,
            tally.quotes,
            tally.used,
            tally.compared,
            tally.bias_cbps,
            tally.breaker_openings,
            json.dumps(tally.refusals),
            _array(tally.deviation),
            _array(tally.latency),
        )
        for (pair, tier, start, source), tally in chunk
    ]
    return [list(column) for column in zip(*rows, strict=True)]


def _array(counts: Sequence[int]) -> str:
    return f"{{{','.join(map(str, counts))}}}"
