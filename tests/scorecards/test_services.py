"""Writing scores to a real database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import redis
from django.db import DatabaseError
from django.utils import timezone

from apps.feeds.models import Source
from apps.scorecards import services
from apps.scorecards.models import SourceScore
from apps.scorecards.selectors import (
    Window,
    scorecards_of_feed,
    scorecards_of_source,
    scorecards_of_sources,
    window_start,
)
from apps.scorecards.services import flush, flush_when_due, prune_scores, record_round, write_last_tallies
from apps.scorecards.tally import Tallies
from apps.sources.gate_state import GateState
from tests.scorecards.makers import NOW, call, feed_price, observation

pytestmark = pytest.mark.django_db


def rounds(number: int, *, now: datetime = NOW, price: str = "100.05", latency_ms: int = 40) -> None:
    """Settle rounds in which okx answers and htx does not."""
    for _ in range(number):
        seen = feed_price(observation("okx", price), observation("htx", None))
        record_round([seen], [call("okx", latency_ms), call("htx", 2500)], now=now)


def openings(monkeypatch: pytest.MonkeyPatch, **numbers: int) -> None:
    """Let Redis say how often breakers opened ever."""
    states = {slug: GateState(openings=number) for slug, number in numbers.items()}
    monkeypatch.setattr(services, "gate_states", lambda slugs: states)


def test_rounds_become_cards_in_every_window() -> None:
    """Success, use, latency, bias, deviation and reasons; by source, by feed, and by source with its feeds."""
    rounds(20)
    flush()

    for window in Window:
        htx, okx = scorecards_of_feed("BTC/USD", window, now=NOW)
        assert (okx.source, okx.asked, okx.success_bps, okx.used_bps) == ("okx", 20, 10_000, 10_000)
        assert okx.bias_bps == Decimal("5.0")
        assert okx.deviation_p95_bps is not None
        assert 3 < okx.deviation_p95_bps <= 5
        assert okx.latency_p50_ms is not None
        assert 25 < okx.latency_p50_ms <= 50
        assert (htx.success_bps, htx.misses, htx.bias_bps) == (0, {"timeout": 20}, None)
        assert [each.asked for each in scorecards_of_sources(window, now=NOW)] == [20, 20]
        assert [each.pair for each in scorecards_of_source("okx", window, now=NOW)] == ["", "BTC/USD"]


def test_flushes_add_up() -> None:
    """Counters, histograms and reasons of several flushes are one sum, in one row per bucket and tier."""
    for code in ("", "outlier", "outlier"):
        record_round([feed_price(observation("okx", "101", refusal=code))], [call("okx", 60)], now=NOW)
        flush()

    (okx,) = scorecards_of_feed("BTC/USD", Window.HOUR, now=NOW)
    assert (okx.asked, okx.used, okx.refused, okx.bias_bps) == (3, 1, {"outlier": 2}, Decimal("100.0"))
    assert SourceScore.objects.filter(pair="BTC/USD").count() == len(SourceScore.Tier)
    assert sum(SourceScore.objects.get(pair="BTC/USD", tier_s=300).latency) == 3


def test_a_window_forgets_what_lies_before_it() -> None:
    """An hour, a day and a week each begin with the bucket that holds that moment."""
    for hours in (0, 2, 30):
        rounds(1, now=NOW - timedelta(hours=hours))
    flush()

    asked = [scorecards_of_feed("BTC/USD", window, now=NOW)[1].asked for window in Window]
    assert asked == [1, 2, 3]
    assert window_start(Window.HOUR, now=NOW) == datetime(2026, 11, 24, 11, 0, tzinfo=UTC)


def test_old_buckets_are_pruned_by_their_tier() -> None:
    """Fine ones go after hours, coarse ones after days: the table stays bounded."""
    rounds(1, now=NOW)
    flush()

    def tiers(later: timedelta) -> list[int]:
        prune_scores(now=NOW + later)
        return sorted(SourceScore.objects.filter(source="okx", pair="").values_list("tier_s", flat=True))

    assert tiers(timedelta(hours=1)) == [300, 3600, 21600]
    assert tiers(timedelta(hours=2)) == [3600, 21600]
    assert tiers(timedelta(hours=30)) == [21600]
    assert tiers(timedelta(days=9)) == []


def test_what_cannot_be_written_is_kept(monkeypatch: pytest.MonkeyPatch, counts: Tallies) -> None:
    """A database that is away costs nothing but time."""
    rounds(2)
    with monkeypatch.context() as patch:

        def away(rows: object) -> int:
            raise DatabaseError

        patch.setattr(services, "_write", away)
        assert flush() == 0
    assert len(counts) == 4

    assert flush() == 12
    assert scorecards_of_feed("BTC/USD", Window.HOUR, now=NOW)[0].asked == 2


def test_settling_writes_only_when_beat_did_not(monkeypatch: pytest.MonkeyPatch, counts: Tallies) -> None:
    """A round adds counts in memory; it writes when the last time is long past, and beat when it is due."""
    rounds(1)
    assert flush_when_due() == 0
    assert len(counts) == 4

    services._clock().wrote_at -= 70
    rounds(1)
    assert len(counts) == 4
    assert flush_when_due() == 12

    services._clock().wrote_at -= 100
    rounds(1)
    assert len(counts) == 0


def test_a_worker_that_ends_writes_what_it_counted(counts: Tallies) -> None:
    """A restart for an upgrade loses nothing."""
    rounds(1)
    write_last_tallies(sender=None)

    assert len(counts) == 0
    assert scorecards_of_feed("BTC/USD", Window.HOUR, now=NOW)[1].asked == 1


def test_a_large_installation_writes_less_often(monkeypatch: pytest.MonkeyPatch, counts: Tallies) -> None:
    """Each row once in five minutes, however many rounds there were."""
    monkeypatch.setattr(services, "MANY", 3)
    rounds(1)
    services._clock().wrote_at -= 250
    assert flush_when_due() == 0

    services._clock().wrote_at -= 50
    assert flush_when_due() == 12


def test_breaker_openings_are_added_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """However often, and by whichever process, they are read; a counter lost with Redis begins anew."""
    Source.objects.create(slug="okx", name="OKX", adapter="okx")
    now = timezone.now()
    for number in (2, 2, 5, 1):
        openings(monkeypatch, okx=number)
        flush()

    (okx,) = scorecards_of_sources(Window.DAY, now=now)
    assert okx.breaker_openings == 2 + 3 + 1


def test_a_failed_write_counts_no_opening_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """The mark is set in the transaction that writes the score."""
    openings(monkeypatch, okx=4)
    with monkeypatch.context() as patch:
        patch.setattr(services, "ROWS_A_STATEMENT", 0)  # range() refuses it, after the mark
        with pytest.raises(ValueError, match="zero"):
            flush()
    flush()

    assert scorecards_of_sources(Window.HOUR, now=timezone.now())[0].breaker_openings == 4


def test_without_redis_openings_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """Scores are written all the same."""

    def gone(slugs: object) -> None:
        raise redis.ConnectionError

    monkeypatch.setattr(services, "gate_states", gone)
    rounds(1)

    assert flush() == 12
