"""When a source is left alone for a while: which outcomes speak against it, and for how long. Pure but for ``policy``.

A breaker opens after ``failures`` source calls in a row that brought nothing, retries within a call counting once. It
then refuses for ``pause_s``, lets one probe through, and closes or doubles the pause by what the probe brings.
A refusal that does not mend by itself (country, key) opens it at once, for ``permanent_pause_s``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from apps.pricing.types import MissCode
from oracle_project import env

PERMANENT = frozenset({MissCode.GEO_BLOCKED, MissCode.KEY_REFUSED})
FAILED = PERMANENT | {
    MissCode.TIMEOUT,
    MissCode.CONNECTION_FAILED,
    MissCode.TLS_FAILED,
    MissCode.RATE_LIMITED,
    MissCode.BANNED,
    MissCode.SERVER_ERROR,
    MissCode.HTTP_ERROR,
    MissCode.REDIRECT_REFUSED,
    MissCode.BODY_TOO_LARGE,
    MissCode.NOT_JSON,
    MissCode.ERROR_IN_BODY,
    MissCode.UNEXPECTED_SHAPE,
    MissCode.DEADLINE_EXCEEDED,
}
# Misses of a source that answers, about single tickers.
ALIVE = frozenset(
    {
        MissCode.UNKNOWN_TICKER,
        MissCode.TICKER_MISSING,
        MissCode.WRONG_PAIR,
        MissCode.PRICE_MISSING,
        MissCode.PRICE_NULL,
        MissCode.PRICE_NOT_A_NUMBER,
        MissCode.PRICE_ZERO,
        MissCode.PRICE_NEGATIVE,
        MissCode.PRICE_OUT_OF_RANGE,
        MissCode.TIME_MALFORMED,
        MissCode.MARKET_HALTED,
    }
)


class Judgement(StrEnum):
    """What a source call says about the source."""

    GOOD = "good"
    FAILED = "failed"
    PERMANENT = "permanent"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Final:
    """How one request of a call ended. ``code`` None: it was of use to someone.

    is_fair: the source had time enough for its failure to count.
    """

    code: MissCode | None
    message: str = ""
    is_fair: bool = True


@dataclass(frozen=True, slots=True)
class Verdict:
    """The judgement of a whole call, with the code and words it opens a breaker with."""

    judgement: Judgement
    code: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class Policy:
    """The thresholds of SOURCE_BREAKER_…"""

    failures: int
    pause_s: int
    max_pause_s: int
    permanent_pause_s: int


@cache
def policy() -> Policy:
    """Return the thresholds of the environment."""
    return Policy(
        failures=env.integer("SOURCE_BREAKER_FAILURES"),
        pause_s=env.integer("SOURCE_BREAKER_PAUSE_S"),
        max_pause_s=env.integer("SOURCE_BREAKER_MAX_PAUSE_S"),
        permanent_pause_s=env.integer("SOURCE_BREAKER_PERMANENT_PAUSE_S"),
    )


def judge(finals: Sequence[Final]) -> Verdict:
    """Return what the ends of a call's requests say together; one that was of use outweighs all that failed."""
    if any(final.code is None or final.code in ALIVE for final in finals):
        return Verdict(Judgement.GOOD)
    failed = [final for final in finals if final.code in FAILED]
    if not failed or not all(final.is_fair for final in failed):
        return Verdict(Judgement.UNKNOWN)
    permanent = [final for final in failed if final.code in PERMANENT]
    judgement = Judgement.PERMANENT if permanent else Judgement.FAILED
    worst = (permanent or failed)[-1]
    return Verdict(judgement, str(worst.code), worst.message)
