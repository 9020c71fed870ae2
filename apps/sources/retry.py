"""When to ask a source again: exponential backoff with full jitter, inside the deadline, for transient errors only.

Full jitter (a uniform draw from zero to a ceiling that doubles) spreads the retries of many workers best:
https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/. Pure: clock and dice are arguments.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime

from apps.pricing.types import MissCode
from apps.sources import errors

BASE_DELAY_S = 0.1
MAX_DELAY_S = 2.0
RATE_LIMIT_DELAY_S = 1.0  # least pause after a rate limit that names no pause of its own
BAN_PAUSE_S = 300.0  # least pause after a ban that names none; Bybit says ten minutes, most say nothing
MIN_ATTEMPT_S = 0.1  # an attempt with less time than this is not worth a request
LONGEST_RETRY_AFTER_S = 86_400.0


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a request stands after a failed attempt.

    attempt: how many were made, >= 1, of at most ``max_attempts``.  remaining_s: until the deadline.
    retry_after_s: the pause the source demands, None when it names none.
    """

    attempt: int
    max_attempts: int
    remaining_s: float
    retry_after_s: float | None = None


def delay_before_retry(code: MissCode, standing: Standing, *, draw: Callable[[], float]) -> float | None:
    """Return the seconds to wait before asking again, None to give up. draw: uniform in [0, 1).

    A demanded pause is waited in full; when it does not fit, the source is given up rather than asked too early.
    """
    usable_s = standing.remaining_s - MIN_ATTEMPT_S
    if standing.attempt >= standing.max_attempts or usable_s <= 0 or not errors.is_transient(code):
        return None
    ceiling_s = min(MAX_DELAY_S, BASE_DELAY_S * float(2 ** min(standing.attempt - 1, 30)))
    floor_s = standing.retry_after_s or 0.0
    if standing.retry_after_s is None and code is MissCode.RATE_LIMITED:
        floor_s = RATE_LIMIT_DELAY_S
    if floor_s > usable_s:
        return None
    return floor_s + draw() * min(ceiling_s, usable_s - floor_s)


def demanded_pause_s(code: MissCode | None, retry_after: float | None) -> float:
    """Return the seconds for which nobody may ask the source, 0 for none.

    A rate limit or a ban demands a pause even when it names none; a server error only when it does.
    """
    match code:
        case MissCode.RATE_LIMITED:
            return retry_after or RATE_LIMIT_DELAY_S
        case MissCode.BANNED:
            return retry_after or BAN_PAUSE_S
        case MissCode.SERVER_ERROR:
            return retry_after or 0.0
    return 0.0


def retry_after_s(headers: Mapping[str, str], *, now: datetime) -> float | None:
    """Return the seconds a ``Retry-After`` header (seconds or an HTTP date) demands, None without a sound one."""
    value = headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        return min(float(value[:9]), LONGEST_RETRY_AFTER_S)
    try:
        moment = parsedate_to_datetime(value)
    except (TypeError, ValueError, IndexError):
        return None
    if moment.tzinfo is None:
        return None
    return min(max((moment - now).total_seconds(), 0.0), LONGEST_RETRY_AFTER_S)
