"""What a source's rate limit allows: the grammar operators write it in, and the windows it stands for. Pure.

The grammar is that of the ``limits`` library (https://limits.readthedocs.io/en/stable/quickstart.html#rate-limit-string-notation):
``20/second``, ``600/5 minute``, several joined by ``;``, all of which hold at once. ``none`` lifts an adapter's own.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import limits

NO_LIMIT = "none"
MAX_AMOUNT = 1_000_000
MAX_PERIOD_S = 86_400
MAX_WINDOWS = 4


class BadRateLimit(ValueError):
    """A rate limit cannot be read, or is out of range; the message says what is expected."""


@dataclass(frozen=True, slots=True)
class Window:
    """At most ``amount`` of weight within any ``period_s`` seconds."""

    amount: int
    period_s: int

    def __str__(self) -> str:
        return f"{self.amount} in {self.period_s} s"


@lru_cache(maxsize=1024)
def windows(rate_limit: str) -> tuple[Window, ...]:
    """Return the windows of a rate limit, none for an empty one or ``none``. Raises BadRateLimit."""
    text = rate_limit.strip()
    if text.lower() in {"", NO_LIMIT}:
        return ()
    try:
        items = limits.parse_many(text)
    except ValueError as exc:
        raise BadRateLimit(f"{text!r} is not a rate limit; write 20/second, 600/5 minute, or {NO_LIMIT}") from exc
    found = tuple(Window(item.amount, item.get_expiry()) for item in items)
    for window in found:
        if not (1 <= window.amount <= MAX_AMOUNT and 1 <= window.period_s <= MAX_PERIOD_S):
            raise BadRateLimit(f"{window} is not between 1 and {MAX_AMOUNT} requests in 1 to {MAX_PERIOD_S} s")
    if len(found) > MAX_WINDOWS:
        raise BadRateLimit(f"{len(found)} limits are more than {MAX_WINDOWS}")
    return found
