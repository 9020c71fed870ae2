"""Gauges that are read when Prometheus asks.

Monitoring stands below the apps that own the tables, so they hand their readers up to it: an app calls ``register``
from its AppConfig. A reader that fails blinds only its own gauges, and oracle_reader_up says so.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from prometheus_client import REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.metrics_core import Metric

from apps.monitoring import multiprocess
from apps.monitoring.scraped import GAUGE_READER_UP

logger = logging.getLogger(__name__)

Reader = Callable[[], Iterable[Metric]]


@dataclass(frozen=True, slots=True)
class _Registered:
    read: Reader
    errors: tuple[type[Exception], ...]


_readers: dict[str, _Registered] = {}


def register(name: str, read: Reader, *, errors: tuple[type[Exception], ...]) -> None:
    """Have ``read`` called at every scrape.

    name: label of oracle_reader_up; registering it again replaces the reader.
    errors: what ``read`` raises when the thing it reads is away.
    """
    _readers[name] = _Registered(read, errors)


class GaugeCollector:
    """Collector of all registered readers."""

    def collect(self) -> Iterator[Metric]:
        """Yield each reader's gauges, then which readers worked."""
        health = GAUGE_READER_UP.family()
        for name, registered in _readers.items():
            try:
                families = list(registered.read())
            except registered.errors as exc:
                logger.warning("gauges not readable", extra={"reader": name, "error": exc.__class__.__name__})
                health.add_metric([name], 0)
                continue
            yield from families
            health.add_metric([name], 1)
        yield health


def exposition() -> bytes:
    """Return everything Prometheus may know, in its text format."""
    registry = CollectorRegistry()
    registry.register(GaugeCollector())
    shared = multiprocess.directory()
    if shared is None:
        return generate_latest(REGISTRY) + generate_latest(registry)
    registry.register(multiprocess.SharedMetrics(shared))
    return generate_latest(registry)
