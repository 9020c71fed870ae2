"""The oracle that `make run` holds here, found by commands that are run beside it.

Plain standard library: it must be done before anything reads the environment.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
FILE = "environment.json"  # written by local.run into ORACLE_HOME, gone when the oracle ends
LOCAL_SETTINGS = "oracle_project.settings.local"


def join_running_oracle() -> None:
    """Take over the addresses and secrets of the oracle that runs here, unless the environment names other ones.

    Whoever gives other settings or another DATABASE_URL means another oracle; nothing is taken then. What the
    environment says stands before what the running oracle has.
    """
    settings = os.environ.setdefault("DJANGO_SETTINGS_MODULE", LOCAL_SETTINGS)
    if settings != LOCAL_SETTINGS or os.environ.get("DATABASE_URL_FILE"):
        return
    home = Path(os.environ.get("ORACLE_HOME") or REPOSITORY / ".oracle")
    try:
        running: dict[str, str] = json.loads((home / FILE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return
    if os.environ.get("DATABASE_URL") in (None, "", running["DATABASE_URL"]):
        for name, value in running.items():
            if not os.environ.get(name) and not os.environ.get(f"{name}_FILE"):
                os.environ[name] = value
