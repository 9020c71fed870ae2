"""An oracle to measure: real PostgreSQL, Valkey, fetch and settle workers as production starts them; no chain.

Django is set up by ``start``; import this module's users' Django parts only after it.
"""

from __future__ import annotations

import os
import sys
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.exchange import base_of
from bench.servers import Running, ServerFailed, Servers
from bench.sources import ADAPTERS, pair_of, source_slug
from local.embedded import REPOSITORY

START_SCRIPTS = REPOSITORY / "compose" / "start"
PARTS = ("fetch", "settle")
READY_TIMEOUT_S = 60.0
LONG_S = 10**7  # nothing of a measurement is ever stale


@dataclass(frozen=True, slots=True)
class Oracle:
    """The oracle under way, and the root process of each of its parts."""

    exchange: Running
    pids: dict[str, int]


def start(servers: Servers, *, exchange: Running, environment: dict[str, str] | None = None) -> Oracle:
    """Start servers and workers, and make the database ready."""
    postgres, valkey = servers.postgres(), servers.valkey()
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "oracle_project.settings.local",
        "DATABASE_URL": postgres.url,
        "REDIS_URL": valkey.url,
        "MARKET": "live",
        "PRICE_HOST_ALLOWLIST": exchange.url.removeprefix("http://"),
        "ROUND_DEADLINE_S": "60",
        "LOG_LEVEL": "WARNING",
        "PROMETHEUS_MULTIPROC_DIR": str(servers.log("metrics").with_suffix("")),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
        **(environment or {}),
    }
    _prepare_database()
    pids = {"postgres": postgres.pid, "valkey": valkey.pid}
    for part in PARTS:
        pids[part] = servers.start(part, [str(START_SCRIPTS / part)], env=os.environ)
    _await_workers(servers)
    return Oracle(exchange, pids)


def configure(oracle: Oracle, *, sources: int, pairs: int, delay_ms: int) -> list[str]:
    """Replace the configuration by so many pairs, each listed by so many sources; return the pairs."""
    from apps.feeds.models import Feed, Listing, Source  # noqa: PLC0415 - needs Django

    for model in (Listing, Feed, Source):
        model.objects.all().delete()
    made = Source.objects.bulk_create(
        Source(
            slug=source_slug(number),
            name=f"Source {number}",
            adapter=ADAPTERS[number % len(ADAPTERS)],
            venue=f"venue-{number:02d}",
            base_url=f"{oracle.exchange.url}/{delay_ms}/{number}",
            timeout_s="8",
            rate_limit="none",
        )
        for number in range(sources)
    )
    feeds = Feed.objects.bulk_create(
        Feed(pair=pair_of(n), quorum=sources, active_sources=sources, max_age_s=LONG_S, heartbeat_s=LONG_S)
        for n in range(pairs)
    )
    Listing.objects.bulk_create(
        Listing(feed=feed, source=source, ticker=_ticker(source.adapter, n), priority=priority)
        for n, feed in enumerate(feeds)
        for priority, source in enumerate(made, start=1)
    )
    return [feed.pair for feed in feeds]


def settled_by_all(round_ids: Sequence[uuid.UUID], *, sources: int) -> bool:
    """Return whether each round was closed by its chord and each of its answers stands on every source."""
    from apps.rounds.models import Answer, Round  # noqa: PLC0415 - needs Django

    closed = Round.objects.filter(pk__in=round_ids, closed_by=Round.ClosedBy.CALLBACK).count()
    partial = Answer.objects.filter(round_id__in=round_ids).exclude(sources_used=sources).count()
    return closed == len(set(round_ids)) and not partial


def _ticker(adapter: str, number: int) -> str:
    return f"{base_of(number)}-USDT" if adapter == "okx" else f"{base_of(number)}USDT"


def _prepare_database() -> None:
    import django  # noqa: PLC0415 - reads the environment made above
    from django.core.management import call_command  # noqa: PLC0415

    django.setup()
    call_command("migrate", verbosity=0)


def _await_workers(servers: Servers) -> None:
    from oracle_project.celery import app  # noqa: PLC0415 - reads the environment made above

    deadline = time.monotonic() + READY_TIMEOUT_S
    while len(app.control.ping(timeout=1.0) or ()) < len(PARTS):
        if time.monotonic() > deadline:
            logs = "\n".join(servers.log(part).read_text(errors="replace")[-2000:] for part in PARTS)
            raise ServerFailed(f"workers did not answer within {READY_TIMEOUT_S:.0f} s\n{logs}")
