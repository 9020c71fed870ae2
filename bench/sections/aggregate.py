"""Aggregating: a round's prices from its quotes, how that grows, what settling adds, and what a day leaves on disk."""

from __future__ import annotations

import os

from bench.aggregating import measure_growth, measure_pure
from bench.measure import Scale
from bench.rows import Row
from bench.servers import Servers
from bench.settling import measure_settling


def measure(scale: Scale) -> list[Row]:
    """Return every row of the section."""
    rows = [*measure_pure(scale), *measure_growth(scale)]
    with Servers() as servers:
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "oracle_project.settings.local",
            "DATABASE_URL": servers.postgres().url,
            "REDIS_URL": servers.valkey().url,
            "MARKET": "live",
            "LOG_LEVEL": "ERROR",
        }
        return [*rows, *measure_settling(scale)]
