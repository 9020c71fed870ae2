"""Metric names, their label values, and what the helpers write."""

from __future__ import annotations

import re

import pytest
from prometheus_client import REGISTRY
from prometheus_client.metrics import MetricWrapperBase

from apps.monitoring import metrics, scraped
from apps.rounds.models import Round
from apps.submissions.models import Submission


def written() -> list[MetricWrapperBase]:
    """Return every counter, gauge and histogram of the module."""
    return [value for value in vars(metrics).values() if isinstance(value, MetricWrapperBase)]


def value_of(name: str, **labels: str) -> float:
    """Return a sample's value, 0 when it was never written."""
    return REGISTRY.get_sample_value(name, labels) or 0.0


@pytest.mark.parametrize(
    ("words", "choices"),
    [
        (metrics.Trigger, Round.Trigger),
        (metrics.Outcome, Round.Outcome),
        (metrics.ClosedBy, Round.ClosedBy),
        (metrics.SubmissionState, Submission.State),
    ],
)
def test_label_words_are_those_of_the_models(words, choices) -> None:
    """A new state in a model must get its series."""
    assert {word.value for word in words} == set(choices.values)


def test_names_follow_prometheus() -> None:
    """Names carry our prefix, lower-case letters and a unit where there is one."""
    names = [sample.name for metric in written() for family in metric.collect() for sample in family.samples]
    names += [gauge.name for gauge in vars(scraped).values() if isinstance(gauge, scraped.ScrapedGauge)]

    assert names
    assert all(re.fullmatch(r"oracle_[a-z0-9_]+", name) for name in names)


def test_bounded_series_exist_before_the_first_event() -> None:
    """A dashboard opened on a fresh oracle shows zeroes, not holes."""
    labels = {"trigger": "SCHEDULED", "outcome": "REJECTED", "closed_by": "WATCHDOG"}

    assert REGISTRY.get_sample_value("oracle_rounds_closed_total", labels) is not None
    assert REGISTRY.get_sample_value("oracle_submissions_total", {"state": "FATAL"}) is not None


def test_round_closed_counts_and_times() -> None:
    """One closed round moves its counter and the histogram by one."""
    labels = {"trigger": "REQUESTED", "outcome": "SENT", "closed_by": "CALLBACK"}
    before = value_of("oracle_rounds_closed_total", **labels), value_of("oracle_round_duration_seconds_count")

    metrics.round_closed("REQUESTED", "SENT", "CALLBACK", 1.25)

    after = value_of("oracle_rounds_closed_total", **labels), value_of("oracle_round_duration_seconds_count")
    assert after == (before[0] + 1, before[1] + 1)


def test_round_closed_refuses_an_unknown_word() -> None:
    """A typing error must not create a series."""
    with pytest.raises(ValueError, match="SOLD"):
        metrics.round_closed("REQUESTED", "SOLD", "CALLBACK", 1.0)


def test_source_call_without_code_is_ok() -> None:
    """An empty code is the label ok, so that a ratio can be written."""
    before = value_of("oracle_source_requests_total", source="kraken", code="ok")

    metrics.source_call("kraken", "", 0.2)

    assert value_of("oracle_source_requests_total", source="kraken", code="ok") == before + 1


@pytest.mark.parametrize(
    ("call", "name", "labels"),
    [
        (
            lambda: metrics.answer_settled("BTC/USD", "REJECTED", "below_quorum"),
            "oracle_answers_total",
            {"pair": "BTC/USD", "state": "REJECTED", "reason": "below_quorum"},
        ),
        (
            lambda: metrics.reserve_promoted("okx", "gemini"),
            "oracle_reserves_promoted_total",
            {"lost": "okx", "promoted": "gemini"},
        ),
        (lambda: metrics.submission_moved("FINAL"), "oracle_submissions_total", {"state": "FINAL"}),
        (
            lambda: metrics.task_finished("fetch", "rounds.fetch_lane", "SUCCESS", 0.1),
            "oracle_tasks_total",
            {"queue": "fetch", "task": "rounds.fetch_lane", "state": "success"},
        ),
    ],
)
def test_helper_counts_one(call, name, labels) -> None:
    """Each helper adds one to its own series."""
    before = value_of(name, **labels)

    call()

    assert value_of(name, **labels) == before + 1
