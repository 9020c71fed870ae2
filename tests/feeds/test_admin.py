"""The admin as an operator uses it."""

from __future__ import annotations

import socket
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from apps.feeds.models import ConfigVersion, Feed, Listing, Source, SourceState

pytestmark = pytest.mark.django_db
FORMSET = "listings"


def feed_url(pair: str) -> str:
    """Return the address of a feed's form."""
    return reverse("admin:feeds_feed_change", args=[Feed.objects.get(pair=pair).pk])


def form_of(client: Client, url: str) -> dict[str, Any]:
    """Return what a browser would post from the page unchanged."""
    context = client.get(url).context
    forms = [context["adminform"].form]
    for inline in context["inline_admin_formsets"]:
        forms += [inline.formset.management_form, *inline.formset.forms]
    posted: dict[str, Any] = {}
    for form in forms:
        for name in form.fields:
            value = form[name].value()
            if value is not None and value is not False:
                posted[form[name].html_name] = value
    return posted


def errors_of(response: Any) -> str:
    """Return all errors shown on the page, in one text."""
    context = response.context
    assert context is not None, "saved without an error"
    found = [str(context["adminform"].form.errors)]
    found += [str(error) for inline in context["inline_admin_formsets"] for error in inline.formset.errors]
    found += [str(inline.formset.non_form_errors()) for inline in context["inline_admin_formsets"]]
    return "\n".join(found)


def row_of(posted: dict[str, Any], ticker: str) -> str:
    """Return the prefix of the row with this ticker."""
    return next(name.removesuffix("-ticker") for name, value in posted.items() if value == ticker)


def order_of(pair: str) -> list[tuple[int, str]]:
    """Return the list as it stands in the database."""
    connection.check_constraints()
    rows = Listing.objects.filter(feed__pair=pair).order_by("priority")
    return list(rows.values_list("priority", "source__slug"))


@pytest.mark.parametrize(
    "name",
    [
        "feeds_feed",
        "feeds_source",
        "feeds_configversion",
        "feeds_destination",
        "rounds_round",
        "rounds_answer",
        "rounds_hold",
        "submissions_submission",
        "submissions_onchainprice",
        "submissions_deployment",
        "submissions_wallet",
        "submissions_attempt",
        "auth_user",
        "auth_group",
    ],
)
def test_every_list_opens(operator: Client, small: str, name: str) -> None:
    """Each page of the sidebar answers."""
    assert operator.get(reverse(f"admin:{name}_changelist")).status_code == 200


def test_pages_load_nothing_from_elsewhere(operator: Client, small: str) -> None:
    """Scripts, styles and fonts come from this server, so admin works in a closed network."""
    page = operator.get(feed_url("BTC/USD")).content.decode()

    assert not [part for part in page.split('"') if part.startswith(("http://", "https://", "//")) and "cdn" in part]
    assert 'src="http' not in page
    assert "googleapis" not in page


def test_the_sidebar_leads_everywhere(operator: Client) -> None:
    """Configuration, history, chain and the other faces are one click away."""
    page = operator.get(reverse("admin:index")).content.decode()

    for link in ("/admin/feeds/feed/", "/admin/rounds/round/", "/admin/api/apikey/", "/api/docs/", ":5555/"):
        assert link in page


def test_saving_unchanged_makes_no_version(operator: Client, small: str) -> None:
    """A form opened and saved changes nothing."""
    url = feed_url("BTC/USD")

    response = operator.post(url, form_of(operator, url))

    assert response.status_code == 302
    assert ConfigVersion.objects.count() == 1
    assert order_of("BTC/USD") == [(1, "kraken"), (2, "bitstamp"), (3, "binance"), (4, "okx")]


def test_a_change_makes_a_version_with_its_author(operator: Client, small: str) -> None:
    """Who changed what is on record."""
    url = feed_url("BTC/USD")

    operator.post(url, {**form_of(operator, url), "heartbeat_s": 600})

    newest = ConfigVersion.objects.first()
    assert newest is not None
    assert (newest.number, newest.author) == (2, "operator")
    assert "heartbeat_s: 600" in newest.document


