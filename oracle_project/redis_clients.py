"""The Redis clients of a process, one for every work that can wait for a hanging server so long and no longer.

Celery has its own, for broker and results (see celery_config.py).
"""

from __future__ import annotations

from functools import cache

import redis

from oracle_project import env

LOCAL_URL = "redis://127.0.0.1:6379/0"
# Board, gate and replies: a round comes to nothing without its board, so a lane waits as long as Celery for the broker.
ROUND_TIMEOUT_S = 5
# A feed's memory is lost without harm, so settling does not hold its prices up for it.
MEMORY_TIMEOUT_S = 2
# A person waits for the doctor's report, and a server that hangs is not all it has to tell.
DOCTOR_TIMEOUT_S = 3


def redis_url() -> str:
    """Return REDIS_URL, or where a local Redis listens."""
    return env.text("REDIS_URL") or LOCAL_URL


def shared_redis() -> redis.Redis:
    """Return this process's client for rounds: board, gate and reply cache share its connections."""
    return redis_client(timeout_s=ROUND_TIMEOUT_S)


@cache
def redis_client(*, timeout_s: int) -> redis.Redis:
    """Return this process's client of REDIS_URL that waits so long for a reply."""
    return redis.Redis.from_url(redis_url(), socket_timeout=timeout_s, health_check_interval=30)
