"""An exchange nobody wrote code for, added with mouse and keyboard alone, ends with its quotes in a round."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from apps.feeds.models import ConfigVersion, Feed, Listing, Source
from apps.rounds import workflow
from apps.rounds.models import Round
from apps.rounds.tasks import settle_round
from apps.sources.tasks import fetch_lane
from simulator.testing import Simulator
from tests.browser.journeys import describe_acme, list_acme, press_test

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def market(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Simulator]:
    """A still market of made-up exchanges, which the oracle may reach."""
    with Simulator(seed=1, frozen=True) as running:
        monkeypatch.setenv("PRICE_HOST_ALLOWLIST", running.base_url.removeprefix("http://"))
        settings.MARKET, settings.MARKET_SIMULATOR_URL = "simulated", running.base_url
        yield running


@pytest.fixture(autouse=True)
def _workers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand in for broker and workers: the tasks of a chord run at once, one after the other."""

    def chord(header: Sequence[Any]) -> Any:
        lanes = [fetch_lane(*task.args) for task in header]
        return lambda body: settle_round(lanes, **body.kwargs)

    monkeypatch.setattr(workflow, "chord", chord)


def test_a_made_up_exchange_is_added_by_admin_alone(
    operator: Page, live_server: LiveServer, small: str, market: Simulator
) -> None:
    """Described, tested before it is saved, listed, and used in the next round."""
    describe_acme(operator, live_server.url)
    press_test(operator, ticker="BTC_USD", feed="BTC/USD")

    result = operator.locator("#source-test-result")
    expect(result).to_contain_text("1 of 1 ticker answered")
    quoted = market.quotes()["acme"]["tickers"]["BTC_USD"]["price"]
    expect(result.locator("[data-ticker=BTC_USD] .st-price")).to_have_text(plain(quoted))
    assert not Source.objects.filter(slug="acme").exists()

    operator.locator("[name=_save]").click()
    operator.wait_for_url(live_server.url + reverse("admin:feeds_source_changelist"))
    assert Source.objects.get(slug="acme").options["price"] == "$.price"

    list_acme(operator, live_server.url, feed_id=Feed.objects.get(pair="BTC/USD").pk)
    assert Listing.objects.filter(feed__pair="BTC/USD", source__slug="acme", ticker="BTC_USD").exists()
    assert ConfigVersion.objects.count() == 3

    operator.get_by_text("Start a round now").first.click()
    operator.wait_for_url("**/admin/rounds/round/*/change/")
    (answer,) = Round.objects.get().answers.filter(pair="BTC/USD")
    (mine,) = [row for row in answer.observations if row["source"] == "acme"]
    assert (mine["used"], mine["price"]) == (True, plain(quoted))
    expect(operator.locator("body")).to_contain_text("acme")


def test_the_test_says_what_is_wrong_and_what_to_do(
    operator: Page, live_server: LiveServer, small: str, market: Simulator
) -> None:
    """A wrong path, a dead exchange and a form with errors each have their own words, and nothing is stored."""
    describe_acme(operator, live_server.url, price="$.prize")
    press_test(operator, ticker="BTC_USD")
    result = operator.locator("#source-test-result")
    expect(result).to_contain_text("price_missing")
    expect(result).to_contain_text("The API changed, or the price path is wrong")
    quoted = market.quotes()["acme"]["tickers"]["BTC_USD"]["price"]
    expect(result.locator(".st-body")).to_contain_text(f'"price":{plain(quoted)}')

    market.set_mode("acme", "dead")
    press_test(operator, ticker="BTC_USD")
    expect(result).to_contain_text("connection_failed")

    operator.fill("[name=g_price]", "market.price")
    press_test(operator, ticker="BTC_USD")
    expect(result).to_contain_text("did you mean '$.market.price'?")
    assert not Source.objects.filter(slug="acme").exists()


def plain(price: str) -> str:
    """Return a price as a JSON number writes it: without trailing zeros."""
    return f"{Decimal(price).normalize():f}"
