"""What an operator clicks and types to add the made-up exchange of the simulator."""

from __future__ import annotations

from playwright.sync_api import Page

ACME = {
    "g_url": "/markets",
    "g_rows": "$.markets[*]",
    "g_symbol": "$.id",
    "g_bid": "$.book.bid",
    "g_ask": "$.book.ask",
    "g_volume": "$.volume_24h",
    "g_time": "$.at",
    "g_error": "$.error.code",
}


def describe_acme(page: Page, server: str, *, price: str = "$.price") -> None:
    """Fill in the form of a new generic source."""
    page.goto(f"{server}/admin/feeds/source/add/", wait_until="load")
    page.fill("[name=slug]", "acme")
    page.fill("[name=name]", "Acme")
    page.select_option("[name=adapter]", "generic")
    for name, text in {**ACME, "g_price": price}.items():
        page.fill(f"[name={name}]", text)
    page.select_option("[name=g_time_unit]", "iso")


def press_test(page: Page, *, ticker: str = "", feed: str = "") -> None:
    """Say what to ask, press "Test now", and wait for the answer."""
    page.fill("[name=test-ticker]", ticker)
    page.select_option("[name=test-feed]", feed)
    with page.expect_response(lambda reply: reply.url.endswith("/test/")):
        page.locator("#source-test button").click()


def list_acme(page: Page, server: str, *, feed_id: int) -> None:
    """Add the exchange to a feed's list, ask the whole list, and save."""
    page.goto(f"{server}/admin/feeds/feed/{feed_id}/change/", wait_until="load")
    listed = page.locator("#listings-data tbody.original").count()
    page.fill("[name=active_sources]", str(listed + 1))
    page.get_by_text("Add another Listing").click()
    row = page.locator("#listings-data tbody:not(.original):not(.empty-form)").last
    row.locator("select[name$=-source]").select_option(label="Acme")
    row.locator("input[name$=-ticker]").fill("BTC_USD")
    page.locator("[name=_continue]").click()
    page.wait_for_load_state("load")
