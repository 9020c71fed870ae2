"""An operator at the running oracle's admin, with a browser and nothing else."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import browser, chromium, page
from tests.browser.journeys import describe_acme, list_acme, press_test
from tests.e2e.conftest import Oracle

__all__ = ["browser", "chromium", "page"]
pytestmark = [pytest.mark.e2e, pytest.mark.browser, pytest.mark.xdist_group("oracle")]


def test_a_made_up_exchange_added_in_admin_has_its_quotes_in_a_round(oracle: Oracle, page: Page) -> None:
    """Through real workers: described, tested, saved, listed; the next round's observations have it."""
    server = oracle.run["admin_url"].split("/admin")[0]
    page.goto(f"{server}/admin/login/")
    page.fill("input[name=username]", oracle.run["admin_user"])
    page.fill("input[name=password]", oracle.run["admin_password"])
    page.keyboard.press("Enter")
    page.wait_for_url(f"{server}/admin/")

    describe_acme(page, server)
    press_test(page, ticker="BTC_USD", feed="BTC/USD")
    result = page.locator("#source-test-result")
    expect(result).to_contain_text("1 of 1 ticker answered")
    expect(result).to_contain_text("other sources")
    page.locator("[name=_save]").click()
    page.wait_for_url("**/admin/feeds/source/")
    page.goto(f"{server}/admin/feeds/feed/?q=BTC/USD")
    link = page.get_by_role("link", name="BTC/USD", exact=True).first.get_attribute("href") or ""
    feed_id = int(link.split("/feed/")[1].split("/")[0])
    list_acme(page, server, feed_id=feed_id)

    # The first may join a round that was open before the listing was saved.
    assert any("acme" in used_sources(oracle) for _ in range(3))

    # With the whole list asked at once the oracle would have no reserve left for the tests after this one.
    page.goto(f"{server}/admin/feeds/feed/{feed_id}/change/", wait_until="load")
    page.fill("[name=active_sources]", "5")
    page.locator("[name=_continue]").click()
    page.wait_for_load_state("load")


def used_sources(oracle: Oracle) -> list[str]:
    """Return the sources that the answer of a requested round rests on."""
    finished = oracle.request_round("BTC-USD").json()
    (answer,) = [each for each in finished["answers"] if each["pair"] == "BTC/USD"]
    return [each["source"] for each in answer["observations"] if each["verdict"] == "used"]
