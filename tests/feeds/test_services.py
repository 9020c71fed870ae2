"""Source states, as rounds leave them."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from pytest_django import DjangoAssertNumQueries

from apps.feeds.models import Source, SourceState
from apps.feeds.services import record_source_calls


def call(source: str, *, second: int = 0, code: str = "", quotes: int = 1) -> dict[str, Any]:
    """Return one source call in wire form: a failed one when a code is given."""
    outcome = {"kind": "miss", "code": code, "message": f"{code} it was"} if code else {"kind": "quote"}
    return {
        "source": source,
        "role": "primary",
        "started_at": datetime(2026, 1, 1, 0, 0, second, tzinfo=UTC).isoformat(),
        "latency_ms": 120,
        "attempts": [],
        "outcomes": [outcome] * quotes,
    }


def state(slug: str) -> SourceState:
    """Return a source's state."""
    return SourceState.objects.get(source__slug=slug)


@pytest.mark.django_db
def test_calls_of_a_round_are_written_in_one_statement(
    small: str, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    """Sources nobody knows any more are passed over."""
    with django_assert_num_queries(1):
        record_source_calls([call("kraken", quotes=3), call("okx", code="timeout"), call("gone")])

    assert (state("kraken").last_code, state("kraken").quotes_ok, state("kraken").consecutive_failures) == ("", 3, 0)
    assert (state("okx").last_code, state("okx").last_message, state("okx").quotes_missed) == (
        "timeout",
        "timeout it was",
        1,
    )
    assert (state("okx").last_ok_at, state("okx").last_latency_ms) == (None, 120)


@pytest.mark.django_db
def test_failures_in_a_row_are_counted_until_a_quote_comes(small: str) -> None:
    """One good call ends the count; counters of quotes only grow."""
    record_source_calls([call("okx", second=1, code="timeout"), call("okx", second=2, code="banned")])
    record_source_calls([call("okx", second=3, code="timeout")])
    assert (state("okx").consecutive_failures, state("okx").last_code) == (3, "timeout")

    record_source_calls([call("okx", second=4)])

    assert (state("okx").consecutive_failures, state("okx").last_code) == (0, "")
    assert (state("okx").quotes_ok, state("okx").quotes_missed) == (1, 3)


@pytest.mark.django_db
def test_an_older_call_never_hides_a_newer_one(small: str) -> None:
    """Rounds may settle out of order."""
    record_source_calls([call("okx", second=9)])
    record_source_calls([call("okx", second=5, code="timeout")])

    assert (state("okx").last_code, state("okx").consecutive_failures, state("okx").quotes_missed) == ("", 0, 1)
    assert state("okx").last_asked_at == datetime(2026, 1, 1, 0, 0, 9, tzinfo=UTC)


@pytest.mark.django_db
def test_no_calls_are_no_statement(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    """A round that asked nobody leaves the states alone."""
    with django_assert_num_queries(0):
        record_source_calls([])


@pytest.mark.django_db(transaction=True)
def test_concurrent_rounds_neither_deadlock_nor_lose_a_count() -> None:
    """Two settle workers write the same sources in opposite order."""
    slugs = [f"s{index}" for index in range(6)]
    Source.objects.bulk_create(Source(slug=slug, name=slug, adapter="kraken") for slug in slugs)

    def settle(order: list[str]) -> None:
        for second in range(10):
            record_source_calls([call(slug, second=second) for slug in order])
        connection.close()

    threads = [threading.Thread(target=settle, args=(order,)) for order in (slugs, slugs[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert set(SourceState.objects.values_list("quotes_ok", flat=True)) == {20}
