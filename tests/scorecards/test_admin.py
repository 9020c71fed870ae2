"""The scorecards page as an operator sees it."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.feeds.models import Feed, Listing, Source
from apps.scorecards import services
from apps.scorecards.admin import tone
from tests.feeds.conftest import operator, small
from tests.scorecards.makers import call, feed_price, observation

__all__ = ["operator", "small"]
pytestmark = pytest.mark.django_db
PAGE = "/admin/scorecards/sourcescore/"


@pytest.fixture
def scored(small: str) -> None:
    """Kraken, first of the list, mostly times out; binance answers; okx is not listed."""
    for turn in range(60):
        kraken = observation("kraken", "100" if turn % 10 == 0 else None)
        seen = [kraken, observation("binance", "100.02"), observation("okx", "99")]
        calls = [call("kraken", 2500), call("binance", 40), call("okx", 700)]
        services.record_round([feed_price(*seen)], calls, now=timezone.now() - timedelta(minutes=1))
    services.flush()


def test_all_sources_stand_on_one_page(operator: Client, scored: None) -> None:
    """Success, latency, bias, distance and reasons of each, with links to its feeds."""
    page = operator.get(PAGE, {"window": "1h"}).content.decode()

    for shown in ("10.00 %", "100.00 %", "timeout 54", "+2.0", "-100.0", "?window=1h&amp;source=kraken"):
        assert shown in page


def test_a_feed_shows_its_list_and_a_suggested_order(operator: Client, scored: None) -> None:
    """The operator reads who would move and why, and is led to the list, which nobody changed."""
    page = operator.get(PAGE, {"feed": "BTC/USD"}).content.decode()

    assert "another order is suggested" in page
    assert "10.0 % usable" in page
    assert "not listed" in page
    assert reverse("admin:feeds_feed_change", args=[Feed.objects.get(pair="BTC/USD").pk]) in page
    assert Listing.objects.get(feed__pair="BTC/USD", source__slug="kraken").priority == 1


def test_a_source_shows_its_feeds(operator: Client, scored: None) -> None:
    """Its sum, and a line for each feed that leads there."""
    page = operator.get(PAGE, {"source": "kraken", "window": "24h"}).content.decode()

    assert "all feeds" in page
    assert "feed=BTC%2FUSD" in page


def test_feed_and_source_lead_to_their_cards(operator: Client, small: str) -> None:
    """One click from where the list is ordered, or the source described."""
    feed = reverse("admin:feeds_feed_change", args=[Feed.objects.get(pair="BTC/USD").pk])
    source = reverse("admin:feeds_source_change", args=[Source.objects.get(slug="okx").pk])
    links = {feed: f"{PAGE}?feed=BTC%2FUSD", source: f"{PAGE}?source=okx"}
    for page, target in links.items():
        found = re.search(r'href="([^"]*/scorecards?/?)"', operator.get(page).content.decode())
        assert found is not None
        assert operator.get(found[1]).headers["Location"] == target


def test_a_fresh_oracle_says_that_nothing_was_counted(operator: Client, small: str) -> None:
    """An empty page would look broken; unknown names are no page at all; an unknown window is a day."""
    assert "No round has been counted in the last 24h" in operator.get(PAGE, {"window": "x"}).content.decode()
    assert operator.get(PAGE, {"feed": "NO/SUCH"}).status_code == 404
    assert operator.get(PAGE, {"source": "nosuch"}).status_code == 404


def test_only_who_may_view_scores_sees_them(client: Client, small: str) -> None:
    """Staff without the permission is refused, and nobody may change a score."""
    client.force_login(User.objects.create_user("clerk", password="not-a-real-password", is_staff=True))
    assert client.get(PAGE).status_code == 403

    User.objects.filter(username="clerk").update(is_superuser=True)
    assert client.get(f"{PAGE}add/").status_code == 403


@pytest.mark.parametrize(("size", "drawn"), [("10", "good"), ("10.1", "fair"), ("50.1", "poor"), (None, "")])
def test_figures_are_drawn_by_their_size(size: str | None, drawn: str) -> None:
    """Green, amber, red; nothing for nothing."""
    assert tone(None if size is None else Decimal(size), (Decimal(10), Decimal(50))) == drawn
