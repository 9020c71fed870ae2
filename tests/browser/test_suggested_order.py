"""From a scorecard to another order of a feed's list, with a person in between."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from apps.feeds.models import ConfigVersion
from apps.scorecards import services
from tests.browser.test_admin import rows_of, stored_order
from tests.scorecards.conftest import counts
from tests.scorecards.makers import call, feed_price, observation

__all__ = ["counts"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
AS_LISTED = [(1, "kraken"), (2, "bitstamp"), (3, "binance"), (4, "okx")]


def test_the_suggested_order_is_opened_and_applied_only_by_saving(
    operator: Page, live_server: LiveServer, small: str, counts: object
) -> None:
    """The button opens the list in the suggested order; only saving stores it, as a version."""
    for _ in range(60):
        seen = [observation("kraken", None), observation("bitstamp", "100"), observation("binance", "100")]
        services.record_round([feed_price(*seen)], [call("binance", 40)], now=timezone.now() - timedelta(minutes=1))
    services.flush()
    operator.goto(f"{live_server.url}/admin/scorecards/sourcescore/?window=1h&feed=BTC/USD")
    expect(operator.get_by_text("another order is suggested")).to_be_visible()

    operator.get_by_text("Open BTC/USD in this order").click()
    operator.wait_for_load_state("load")
    expect(operator.locator("#suggested-order")).to_contain_text("Nothing is saved yet")
    tickers = rows_of(operator).locator("input[name$=-ticker]")
    assert [each.input_value() for each in tickers.all()] == ["btcusd", "BTCUSDT", "XBTUSD", "BTC-USDT"]
    assert stored_order("BTC/USD") == AS_LISTED

    operator.locator("[name=_save]").click()
    operator.wait_for_url(live_server.url + reverse("admin:feeds_feed_changelist"))
    assert stored_order("BTC/USD") == [(1, "bitstamp"), (2, "binance"), (3, "kraken"), (4, "okx")]
    assert ConfigVersion.objects.count() == 2
