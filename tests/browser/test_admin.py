"""What an operator does with mouse and keyboard."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Locator, Page, Request, expect
from pytest_django.live_server_helper import LiveServer

from apps.feeds.models import ConfigVersion, Feed, Listing
from tests.api.conftest import FakeChain
from tests.api.factories import confirmed_round, make_feed, reading, snapshot

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
DRAG_STEPS = 12  # a jump from place to place is no drag: the list follows the moves in between
HAND_PATIENCE = 100  # small moves over the target, 50 ms apart
STANDS_ABOVE = "(row, other) => Boolean(row.compareDocumentPosition(other) & Node.DOCUMENT_POSITION_FOLLOWING)"
IS_ON_TOP = "(handle, [x, y]) => handle.contains(document.elementFromPoint(x, y))"


def open_feed(page: Page, server: LiveServer, pair: str) -> None:
    """Go to a feed's form and wait until its scripts run."""
    feed = Feed.objects.get(pair=pair)
    page.goto(server.url + reverse("admin:feeds_feed_change", args=[feed.pk]), wait_until="load")


def rows_of(page: Page) -> Locator:
    """Return the saved rows of the source list, top to bottom."""
    return page.locator("#listings-data tbody.original")


def centre_of(handle: Locator) -> tuple[float, float]:
    """Return the middle of a drag handle, which must not lie under anything else."""
    box = handle.bounding_box()
    assert box is not None
    centre = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    assert handle.evaluate(IS_ON_TOP, list(centre)), f"the handle at {centre} is covered"
    return centre


def drag_above(page: Page, moved: Locator, target: Locator) -> None:
    """Take a row by its handle and let it go as soon as it stands above another, as a hand does."""
    row, other = moved.element_handle(), target.element_handle()
    moved.evaluate("row => row.scrollIntoView({block: 'center'})")
    start_x, start_y = centre_of(moved.locator("[x-sort\\:handle]"))
    end_x, end_y = centre_of(target.locator("[x-sort\\:handle]"))
    page.mouse.move(start_x, start_y)
    page.mouse.down()
    page.mouse.move(start_x, start_y - 5, steps=3)
    expect(page.locator(".sortable-chosen").first).to_be_attached()  # a busy browser takes hold of it later
    page.mouse.move(end_x, end_y - 12, steps=DRAG_STEPS)
    for step in range(HAND_PATIENCE):
        if row.evaluate(STANDS_ABOVE, other):
            break
        page.mouse.move(end_x, end_y - 12 - step % 3)
        page.wait_for_timeout(50)
    page.mouse.up()


def stored_order(pair: str) -> list[tuple[int, str]]:
    """Return the list as the database has it."""
    rows = Listing.objects.filter(feed__pair=pair).order_by("priority")
    return list(rows.values_list("priority", "source__slug"))


def test_the_third_source_is_dragged_to_the_top(operator: Page, live_server: LiveServer, small: str) -> None:
    """A row dragged by its handle and saved is the most trusted source from then on."""
    open_feed(operator, live_server, "BTC/USD")
    rows = rows_of(operator)
    expect(rows).to_have_count(4)

    drag_above(operator, rows.nth(2), rows.nth(0))
    expect(rows.nth(0).locator("input[name$=-ticker]")).to_have_value("BTCUSDT")
    operator.locator("[name=_save]").click()
    operator.wait_for_url(live_server.url + reverse("admin:feeds_feed_changelist"))

    assert stored_order("BTC/USD") == [(1, "binance"), (2, "kraken"), (3, "bitstamp"), (4, "okx")]
    assert ConfigVersion.objects.count() == 2


def test_a_quorum_above_the_listings_is_refused_on_the_page(
    operator: Page, live_server: LiveServer, small: str
) -> None:
    """The operator reads what is wrong, and nothing was saved."""
    open_feed(operator, live_server, "BTC/USD")

    operator.fill("input[name=quorum]", "9")
    operator.fill("input[name=active_sources]", "9")
    operator.locator("[name=_save]").click()

    expect(operator.get_by_text("quorum 9 is above the 3 enabled listings").first).to_be_visible()
    feed = Feed.objects.get(pair="BTC/USD")
    assert (feed.quorum, feed.active_sources) == (2, 3)
    assert ConfigVersion.objects.count() == 1


def test_the_dashboard_shows_prices_and_asks_nobody_else(page: Page, live_server: LiveServer, chain: FakeChain) -> None:
    """Prices stand on the first page, its scripts run without an error, and every request goes to this server."""
    at = timezone.now().replace(microsecond=0) - timedelta(minutes=3)
    make_feed()
    confirmed_round(observed_at=at)
    chain.snapshot = snapshot(BTC_USD=reading(at))
    asked: list[str] = []
    errors: list[str] = []

    def note(request: Request) -> None:
        asked.append(request.url)

    page.on("request", note)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(live_server.url, wait_until="networkidle")

    row = page.locator("tr", has_text="BTC/USD").first
    expect(row).to_contain_text("84065.04")
    expect(row).to_contain_text("3 min")
    assert errors == []
    assert len(asked) > 1
    assert [url for url in asked if not url.startswith((live_server.url + "/", "data:"))] == []
