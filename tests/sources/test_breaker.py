"""What the ends of a call's requests say about its source."""

from __future__ import annotations

import pytest

from apps.pricing.types import MissCode
from apps.sources.breaker import ALIVE, FAILED, PERMANENT, Final, Judgement, judge
from apps.sources.errors import NOT_ASKED_CODES


@pytest.mark.parametrize(
    ("finals", "judgement", "code"),
    [
        ([Final(None)], Judgement.GOOD, ""),
        ([Final(MissCode.UNKNOWN_TICKER)], Judgement.GOOD, ""),
        ([Final(MissCode.TIMEOUT), Final(None)], Judgement.GOOD, ""),
        ([Final(MissCode.TIMEOUT), Final(MissCode.SERVER_ERROR, "HTTP 500")], Judgement.FAILED, "server_error"),
        ([Final(MissCode.GEO_BLOCKED), Final(MissCode.TIMEOUT)], Judgement.PERMANENT, "geo_blocked"),
        ([Final(MissCode.DEADLINE_EXCEEDED)], Judgement.FAILED, "deadline_exceeded"),
        ([Final(MissCode.DEADLINE_EXCEEDED, is_fair=False)], Judgement.UNKNOWN, ""),
        ([Final(MissCode.ADDRESS_REFUSED)], Judgement.UNKNOWN, ""),
        ([Final(MissCode.INTERNAL_ERROR)], Judgement.UNKNOWN, ""),
        ([], Judgement.UNKNOWN, ""),
    ],
)
def test_a_call_is_judged_by_all_its_requests(finals: list[Final], judgement: Judgement, code: str) -> None:
    """One that was of use outweighs the others; what says nothing about the source is no verdict."""
    verdict = judge(finals)

    assert (verdict.judgement, verdict.code) == (judgement, code)


def test_every_code_has_its_meaning_for_the_breaker() -> None:
    """A new code must be placed: for the source, against it, or neither."""
    ours = {MissCode.ADDRESS_REFUSED, MissCode.SOURCE_MISCONFIGURED, MissCode.INTERNAL_ERROR, MissCode.LANE_LOST}

    assert PERMANENT < FAILED
    assert not ALIVE & FAILED
    assert ALIVE | FAILED | ours | NOT_ASKED_CODES == set(MissCode)
