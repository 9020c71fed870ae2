"""What a worker still knows about its sources' limits when Redis is away: its own count, and pauses it was told."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence

from limits import RateLimitItemPerSecond
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from apps.pricing.types import SourceSpec
from apps.sources import errors
from apps.sources.budget import Window


class LocalGate:
    """Budgets of one process. With n workers a source may see n times its limit, for as long as Redis is away."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._paused_until: dict[str, float] = {}

    def admit(self, spec: SourceSpec, *, weight: int, windows: Sequence[Window]) -> None:
        """Spend the budget. Raises PausedBySource or OutOfBudget."""
        with self._lock:
            left_s = self._paused_until.get(spec.slug, 0.0) - time.monotonic()
            if left_s > 0:
                raise errors.PausedBySource(f"{spec.slug} demanded a pause, {left_s:.1f} s are left")
            items = [RateLimitItemPerSecond(window.amount, window.period_s) for window in windows]
            for item, window in zip(items, windows, strict=True):
                if not self._limiter.test(item, spec.slug, cost=weight):
                    raise errors.OutOfBudget(f"{spec.slug}'s rate limit of {window} is used up")
            for item in items:
                self._limiter.hit(item, spec.slug, cost=weight)

    def pause(self, spec: SourceSpec, *, seconds: float) -> None:
        """Remember a pause."""
        with self._lock:
            until = time.monotonic() + seconds
            self._paused_until[spec.slug] = max(until, self._paused_until.get(spec.slug, 0.0))
