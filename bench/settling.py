"""Settling on a real PostgreSQL and Valkey: CPU, the database's share of it, and what a day of rounds leaves on disk.

Django must be set up by the environment before this module's functions run.
"""

from __future__ import annotations

import hashlib
import json
import random
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

from bench.measure import Scale, cpu_of
from bench.rows import Row, row

SOURCES, FEEDS, ROUNDS = 20, 1_000, 8
NEWS = 7  # feeds a round publishes: a thousand heartbeats of an hour and the deviations of a lively day
MOVING = 0.3  # share of rows that change between two replies of an exchange
PER_REQUEST = 100  # tickers of one request
INTERVAL_S = 5
ROUNDS_A_DAY = 86_400 // INTERVAL_S
INDEXES = 1.15
SIZES = {
    "rounds_round": """SELECT coalesce(sum(pg_column_size(t.*)), 0) FROM rounds_round AS t
        WHERE id <> (SELECT id FROM rounds_round ORDER BY opened_at LIMIT 1)""",
    "rounds_answer": """SELECT coalesce(sum(pg_column_size(t.*)), 0) FROM rounds_answer AS t
        WHERE round_id <> (SELECT id FROM rounds_round ORDER BY opened_at LIMIT 1)""",
    "evidence_body": "SELECT coalesce(sum(pg_column_size(t.*)), 0) FROM evidence_body AS t WHERE base_id IS NOT NULL",
}


def measure_settling(scale: Scale) -> list[Row]:
    """Return CPU of settling, the time inside the database, and the projected growth of the disk."""
    import django  # noqa: PLC0415 - reads the environment made by the section
    from django.core.management import call_command  # noqa: PLC0415

    from apps.monitoring.celery_signals import calm_collector  # noqa: PLC0415

    django.setup()
    call_command("migrate", verbosity=0)
    calm_collector()  # as workers do
    run = _Run(feeds=scale.of(FEEDS, least=20))
    for _ in range(scale.of(ROUNDS, least=3)):
        run.settle()
    what = f"{run.feeds} feeds x {SOURCES} sources"
    count = "CPU of settle, from lane results to commit, evidence and scorecards included / feeds"
    return [
        row(f"settle, {what}", count, unit="ms/feed", samples={"ours": run.cpu_ms[1:]}),
        row(
            f"settle, {what}: database",
            "wall time in SQL / wall time of settle",
            unit="",
            samples={"ours": run.share[1:]},
        ),
        *run.growth(),
    ]