def test_dragging_a_row_reorders_the_list(operator: Client, small: str) -> None:
    """The browser numbers the dragged rows from 0; the list is stored from 1."""
    url = feed_url("BTC/USD")
    posted = form_of(operator, url)
    for place, ticker in enumerate(("BTC-USDT", "XBTUSD", "btcusd", "BTCUSDT")):
        posted[f"{row_of(posted, ticker)}-priority"] = place

    response = operator.post(url, posted)

    assert response.status_code == 302, errors_of(response)
    assert order_of("BTC/USD") == [(1, "okx"), (2, "kraken"), (3, "bitstamp"), (4, "binance")]


def test_a_row_is_removed_and_another_added_in_one_save(operator: Client, small: str) -> None:
    """A new row goes to the end, and priorities leave no gap; the source removed may be added again."""
    url = feed_url("BTC/USD")
    posted = form_of(operator, url)
    posted[f"{row_of(posted, 'XBTUSD')}-DELETE"] = "on"
    posted |= {
        f"{FORMSET}-TOTAL_FORMS": 5,
        f"{FORMSET}-4-source": Source.objects.get(slug="kraken").pk,
        f"{FORMSET}-4-ticker": "BTCUSD",
        f"{FORMSET}-4-weight": "2",
        f"{FORMSET}-4-priority": "0",
        f"{FORMSET}-4-enabled": "on",
    }

    response = operator.post(url, posted)

    assert response.status_code == 302, errors_of(response)
    assert order_of("BTC/USD") == [(1, "bitstamp"), (2, "binance"), (3, "okx"), (4, "kraken")]


def test_a_feed_is_added_with_its_list(operator: Client, small: str) -> None:
    """One form makes a feed that can be priced."""
    url = reverse("admin:feeds_feed_add")
    posted = form_of(operator, url) | {"pair": "ETH/USD", "quorum": 2, f"{FORMSET}-TOTAL_FORMS": 2}
    for index, slug in enumerate(("bitstamp", "kraken")):
        posted |= {
            f"{FORMSET}-{index}-source": Source.objects.get(slug=slug).pk,
            f"{FORMSET}-{index}-ticker": "ETHUSD",
            f"{FORMSET}-{index}-weight": "1",
            f"{FORMSET}-{index}-priority": "0",
            f"{FORMSET}-{index}-enabled": "on",
        }

    response = operator.post(url, posted)

    assert response.status_code == 302, errors_of(response)
    assert order_of("ETH/USD") == [(1, "bitstamp"), (2, "kraken")]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"quorum": 4, "active_sources": 5}, "quorum 4 is above the 3 enabled listings"),
        ({"active_sources": 1}, "active_sources 1 is below quorum 2"),
        ({"min_answer": "5", "max_answer": "5"}, "min_answer 5 is not below max_answer 5"),
        ({"deviation_bps": 20_000}, "20000 is not between 1 and 10000"),
        ({"heartbeat_s": 0}, "0 is not between 1 and"),
        ({"storage": "shared", "max_answer": "2000000"}, "max_answer 2000000 is beyond 1407374.88355327"),
    ],
)
def test_nonsense_in_the_rules_is_an_error_on_the_form(
    operator: Client, small: str, change: dict[str, Any], words: str
) -> None:
    """The page says what is wrong, and nothing is saved."""
    url = feed_url("BTC/USD")

    shown = errors_of(operator.post(url, form_of(operator, url) | change))

    assert words in shown
    assert ConfigVersion.objects.count() == 1


def test_decimals_above_18_are_refused(operator: Client, small: str) -> None:
    """No EVM consumer reads more."""
    url = reverse("admin:feeds_feed_add")

    shown = errors_of(operator.post(url, form_of(operator, url) | {"pair": "ETH/USD", "decimals": 19}))

    assert "19 is not between 0 and 18" in shown


