"""Numbers of several processes in one folder."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from prometheus_client import CollectorRegistry, generate_latest

from apps.monitoring.multiprocess import SharedMetrics
from tests.conftest import REPOSITORY

WORKER = """
from apps.monitoring import metrics
metrics.source_call("kraken", "", 0.1)
metrics.worker_seen("fetch")
import sys
assert "django" not in sys.modules, "a fetch worker has no Django"
"""


def run_worker(folder: Path) -> None:
    """Count one call in a process of its own."""
    subprocess.run(
        [sys.executable, "-c", WORKER],
        check=True,
        cwd=REPOSITORY,
        env={**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(folder)},
    )


def test_processes_without_django_are_summed(tmp_path: Path) -> None:
    """Two ended fetch workers counted one call each, so the page says two; the folder is made when absent."""
    folder = tmp_path / "metrics"
    run_worker(folder)
    run_worker(folder)
    registry = CollectorRegistry()
    registry.register(SharedMetrics(folder))

    text = generate_latest(registry).decode()

    assert 'oracle_source_requests_total{code="ok",source="kraken"} 2.0' in text
    assert text.count("oracle_worker_last_seen_timestamp_seconds{") == 1


def test_files_are_named_by_host(tmp_path: Path) -> None:
    """Containers repeat process ids, so a file's name says the host as well."""
    run_worker(tmp_path)

    names = [path.stem.rpartition("_")[2] for path in tmp_path.glob("counter_*.db")]
    assert names
    assert all("-" in name and not name.isdigit() for name in names)
