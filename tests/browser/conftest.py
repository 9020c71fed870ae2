"""A real Chromium before a real server of this process; skipped where no Chromium is installed."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from playwright.sync_api import Browser, Page, sync_playwright
from pytest_django.live_server_helper import LiveServer

from tests.api.conftest import _fresh_cache, chain
from tests.feeds.conftest import small

__all__ = ["_fresh_cache", "chain", "small"]

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# No sandbox and no GPU, as in a container; and no call home, which would count as a foreign request.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--in-process-gpu",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
VIEWPORT = {"width": 1280, "height": 900}
PATIENCE_MS = 15_000
PASSWORD = "not-a-real-password"


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of the installed Chromium, or a skip."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        pytest.skip(f"no Chromium on PATH: looked for {', '.join(NAMES)}")
    return found


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """One browser for a module's tests.

    Playwright keeps an event loop in this thread, in which Django would refuse the test's own queries.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        with sync_playwright() as playwright:
            started = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
            yield started
            started.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """An empty page in a context of its own: no cookies of another test."""
    context = browser.new_context(viewport=VIEWPORT)  # type: ignore[arg-type]
    context.set_default_timeout(PATIENCE_MS)
    yield context.new_page()
    context.close()


@pytest.fixture
def operator(page: Page, live_server: LiveServer) -> Page:
    """A page whose user logged in through the form."""
    User.objects.create_superuser("operator", "operator@example.org", PASSWORD)
    page.goto(live_server.url + reverse("admin:login"))
    page.fill("input[name=username]", "operator")
    page.fill("input[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(live_server.url + reverse("admin:index"))
    return page
