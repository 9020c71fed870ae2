"""When a source is asked again."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.pricing.types import MissCode
from apps.sources import errors, retry
from apps.sources.retry import Standing, delay_before_retry, retry_after_s

NOW = datetime(2026, 11, 24, 12, 0, 0, tzinfo=UTC)
SECONDS = st.floats(0, 1000, allow_nan=False)
DRAWS = st.floats(0, 0.999999)


STANDINGS = st.builds(Standing, st.integers(1, 200), st.integers(1, 200), st.floats(-10, 1000), st.none() | SECONDS)


@given(code=st.sampled_from(MissCode), standing=STANDINGS, draw=DRAWS)
def test_a_retry_always_fits(code: MissCode, standing: Standing, draw: float) -> None:
    """A delay is never negative, never shorter than demanded, and leaves time for an attempt."""
    delay = delay_before_retry(code, standing, draw=lambda: draw)

    if delay is not None:
        assert errors.is_transient(code)
        assert standing.attempt < standing.max_attempts
        assert (standing.retry_after_s or 0) <= delay <= standing.remaining_s - retry.MIN_ATTEMPT_S + 1e-9


@given(attempt=st.integers(1, 200), draw=DRAWS)
def test_without_a_demand_the_delay_is_below_the_ceiling(attempt: int, draw: float) -> None:
    """Full jitter: anywhere between nothing and a ceiling that doubles up to a bound."""
    delay = delay_before_retry(MissCode.TIMEOUT, Standing(attempt, 1000, 1000), draw=lambda: draw)

    assert delay is not None
    assert 0 <= delay < min(retry.MAX_DELAY_S, retry.BASE_DELAY_S * 2 ** (attempt - 1))


def test_a_demanded_pause_that_does_not_fit_ends_the_attempts() -> None:
    """Asking too early would earn a ban."""
    assert delay_before_retry(MissCode.RATE_LIMITED, Standing(1, 3, 5.0, 7.0), draw=lambda: 0.5) is None


def test_a_rate_limit_without_a_demand_still_waits() -> None:
    """A second at least, or not at all."""
    long_enough = delay_before_retry(MissCode.RATE_LIMITED, Standing(1, 3, 5.0), draw=lambda: 0.0)

    assert long_enough == retry.RATE_LIMIT_DELAY_S
    assert delay_before_retry(MissCode.RATE_LIMITED, Standing(1, 3, 0.9), draw=lambda: 0.0) is None


@pytest.mark.parametrize("code", sorted(set(MissCode) - errors.TRANSIENT_CODES))
def test_permanent_errors_are_not_retried(code: MissCode) -> None:
    """What will not mend in seconds costs one attempt."""
    assert delay_before_retry(code, Standing(1, 10, 100.0), draw=lambda: 0.5) is None


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7.0),
        ("0", 0.0),
        ("Tue, 24 Nov 2026 12:00:30 GMT", 30.0),
        ("Tue, 24 Nov 2026 11:00:00 GMT", 0.0),
        ("99999999999999999999", 86_400.0),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(value: str, seconds: float | None) -> None:
    """Both forms of RFC 9110 are read, anything else is ignored."""
    assert retry_after_s({"retry-after": value}, now=NOW) == seconds


def test_every_code_has_one_error() -> None:
    """The tree names each code once; a lost lane alone is said by whoever lost it."""
    codes = [error.code for error in errors.leaves()]

    assert sorted(codes) == sorted(set(codes))
    assert set(MissCode) - set(codes) == {MissCode.LANE_LOST}


def test_the_tree_is_drawn() -> None:
    """The module docstring names every error."""
    assert all(error.__name__ in (errors.__doc__ or "") for error in errors.leaves())
