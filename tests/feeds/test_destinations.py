"""Destinations in `oracle.yaml`, in the tables and in admin."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from apps.feeds.config import apply_document
from apps.feeds.document import ConfigError, read_document
from apps.feeds.models import ConfigVersion, Destination, Feed
from apps.feeds.selectors import current_config, feed_specs
from apps.feeds.services import exported_document
from tests.feeds.conftest import SMALL
from tests.feeds.test_admin import errors_of, feed_url, form_of

pytestmark = pytest.mark.django_db
BASE = """
destinations:
  base:
    chain_id: 8453
    rpc_urls: ["env:BASE_RPC_URLS"]
    finality: safe
    min_balance_eth: 0.01
"""


def with_base(published: str = "[main, base]") -> str:
    """Return the small configuration with a second destination that BTC/USD is published to."""
    text = SMALL.replace("version: 1\n", f"version: 1{BASE}")
    return text.replace("    active_sources: 3\n", f"    active_sources: 3\n    destinations: {published}\n")


def test_a_file_with_destinations_comes_back_as_it_was(small: str) -> None:
    """Applied, exported and applied again, nothing changes, and the feed's spec names where it goes."""
    changes = apply_document(read_document(with_base()), author="tests")

    assert [str(change) for change in changes] == [
        "+ destination base (chain 8453)",
        "~ feed BTC/USD destinations: none -> main, base",
    ]
    assert apply_document(read_document(exported_document()), author="tests") == []
    assert {spec.pair: spec.destinations for spec in feed_specs()} == {
        "BTC/USD": ("main", "base"),
        "USDT/USD": (),
    }


def test_without_destinations_the_file_says_nothing_of_them(small: str) -> None:
    """Who publishes to one chain sees no more keys than before."""
    assert "destination" not in exported_document()


def test_a_destination_that_left_the_file_is_switched_off(small: str) -> None:
    """Its submissions still name it, so the row stays."""
    apply_document(read_document(with_base()), author="tests")

    changes = apply_document(read_document(SMALL), author="tests")

    assert "- destination base (disabled, kept for its history)" in [str(change) for change in changes]
    assert not Destination.objects.get(name="base").enabled


def test_an_unknown_destination_is_told_with_its_line(small: str) -> None:
    """A misspelt name changes nothing and is found at once."""
    with pytest.raises(ConfigError) as caught:
        apply_document(read_document(with_base("[bsae]")), author="tests")

    lines = with_base("[bsae]").splitlines()
    assert lines[caught.value.complaints[0].line - 1].strip() == "destinations: [bsae]"
    assert "there is no destination 'bsae'; known: main, base" in caught.value.complaints[0].message
    assert Feed.objects.get(pair="BTC/USD").destinations == []


def test_a_destination_is_added_in_admin(operator: Client, small: str) -> None:
    """The form takes lists one a line, and the change is a version of the configuration."""
    url = reverse("admin:feeds_destination_add")
    posted = {**form_of(operator, url), "name": "base", "chain_id": "8453", "rpc_urls": "env:BASE_RPC_URLS\n"}

    response = operator.post(url, posted)

    assert response.status_code == 302, errors_of(response)
    assert current_config().destinations["base"].rpc_urls == ["env:BASE_RPC_URLS"]
    assert "chain_id: 8453" in ConfigVersion.objects.latest("number").document


def test_admin_refuses_what_the_file_would(operator: Client, small: str) -> None:
    """A key in a URL is refused at its field."""
    url = reverse("admin:feeds_destination_add")
    key = "https://rpc.example.org/v3/0123456789abcdef0123456789abcdef"

    response = operator.post(url, {**form_of(operator, url), "name": "base", "chain_id": "8453", "rpc_urls": key})

    assert "seems to hold a secret" in errors_of(response)
    assert not Destination.objects.exists()


def test_a_feed_ticks_its_destinations_in_admin(operator: Client, small: str) -> None:
    """The boxes show what there is, and are kept."""
    apply_document(read_document(with_base("[base]")), author="tests")
    url = feed_url("BTC/USD")
    assert form_of(operator, url)["destinations"] == ["base"]

    response = operator.post(url, {**form_of(operator, url), "destinations": ["main", "base"]})

    assert response.status_code == 302, errors_of(response)
    assert Feed.objects.get(pair="BTC/USD").destinations == ["main", "base"]


def test_the_last_destination_of_a_feed_cannot_be_switched_off(operator: Client, small: str) -> None:
    """The action in admin tells which feed would be published nowhere."""
    apply_document(read_document(with_base("[base]")), author="tests")
    row = Destination.objects.get(name="base")

    page = operator.post(
        reverse("admin:feeds_destination_changelist"),
        {"action": "disable", "_selected_action": [row.pk]},
        follow=True,
    )

    assert "BTC/USD would be published nowhere" in page.content.decode()
    row.refresh_from_db()
    assert row.enabled


def test_a_private_url_is_refused_in_the_form(operator: Client, small: str) -> None:
    """What somebody types must not reach into the network behind the oracle."""
    url = reverse("admin:feeds_destination_add")
    posted = {**form_of(operator, url), "name": "base", "chain_id": "8453", "rpc_urls": "https://10.0.0.7:8545"}

    assert "PRICE_HOST_ALLOWLIST does not list it" in errors_of(operator.post(url, posted))
