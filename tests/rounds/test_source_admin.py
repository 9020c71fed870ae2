"""The live test of a source in admin: through the guards, bounded, allowed to few, and without a trace."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from apps.feeds.models import ConfigVersion, Feed, Listing, Source
from apps.rounds import source_trial
from apps.rounds.models import Round
from apps.rounds.source_trial import tone
from apps.sources.probing import ProbeOverdue, ProbesBusy
from tests.api.factories import close, make_answer, make_round, observation
from tests.feeds.conftest import operator, small
from tests.sources.server import Server, reply, serving

__all__ = ["operator", "small"]
pytestmark = pytest.mark.django_db
URL = "/admin/feeds/source/test/"


@pytest.fixture(autouse=True)
def _live(settings: Settings) -> None:
    settings.MARKET = "live"


def answer(handler: BaseHTTPRequestHandler) -> None:
    """Quote bitcoin at 84,420."""
    reply(handler, b'{"p": 84420, "b": 84419}', headers={"Content-Type": "application/json"})


def posted(server: Server, **fields: str) -> dict[str, str]:
    """Return the form of a new source at the server, as a browser posts it."""
    return {
        "adapter": "generic",
        "base_url": server.url,
        "timeout_s": "2.5",
        "max_attempts": "1",
        "cache_ttl_ms": "0",
        "described_as": "fields",
        "g_url": "/t/{ticker}",
        "g_price": "$.p",
        "g_bid": "$.b",
        "g_headers": "X-Client: oracle",
        "test-ticker": "BTC",
        "test-feed": "",
        "test-conversion": "",
        **fields,
    }


def ask(client: Client, monkeypatch: pytest.MonkeyPatch, **fields: str) -> tuple[str, Server]:
    """Press the button before a server that the allow-list names; return the page and what the server saw."""
    with serving(answer) as server:
        monkeypatch.setenv("PRICE_HOST_ALLOWLIST", server.host)
        page = client.post(URL, posted(server, **fields))
    assert page.status_code == 200
    return page.content.decode(), server


def test_an_unsaved_source_is_asked_and_nothing_is_stored(
    operator: Client, small: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Request, status, value and body are shown; no row and no version is written."""
    page, server = ask(operator, monkeypatch)

    assert server.paths == ["/t/BTC"]
    assert server.headers[0]["X-Client"] == "oracle"
    for shown in ("1 of 1 ticker answered", "84420", "bid 84419", f"GET {server.url}/t/BTC", "&quot;p&quot;: 84420"):
        assert shown in page
    assert (Source.objects.count(), ConfigVersion.objects.count()) == (4, 1)


