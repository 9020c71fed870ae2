"""Fetching: lanes beside bare aiohttp and beside threads with requests, whole rounds, and what a worker weighs."""

from __future__ import annotations

from bench import oracle
from bench.chords import measure_chords
from bench.footprint import measure_imports, measure_memory
from bench.lanes import measure_lanes
from bench.measure import Scale
from bench.rows import Row
from bench.servers import Servers


def measure(scale: Scale) -> list[Row]:
    """Return every row of the section."""
    with Servers() as servers:
        running = oracle.start(servers, exchange=servers.exchange())
        return [
            *measure_lanes(running.exchange.url, scale),
            *measure_imports(scale),
            *measure_chords(running, scale),
            *measure_memory(running),
        ]
