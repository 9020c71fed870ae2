"""Requests a minute, counted per key, or per address for callers without one."""

from __future__ import annotations

import logging
import time
from typing import Any

from django.conf import settings
from django.core.cache import cache
from redis.exceptions import RedisError
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from apps.api.models import ApiKey

logger = logging.getLogger(__name__)
WINDOW_S = 60


class QuotaThrottle(BaseThrottle):
    """Counts in Redis by atomic increment, one counter per caller and minute, shared by all web processes.

    Fails open: a price must stay readable while Redis is away.
    """

    def __init__(self) -> None:
        self._now_s = int(time.time())

    def allow_request(self, request: Request, view: Any) -> bool:
        """Return whether the caller is within its quota of this minute."""
        caller, quota = self._caller(request)
        try:
            return self._count(caller) <= quota
        except RedisError as exc:
            logger.warning("quota not counted", extra={"error": exc.__class__.__name__})
            return True

    def wait(self) -> float:
        """Return the seconds until the next minute starts."""
        return WINDOW_S - self._now_s % WINDOW_S

    def _caller(self, request: Request) -> tuple[str, int]:
        if isinstance(request.auth, ApiKey):
            return f"key:{request.auth.pk}", request.auth.quota_per_minute
        return f"address:{self.get_ident(request)}", settings.API_ADDRESS_QUOTA

    def _count(self, caller: str) -> int:
        counter = f"quota:{caller}:{self._now_s // WINDOW_S}"
        if cache.add(counter, 1, timeout=2 * WINDOW_S):
            return 1
        return cache.incr(counter)
