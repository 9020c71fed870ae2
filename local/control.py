"""`make stop` and `make status`: talking about an oracle that runs in another terminal."""

from __future__ import annotations

import json
import os
import signal
import time
import urllib.error
import urllib.request

from local.progress import say
from local.state import Home, RunLock, read_json
from local.supervise import Supervisor

STOP_TIMEOUT_S = 100.0
POLL_S = 0.1
HTTP_TIMEOUT_S = 5


def stop(home: Home) -> int:
    """Ask the running oracle to end and wait for it. Returns 0 when nothing runs any more."""
    lock = RunLock(home)
    pid = lock.holder()
    if not pid:
        say("no oracle runs here")
        return 0
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + STOP_TIMEOUT_S
    while lock.holder():
        if time.monotonic() > deadline:
            say(f"pid {pid} has not ended after {STOP_TIMEOUT_S:.0f} s; see {home.path('logs')}")
            return 1
        time.sleep(POLL_S)
    say("stopped")
    return 0


def status(home: Home) -> int:
    """Show every part and what readiness says. Returns 0 when the oracle is ready."""
    pid = RunLock(home).holder()
    if not pid:
        say("no oracle runs here")
        return 1
    described = read_json(home.path("run.json"))
    say(f"pid {pid}  {described.get('base_url', 'still starting')}")
    for part in Supervisor(home).states():
        age = f"{time.time() - part.since:.0f} s" if part.state == "RUNNING" else ""
        say(f"  {part.name:<10} {part.state:<9} {part.pid or '':<8} {age}")
    if not described:
        return 1
    ready, detail = _readiness(f"{described['api_url']}/health/ready")
    say(f"  readiness: {detail}")
    return 0 if ready else 1


def _readiness(url: str) -> tuple[bool, str]:
    """Return whether the oracle says it is ready, and its answer in one line."""
    try:
        with urllib.request.urlopen(url, timeout=HTTP_TIMEOUT_S) as reply:  # noqa: S310 - own server
            return True, f"{reply.status} {json.load(reply).get('status', 'ready')}"
    except urllib.error.HTTPError as exc:
        return False, f"{exc.code} {exc.read()[:500].decode(errors='replace')}"
    except (OSError, ValueError) as exc:
        return False, f"no answer: {exc}"
