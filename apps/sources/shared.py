"""The one Redis client of a process: round board, gate and reply cache share its connections."""

from __future__ import annotations

from functools import cache

import redis

from oracle_project import env

SOCKET_TIMEOUT_S = 5


@cache
def shared_redis() -> redis.Redis:
    """Return this process's client of REDIS_URL."""
    url = env.text("REDIS_URL") or "redis://127.0.0.1:6379/0"
    return redis.Redis.from_url(url, socket_timeout=SOCKET_TIMEOUT_S, health_check_interval=30)