def test_decimals_cannot_be_changed_afterwards(operator: Client, small: str) -> None:
    """The field is shown, not offered, and a forged post does not change it."""
    url = feed_url("BTC/USD")
    posted = form_of(operator, url)
    assert "decimals" not in posted

    operator.post(url, posted | {"decimals": 6, "pair": "BTC/EUR"})

    assert Feed.objects.get(pair="BTC/USD").decimals == 8


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"source": "kraken"}, "kraken is listed twice"),
        ({"source": "gemini", "conversion": "BTC/USD"}, "conversion cycle"),
        ({"source": "gemini", "conversion": "ETH/BTC"}, "does not end in USD"),
        ({"source": "gemini", "conversion": "OFF/USD"}, "which is disabled"),
    ],
)
def test_nonsense_in_a_row_is_an_error_at_the_row(
    operator: Client, small: str, row: dict[str, str], words: str
) -> None:
    """Doubles and bad conversions, cycles across feeds included, are named."""
    Source.objects.create(slug="gemini", name="Gemini", adapter="gemini")
    Feed.objects.create(pair="ETH/BTC", enabled=False)
    Feed.objects.create(pair="OFF/USD", enabled=False)
    url = feed_url("USDT/USD")
    posted = form_of(operator, url) | {
        f"{FORMSET}-TOTAL_FORMS": 3,
        f"{FORMSET}-2-source": Source.objects.get(slug=row["source"]).pk,
        f"{FORMSET}-2-ticker": "X",
        f"{FORMSET}-2-weight": "1",
        f"{FORMSET}-2-enabled": "on",
    }
    if "conversion" in row:
        posted[f"{FORMSET}-2-conversion"] = Feed.objects.get(pair=row["conversion"]).pk

    response = operator.post(url, posted)

    assert words in errors_of(response)
    assert response.status_code == 200
    assert order_of("USDT/USD") == [(1, "kraken"), (2, "bitstamp")]


def test_a_feed_others_convert_through_cannot_be_switched_off(operator: Client, small: str) -> None:
    """The error names who needs it."""
    url = feed_url("USDT/USD")
    posted = form_of(operator, url)
    del posted["enabled"]

    assert "binance of BTC/USD converts through USDT/USD, which is disabled" in errors_of(operator.post(url, posted))


def test_feeds_are_never_deleted(operator: Client, small: str) -> None:
    """A feed is disabled instead."""
    feed = Feed.objects.get(pair="BTC/USD")

    assert operator.post(reverse("admin:feeds_feed_delete", args=[feed.pk]), {"post": "yes"}).status_code == 403


@pytest.mark.parametrize(("verb", "enabled"), [("disable", False), ("enable", True)])
def test_feeds_are_switched_from_the_list(operator: Client, small: str, verb: str, enabled: bool) -> None:
    """Chosen rows are switched together and make a version."""
    feed = Feed.objects.get(pair="BTC/USD")
    Feed.objects.filter(pk=feed.pk).update(enabled=not enabled)

    operator.post(reverse("admin:feeds_feed_changelist"), {"action": verb, "_selected_action": [feed.pk]})

    feed.refresh_from_db()
    assert feed.enabled is enabled


def test_a_source_a_quorum_needs_cannot_be_switched_off(operator: Client, small: str) -> None:
    """Neither from the list nor in the form."""
    source = Source.objects.get(slug="kraken")
    listed = operator.post(
        reverse("admin:feeds_source_changelist"), {"action": "disable", "_selected_action": [source.pk]}, follow=True
    )
    url = reverse("admin:feeds_source_change", args=[source.pk])
    posted = form_of(operator, url)
    del posted["enabled"]

    assert "quorum 2 is above the 1 enabled listings" in listed.content.decode()
    assert "quorum 2 is above the 1 enabled listings" in errors_of(operator.post(url, posted))
    source.refresh_from_db()
    assert source.enabled


def test_options_of_a_generic_source_are_checked(operator: Client, small: str) -> None:
    """An operator hears of a bad path before a round does."""
    url = reverse("admin:feeds_source_add")
    posted = form_of(operator, url) | {"slug": "own", "name": "Own", "adapter": "generic", "enabled": "on"}
    posted["described_as"] = "json"

    shown = errors_of(operator.post(url, posted | {"options": '{"prize": "$.p"}'}))

    assert "prize: unknown option" in shown
    assert "url: missing" in shown


@pytest.mark.parametrize("url", ["http://169.254.169.254/", "https://localhost/", "https://[::ffff:7f00:1]/"])
def test_a_url_into_the_network_is_an_error_on_the_form(operator: Client, small: str, url: str) -> None:
    """Nobody saves a source that would read the cloud's metadata for them."""
    form = reverse("admin:feeds_source_change", args=[Source.objects.get(slug="okx").pk])

    for field in ("base_url", "mirrors"):
        shown = errors_of(operator.post(form, form_of(operator, form) | {field: url}))
        assert "PRICE_HOST_ALLOWLIST" in shown

    assert Source.objects.get(slug="okx").base_url == ""


