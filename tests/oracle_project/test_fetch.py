"""What the fetch worker's program loads."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
HEAVY = ("web3", "eth_account", "django.db", "apps.feeds.models", "apps.rounds.models", "jsonpath_rfc9535", "requests")


def test_the_worker_loads_nothing_heavy() -> None:
    """Neither web3 nor the ORM and its models, nor libraries that only some sources need."""
    program = (
        "import sys, celery.bin.worker, oracle_project.fetch\n"
        "oracle_project.fetch.app.loader.import_default_modules()\n"
        "assert 'rounds.fetch_lane' in oracle_project.fetch.app.tasks\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )

    done = subprocess.run([sys.executable, "-c", program], cwd=REPOSITORY, capture_output=True, text=True, check=False)

    assert (done.stdout.strip(), done.stderr) == ("[]", "")
