"""GET /sources/scorecards and /feeds/{pair}/scorecards."""

from __future__ import annotations

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from apps.scorecards import services
from tests.api.factories import make_feed, make_source
from tests.scorecards.conftest import counts
from tests.scorecards.makers import call, feed_price, observation

__all__ = ["counts"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def scored(counts: object) -> None:
    """BTC/USD lists htx before okx; htx failed every second time, with one quote refused."""
    feed = make_feed()
    for priority, slug in enumerate(("htx", "okx"), start=1):
        make_source(slug, feed=feed, priority=priority)
    for turn in range(100):
        htx = observation("htx", "101", refusal="outlier") if turn == 1 else observation("htx", "100")
        seen = [observation("okx", "100.01"), htx if turn % 2 else observation("htx", None)]
        services.record_round([feed_price(*seen)], [call("okx", 40), call("htx", 80)], now=timezone.now())
    services.flush()


def test_sources_are_listed_with_their_figures(client: APIClient, scored: None) -> None:
    """Shares in basis points, decimals as text, reasons by code; over all feeds."""
    reply = client.get("/api/v1/sources/scorecards", {"window": "1h"})

    body = reply.json()
    htx, okx = body["results"]
    assert (body["window"], okx["source"], okx["pair"], okx["success_bps"]) == ("1h", "okx", None, 10_000)
    assert (okx["bias_bps"], okx["breaker_openings"]) == ("1.0", 0)
    assert (htx["asked"], htx["quotes"], htx["used"], htx["success_bps"]) == (100, 50, 49, 5000)
    assert (htx["misses"], htx["refused"]) == ({"timeout": 50}, {"outlier": 1})


def test_one_source_is_shown_feed_by_feed(client: APIClient, scored: None) -> None:
    """Its sum first; a breaker belongs to the source, not to a feed."""
    reply = client.get("/api/v1/sources/scorecards", {"source": "okx"})

    rows = [(row["pair"], row["breaker_openings"]) for row in reply.json()["results"]]
    assert rows == [(None, 0), ("BTC/USD", None)]


def test_a_feeds_cards_come_with_a_suggested_order(client: APIClient, scored: None) -> None:
    """The better source would stand first, and the reply says why; the list itself is not touched."""
    body = client.get("/api/v1/feeds/btc-usd/scorecards").json()

    assert body["is_other_order"] is True
    first, second = body["suggested_order"]
    assert (first["source"], first["current"], first["suggested"]) == ("okx", 2, 1)
    assert second["reason"].startswith("49.0 % usable")
    listed = client.get("/api/v1/feeds/BTC-USD").json()["listings"]
    assert [row["source"] for row in listed] == ["htx", "okx"]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/v1/sources/scorecards?window=1y", 400),
        ("/api/v1/sources/scorecards?source=%00", 400),
        ("/api/v1/feeds/NO-SUCH/scorecards", 404),
    ],
)
def test_nonsense_is_a_problem(client: APIClient, path: str, status: int) -> None:
    """With a code, as everywhere."""
    reply = client.get(path)

    assert reply.status_code == status
    assert reply.json()["code"] in {"parameter_invalid", "feed_unknown"}


def test_nothing_counted_is_an_empty_list(client: APIClient, db: None) -> None:
    """A fresh oracle has no cards yet."""
    assert client.get("/api/v1/sources/scorecards").json()["results"] == []