@pytest.mark.parametrize("field", ["base_url", "mirrors"])
def test_a_name_that_leads_into_the_network_is_an_error_on_the_form(
    operator: Client, small: str, field: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A public name may hide a private address; the form asks the name servers, and a round does so again."""
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, 443)) for ip in ("93.184.215.14", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_kwargs: found)
    form = reverse("admin:feeds_source_change", args=[Source.objects.get(slug="okx").pk])

    shown = errors_of(operator.post(form, form_of(operator, form) | {field: "https://rebind.example.org"}))

    assert "rebind.example.org leads to 10.0.0.1" in shown


def test_limits_and_mirrors_are_set_on_the_form(operator: Client, small: str) -> None:
    """One mirror a line; saving twice changes nothing the second time."""
    source = Source.objects.get(slug="okx")
    form = reverse("admin:feeds_source_change", args=[source.pk])
    wishes = {"rate_limit": "5/second", "cache_ttl_ms": 500, "mirrors": "https://a.example\n\nhttps://b.example\n"}

    assert operator.post(form, form_of(operator, form) | wishes).status_code == 302
    versions = ConfigVersion.objects.count()
    assert operator.post(form, form_of(operator, form)).status_code == 302

    source.refresh_from_db()
    assert (source.rate_limit, source.cache_ttl_ms) == ("5/second", 500)
    assert source.mirrors == ["https://a.example", "https://b.example"]
    assert ConfigVersion.objects.count() == versions


def test_a_source_is_added_changed_and_deleted_each_with_a_version(operator: Client, small: str) -> None:
    """Every change of a source is a version."""
    url = reverse("admin:feeds_source_add")
    response = operator.post(url, form_of(operator, url) | {"slug": "gemini", "name": "Gemini", "adapter": "gemini"})
    assert response.status_code == 302, errors_of(response)
    source = Source.objects.get(slug="gemini")
    url = reverse("admin:feeds_source_change", args=[source.pk])
    assert operator.post(url, form_of(operator, url) | {"max_attempts": 2}).status_code == 302
    operator.post(reverse("admin:feeds_source_delete", args=[source.pk]), {"post": "yes"})

    assert not Source.objects.filter(slug="gemini").exists()
    assert ConfigVersion.objects.count() == 4


def test_the_last_state_of_each_source_is_shown(operator: Client, small: str) -> None:
    """The operator sees which source is ill, in the feed's list and in the list of sources."""
    SourceState.objects.create(
        source=Source.objects.get(slug="okx"),
        last_asked_at=timezone.now(),
        last_code="rate_limited",
        last_message="HTTP 429",
        last_latency_ms=87,
        consecutive_failures=4,
    )

    for url in (feed_url("BTC/USD"), reverse("admin:feeds_source_changelist")):
        page = operator.get(url).content.decode()
        assert "rate_limited" in page
        assert "87 ms, 4 failures in a row" in page
        assert "never asked" in page


def test_the_form_of_a_feed_takes_few_queries(
    operator: Client, small: str, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    """The choices of the rows are read once, not once a row."""
    url = feed_url("BTC/USD")
    operator.get(url)

    with django_assert_max_num_queries(14):
        operator.get(url)


def test_versions_cannot_be_changed(operator: Client, small: str) -> None:
    """The record of what was in force stays as it was."""
    version = ConfigVersion.objects.get()

    page = operator.get(reverse("admin:feeds_configversion_change", args=[version.pk]))

    assert "ticker: XBTUSD" in page.content.decode()
    assert operator.get(reverse("admin:feeds_configversion_add")).status_code == 403
    url = reverse("admin:feeds_configversion_change", args=[version.pk])
    assert operator.post(url, {"author": "x"}).status_code == 403
    assert operator.post(reverse("admin:feeds_configversion_delete", args=[version.pk])).status_code == 403


def test_users_are_made_in_the_themes_forms(operator: Client) -> None:
    """The pages of users open and work."""
    posted = {"username": "second", "password1": "a-long-passphrase-7", "password2": "a-long-passphrase-7"}

    response = operator.post(reverse("admin:auth_user_add"), posted | {"usable_password": "true"})

    assert response.status_code == 302
    assert User.objects.filter(username="second").exists()
