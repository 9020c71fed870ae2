"""Readers of gauges, and one that fails."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily

from apps.monitoring import collector, scraped


@pytest.fixture
def registry(monkeypatch) -> CollectorRegistry:
    """Return a registry of the gauges, with no reader registered."""
    monkeypatch.setattr(collector, "_readers", {})
    registry = CollectorRegistry()
    registry.register(collector.GaugeCollector())
    return registry


def test_a_failing_reader_blinds_only_itself(registry) -> None:
    """With the broker away the database's gauges still show."""

    def broken() -> Iterator[GaugeMetricFamily]:
        raise ConnectionError
        yield

    def working() -> Iterator[GaugeMetricFamily]:
        family = scraped.ROUNDS_OPEN.family()
        family.add_metric([], 3)
        yield family

    collector.register("broken", broken, errors=(OSError,))
    collector.register("working", working, errors=(OSError,))

    assert registry.get_sample_value("oracle_rounds_open") == 3
    assert registry.get_sample_value("oracle_reader_up", {"reader": "broken"}) == 0
    assert registry.get_sample_value("oracle_reader_up", {"reader": "working"}) == 1


def test_an_unforeseen_error_is_not_swallowed(registry) -> None:
    """A programming error must fail the scrape, where it is seen."""

    def wrong() -> Iterator[GaugeMetricFamily]:
        raise KeyError("pair")
        yield

    collector.register("wrong", wrong, errors=(OSError,))

    with pytest.raises(KeyError):
        registry.get_sample_value("oracle_rounds_open")