class _Run:
    """A market that moves, and rounds over it."""

    def __init__(self, *, feeds: int) -> None:
        from apps.feeds.models import Feed, Listing, Source  # noqa: PLC0415 - needs Django

        self.feeds = feeds
        self.cpu_ms: list[float] = []
        self.share: list[float] = []
        self._dice = random.Random(1)
        self._now = datetime.now(UTC)
        self._levels = [100_000 + self._dice.randrange(10**6) for _ in range(feeds)]
        self._rows = [[self._row(k, n) for n in range(feeds)] for k in range(SOURCES)]
        made = Source.objects.bulk_create(
            Source(slug=f"src{k}", name=f"Source {k}", adapter="kraken", venue=f"venue{k}") for k in range(SOURCES)
        )
        rows = Feed.objects.bulk_create(
            Feed(pair=f"A{n}/USD", quorum=3, active_sources=SOURCES, jump_bps=0, agree_bps=0) for n in range(feeds)
        )
        Listing.objects.bulk_create(
            Listing(feed=feed, source=source, ticker=f"T{n}", priority=place)
            for n, feed in enumerate(rows)
            for place, source in enumerate(made, start=1)
        )

    def settle(self) -> None:
        """Settle one round in which a few feeds have news, store its bodies, and trim it."""
        from django.db import connection  # noqa: PLC0415 - needs Django

        from apps.evidence.services import keep_round  # noqa: PLC0415
        from apps.rounds import copying, settling  # noqa: PLC0415
        from apps.rounds.models import Round  # noqa: PLC0415
        from apps.rounds.services import open_round  # noqa: PLC0415
        from apps.submissions.models import Submission  # noqa: PLC0415

        self._now += timedelta(seconds=INTERVAL_S)
        self._move()
        lanes = [self._lane(k) for k in range(SOURCES)]
        pairs = [f"A{n}/USD" for n in range(self.feeds)]
        opened = open_round(pairs=pairs, trigger=Round.Trigger.SCHEDULED, requested_by="", now=self._now)[0]
        in_sql = _Stopwatch()
        started = time.perf_counter()
        copy = patch.object(settling, "copy_answers", in_sql.around(copying.copy_answers))
        with connection.execute_wrapper(in_sql), copy:
            cpu = cpu_of(lambda: settling.settle(opened.pk, lanes, closed_by=Round.ClosedBy.CALLBACK, now=self._now))
        self.share.append(in_sql.seconds / (time.perf_counter() - started))
        self.cpu_ms.append(cpu * 1000 / self.feeds)
        keep_round(opened.pk, now=self._now)
        Submission.objects.update(state=Submission.State.UNCONFIRMED)

    def growth(self) -> list[Row]:
        """Return what one more day of rounds adds to the disk, after trimming, by table."""
        from apps.rounds.retention import trim_rounds  # noqa: PLC0415 - needs Django

        trim_rounds(now=self._now + timedelta(hours=1))
        days = ROUNDS_A_DAY / max(1, len(self.cpu_ms) - 1)
        kept = "bytes of trimmed rounds, the first left out, x 17,280"
        rows = [
            row(f"growth: {table}", kept, unit="GiB/day", samples={"ours": [_bytes_of(table) * days / 2**30]})
            for table in SIZES
        ]
        together = f"{NEWS} of {self.feeds} feeds published a round, every {INTERVAL_S} s"
        total = sum(one.ours for one in rows)
        return [*rows, row("growth: together", together, unit="GiB/day", samples={"ours": [total]})]

    def _move(self) -> None:
        for n in self._dice.sample(range(self.feeds), min(NEWS, self.feeds)):
            self._levels[n] = self._levels[n] * 1007 // 1000
            for k in range(SOURCES):
                self._rows[k][n] = self._row(k, n)
        for k in range(SOURCES):
            for n in self._dice.sample(range(self.feeds), int(self.feeds * MOVING)):
                self._rows[k][n] = self._row(k, n)

    def _row(self, source: int, n: int) -> dict[str, str]:
        """Return a ticker as exchanges send it: a dozen fields, most of them numbers."""
        price = self._levels[n] + self._dice.randrange(20)
        text = f"{price // 1000}.{price % 1000:03d}"
        volume = self._dice.randrange(10**9)
        return {
            "symbol": f"T{n}",
            "lastPrice": text,
            "bidPrice": text,
            "askPrice": text,
            "openPrice": f"{price // 1010}.{price % 977:03d}",
            "highPrice": f"{price // 990}.{price % 991:03d}",
            "lowPrice": f"{price // 1020}.{price % 983:03d}",
            "volume": f"{volume // 1000}.{volume % 1000:03d}",
            "quoteVolume": f"{volume * 7 // 1000}.{volume % 997:03d}",
            "count": str(self._dice.randrange(10**6)),
            "priceChangePercent": f"{self._dice.randrange(900) / 100}",
            "exchange": f"src{source}",
        }

    def _lane(self, source: int) -> dict[str, Any]:
        """Return a lane's result, its bodies left where a fetch worker leaves them."""
        from apps.sources.bodies import RedisBodies  # noqa: PLC0415 - reads the environment

        attempts, outcomes = [], []
        for start in range(0, self.feeds, PER_REQUEST):
            rows = self._rows[source][start : start + PER_REQUEST]
            body = json.dumps(rows).encode()
            sha256 = hashlib.sha256(body).hexdigest()
            RedisBodies().put(sha256, body)
            at = (self._now + timedelta(microseconds=start + source)).isoformat()
            attempts.append(_attempt(f"https://src{source}.test/ticker?page={start}", sha256, at))
            outcomes += [_outcome(f"src{source}", start + place, one, at) for place, one in enumerate(rows)]
        call: dict[str, Any] = {"source": f"src{source}", "role": "primary", "promoted_for": None}
        call["started_at"] = self._now.isoformat()
        return {
            "lane": f"src{source}",
            "calls": [{**call, "latency_ms": 40, "attempts": attempts, "outcomes": outcomes}],
        }


class _Stopwatch:
    """Adds up the time inside SQL."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def around(self, work: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function, timed: a COPY is no statement to Django."""

        def timed(*arguments: Any) -> Any:
            started = time.perf_counter()
            try:
                return work(*arguments)
            finally:
                self.seconds += time.perf_counter() - started

        return timed

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        """Time one statement."""
        started = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            self.seconds += time.perf_counter() - started


def _attempt(url: str, sha256: str, at: str) -> dict[str, Any]:
    return {
        "url": url,
        "status": 200,
        "code": "",
        "latency_ms": 40,
        "body_sha256": sha256,
        "cached": False,
        "method": "GET",
        "received_at": at,
        "headers": {"date": "Tue, 24 Nov 2026 12:00:00 GMT", "content-type": "application/json"},
    }


def _outcome(source: str, number: int, ticker: dict[str, str], at: str) -> dict[str, Any]:
    return {
        "kind": "quote",
        "source": source,
        "pair": f"A{number}/USD",
        "ticker": f"T{number}",
        "price": ticker["lastPrice"],
        "bid": ticker["bidPrice"],
        "ask": ticker["askPrice"],
        "volume": ticker["volume"],
        "source_time": at,
        "received_at": at,
    }


def _bytes_of(table: str) -> int:
    """Return the stored bytes of a table's rows, 15 % added for indexes; the first round, and the bases, left out."""
    from django.db import connection  # noqa: PLC0415 - needs Django

    with connection.cursor() as cursor:
        cursor.execute(SIZES[table])
        (size,) = cursor.fetchone()
    return int(size * INDEXES)