def test_a_ticker_may_be_a_contracts_address_with_settings(
    operator: Client, small: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a listing may hold, the test takes."""
    ticker = "0x88e6A0c2dDD26FEEb64F039a2c41296FcB3f5640?decimals=6,18&base=1&window=1800"

    page, server = ask(operator, monkeypatch, **{"test-ticker": ticker})

    assert "1 of 1 ticker answered" in page
    assert len(server.paths) == 1


def test_the_distance_to_the_feeds_other_sources_is_shown(
    operator: Client, small: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In basis points from the median of the last round, signed."""
    round_ = close(make_round(opened_at=timezone.now() - timedelta(seconds=3)), outcome=Round.Outcome.QUIET)
    make_answer(round_, observations=[observation(slug, converted="84000") for slug in ("kraken", "okx")])

    page, _ = ask(operator, monkeypatch, **{"test-feed": "BTC/USD"})

    assert "+50.0 bps" in page
    assert "from the median of 2 other sources (84000, 2 s ago)" in page


def test_a_saved_source_is_asked_for_what_it_lists(
    operator: Client, small: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a ticker every listing is asked; what stands in the form counts, not what is saved."""
    with serving(answer) as server:
        monkeypatch.setenv("PRICE_HOST_ALLOWLIST", server.host)
        source = Source.objects.create(
            slug="own", name="Own", adapter="generic", base_url=server.url, options={"url": "/old", "price": "$.x"}
        )
        Listing.objects.create(feed=Feed.objects.get(pair="BTC/USD"), source=source, ticker="XBT", priority=9)
        url = reverse("admin:feeds_source_test_saved", args=[source.pk])
        page = operator.post(url, posted(server, **{"test-ticker": ""})).content.decode()

    assert server.paths == ["/t/XBT"]
    assert "BTC/USD" in page
    source.refresh_from_db()
    assert source.options["url"] == "/old"


def test_a_built_in_source_is_asked_by_ticker(operator: Client, small: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The button is there for every adapter."""
    body = b'{"code":"0","data":[{"instId":"BTC-USDT","last":"84000.5","ts":"1795521600000"}]}'
    with serving(lambda handler: reply(handler, body)) as server:
        monkeypatch.setenv("PRICE_HOST_ALLOWLIST", server.host)
        fields = {"adapter": "okx", "test-ticker": "BTC-USDT", "g_url": "", "g_price": "", "g_headers": ""}
        page = operator.post(URL, posted(server, **fields)).content.decode()

    assert "84000.5" in page


def test_private_addresses_stay_out_of_reach(operator: Client, small: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The button is no way into the network: nobody is asked, and the code says why."""
    monkeypatch.setenv("PRICE_HOST_ALLOWLIST", "")
    with serving(answer) as server:
        page = operator.post(URL, posted(server)).content.decode()

    assert server.paths == []
    assert "PRICE_HOST_ALLOWLIST" in page


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"g_price": "$.q"}, "The API changed, or the price path is wrong"),
        ({"g_price": "q"}, "did you mean &#x27;$.q&#x27;?"),
        ({"adapter": "nosuch"}, "Not asked"),
        ({"test-ticker": ""}, "no feed lists this source yet"),
        ({"test-feed": "NO/SUCH"}, "Not asked"),
        ({"timeout_s": "300"}, "Not asked"),
    ],
)
def test_what_goes_wrong_says_what_to_do(
    operator: Client, small: str, monkeypatch: pytest.MonkeyPatch, fields: dict[str, str], words: str
) -> None:
    """Every failure ends in words, not in an error page."""
    page, _ = ask(operator, monkeypatch, **fields)

    assert words in page


@pytest.mark.parametrize(
    ("error", "words"), [(ProbesBusy("4 tests are under way"), "Try again"), (ProbeOverdue("no result"), "name server")]
)
def test_a_test_that_cannot_end_is_given_up(
    operator: Client, small: str, monkeypatch: pytest.MonkeyPatch, error: Exception, words: str
) -> None:
    """The web process is free again, and the operator knows why."""

    def hang(*args: Any, **kwargs: Any) -> None:
        raise error

    monkeypatch.setattr(source_trial, "probe_within", hang)
    page, _ = ask(operator, monkeypatch)

    assert words in page


def test_only_staff_who_may_change_sources_may_test(small: str, client: Client) -> None:
    """Nobody is sent to log in, a reader is refused, a GET is no test, and a post without its token is none either."""
    assert client.post(URL).status_code == 302
    reader = User.objects.create_user("reader", password="not-a-real-password", is_staff=True)
    reader.user_permissions.add(Permission.objects.get(codename="view_source"))
    client.force_login(reader)
    assert client.post(URL).status_code == 403
    page = client.get(reverse("admin:feeds_source_change", args=[Source.objects.get(slug="kraken").pk]))
    assert page.status_code == 200
    assert 'id="source-test"' not in page.content.decode()

    reader.user_permissions.add(Permission.objects.get(codename="change_source"))
    assert client.get(URL).status_code == 405
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(reader)
    assert strict.post(URL).status_code == 403
    assert client.post("/admin/feeds/source/999999/test/").status_code == 404


@pytest.mark.parametrize(("bps", "drawn"), [("-50", "good"), ("50.1", "fair"), ("-200.1", "poor")])
def test_distances_are_drawn_by_their_size(bps: str, drawn: str) -> None:
    """Green, amber, red."""
    assert tone(Decimal(bps)) == drawn
