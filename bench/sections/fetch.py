"""Fetching: lanes beside bare aiohttp and beside threads with requests."""

from __future__ import annotations

import os

from bench.measure import Scale
from bench.rows import Row
from bench.servers import Servers


def measure(scale: Scale) -> list[Row]:
    """Return every row of the section."""
    with Servers() as servers:
        exchange = servers.exchange()
        os.environ["PRICE_HOST_ALLOWLIST"] = exchange.url.removeprefix("http://")
        from bench.lanes import measure_lanes  # noqa: PLC0415 - reads the environment as it loads

        return measure_lanes(exchange.url, scale)
