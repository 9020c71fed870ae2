"""One folder of metric files for every process of the oracle, and what they say together.

prometheus_client names its files by process id. Containers that share a volume repeat process ids, so ours are named
by host and process id; otherwise two processes would write the same file.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

from prometheus_client import CollectorRegistry, values
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector

DIRECTORY = "PROMETHEUS_MULTIPROC_DIR"
# An underscore would end the name's field that prometheus_client reads the process from.
_HOST = socket.gethostname().replace("_", "-")


def directory() -> Path | None:
    """Return the shared folder, or None when every process keeps its numbers to itself."""
    path = os.environ.get(DIRECTORY)
    return Path(path) if path else None


def process_name() -> str:
    """Return what this process's files are called after; changes in a forked child."""
    return f"{_HOST}-{os.getpid()}"


def prepare() -> None:
    """Create the shared folder and name this process's files. Call before the first metric is made; harmless twice."""
    shared = directory()
    if shared is None or getattr(values.ValueClass, "named_by_host", False):
        return
    shared.mkdir(parents=True, exist_ok=True)
    value_class = values.MultiProcessValue(process_name)  # type: ignore[no-untyped-call]
    value_class.named_by_host = True
    values.ValueClass = value_class


def touch_alive(pool: str) -> None:
    """Renew ``<pool>-<host>.alive`` in the shared folder, which a container's health check looks at."""
    shared = directory()
    if shared is not None:
        (shared / f"{pool}-{_HOST}.alive").touch()


class SharedMetrics:
    """Collector of what every process has written to the shared folder, summed as each metric asks."""

    def __init__(self, shared: Path) -> None:
        self._shared = shared

    def collect(self) -> Iterator[Metric]:
        """Yield the merged metrics, ended processes included: a counter must not go back while the folder lives."""
        reader = MultiProcessCollector(CollectorRegistry(), str(self._shared))  # type: ignore[no-untyped-call]
        yield from reader.collect()  # type: ignore[no-untyped-call]
