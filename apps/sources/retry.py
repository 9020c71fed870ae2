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
BAN_PAUSE_S = 10.0  # first pause after a ban that names none: half of all 403s are a firewall's whim
LONGEST_UNNAMED_PAUSE_S = {MissCode.RATE_LIMITED: 60.0, MissCode.BANNED: 600.0}  # they double until then
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


@dataclass(frozen=True, slots=True)
class Pause:
    """For how long nobody may ask a source; ``grows_to_s`` 0 for a length that it named itself."""

    seconds: float
    grows_to_s: float = 0.0


def demanded_pause(code: MissCode | None, retry_after: float | None) -> Pause | None:
    """Return the pause a failed attempt demands, None for none.

    A rate limit or a ban demands one even when it names no length; a server error only when it does.
    """
    if code not in {MissCode.RATE_LIMITED, MissCode.BANNED, MissCode.SERVER_ERROR}:
        return None
    if retry_after:
        return Pause(retry_after)
    if code not in LONGEST_UNNAMED_PAUSE_S:
        return None
    first_s = BAN_PAUSE_S if code is MissCode.BANNED else RATE_LIMIT_DELAY_S
    return Pause(first_s, LONGEST_UNNAMED_PAUSE_S[code])


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
