"""What a fetch worker weighs: memory after work, and what importing it costs."""

from __future__ import annotations

import subprocess
import sys

import psutil

from bench.measure import Scale, interleave
from bench.oracle import Oracle
from bench.rows import Row, row
from local.embedded import REPOSITORY

MIB = 2**20
IMPORTS = {
    "floor": "import celery.bin.worker, redis, urllib3",
    "ours": "import celery.bin.worker, oracle_project.fetch, apps.sources.tasks",
}


def measure_memory(oracle: Oracle) -> list[Row]:
    """Return the memory of the fetch worker as it stands."""
    memory = psutil.Process(oracle.pids["fetch"]).memory_full_info()
    return [
        row(
            f"fetch worker: {name.upper()}",
            "after the rounds above, 32 threads",
            unit="MiB",
            samples={"ours": [value / MIB]},
        )
        for name, value in (("rss", memory.rss), ("pss", memory.pss))
    ]


def measure_imports(scale: Scale) -> list[Row]:
    """Return CPU and memory of importing the fetch worker beside importing its libraries alone."""
    turns = interleave(
        {name: (lambda statement=statement: _import(statement)) for name, statement in IMPORTS.items()},  # type: ignore[misc]
        repeats=scale.repeats,
    )
    cpu = {name: [cpu_ms for cpu_ms, _ in taken] for name, taken in turns.items()}
    rss = {name: [rss_mib for _, rss_mib in taken] for name, taken in turns.items()}
    against = "a Python with the fetch worker's modules / one with Celery, Redis and urllib3 only"
    return [
        row("fetch worker: import CPU", against, unit="ms", samples=cpu),
        row("fetch worker: RSS after import", against, unit="MiB", samples=rss),
    ]


def _import(statement: str) -> tuple[float, float]:
    """Return CPU milliseconds and resident MiB of a Python that imports this and nothing else."""
    script = f"{statement}\nimport psutil, time\nprint(time.process_time(), psutil.Process().memory_info().rss)"
    told = subprocess.run([sys.executable, "-c", script], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    cpu_s, rss = told.stdout.split()
    return float(cpu_s) * 1000, int(rss) / MIB
