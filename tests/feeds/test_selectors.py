"""Feeds and sources as rounds take them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from pytest_django import DjangoAssertNumQueries, Settings

from apps.feeds.config import apply_document
from apps.feeds.document import read_document
from apps.feeds.models import Feed, Source
from apps.feeds.selectors import feed_specs, source_specs
from apps.pricing.types import ListingSpec
from tests.feeds.conftest import REPOSITORY

pytestmark = pytest.mark.django_db


def test_a_spec_holds_enabled_listings_of_enabled_sources_in_priority_order(small: str) -> None:
    """What is off is not in a round."""
    Source.objects.filter(slug="bitstamp").update(enabled=False)

    spec = next(spec for spec in feed_specs(["BTC/USD"]) if spec.pair == "BTC/USD")

    assert spec.listings == (
        ListingSpec("BTC/USD", "kraken", "XBTUSD", 1, venue="kraken"),
        ListingSpec("BTC/USD", "binance", "BTCUSDT", 3, conversion="USDT/USD", venue="binance"),
    )


def test_the_feeds_needed_for_conversion_come_along(small: str) -> None:
    """Asking for one feed brings those its listings convert through."""
    assert [spec.pair for spec in feed_specs(["BTC/USD"])] == ["BTC/USD", "USDT/USD"]
    assert [spec.pair for spec in feed_specs(["USDT/USD"])] == ["USDT/USD"]


def test_disabled_and_unknown_feeds_are_left_out(small: str) -> None:
    """Only what is on can be priced."""
    Feed.objects.filter(pair="BTC/USD").update(enabled=False)

    assert feed_specs(["BTC/USD", "NO/SUCH"]) == []
    assert feed_specs([]) == []
    assert [spec.pair for spec in feed_specs(None)] == ["USDT/USD"]


def test_all_feeds_take_two_queries(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    """The number of queries does not grow with the feeds."""
    apply_document(read_document((REPOSITORY / "oracle.yaml").read_text(encoding="utf-8")), author="tests")

    with django_assert_num_queries(2):
        assert len(feed_specs(None)) >= 12
    with django_assert_num_queries(4):
        assert len(feed_specs(["BTC/USD", "ETH/USD"])) == 3


def test_a_source_is_asked_where_its_adapter_says_unless_told_otherwise(small: str, settings: Settings) -> None:
    """The adapter's address, the row's own, or nothing for an adapter nobody knows."""
    settings.MARKET = "live"
    Source.objects.filter(slug="okx").update(base_url="https://okx.example.org/")
    Source.objects.filter(slug="binance").update(adapter="forgotten")

    specs = source_specs(["kraken", "okx", "binance", "absent"])

    assert {slug: spec.base_url for slug, spec in specs.items()} == {
        "kraken": "https://api.kraken.com",
        "okx": "https://okx.example.org",
        "binance": "",
    }
    assert specs["kraken"].timeout_s == Decimal("2.5")


def test_limits_and_mirrors_are_the_adapters_own_unless_told_otherwise(small: str, settings: Settings) -> None:
    """A base URL of one's own has no mirrors but those named with it."""
    settings.MARKET = "live"
    Source.objects.filter(slug="kraken").update(rate_limit="1/second", mirrors=["https://mirror.example.org/"])
    Source.objects.filter(slug="okx").update(adapter="binance", base_url="https://okx.example.org")
    Source.objects.filter(slug="bitstamp").update(adapter="forgotten")

    specs = source_specs(["kraken", "okx", "binance", "bitstamp"])

    assert {slug: (spec.rate_limit, spec.mirrors[:1]) for slug, spec in specs.items()} == {
        "kraken": ("1/second", ("https://mirror.example.org",)),
        "okx": ("6000/minute", ()),
        "binance": ("6000/minute", ("https://data-api.binance.vision",)),
        "bitstamp": ("", ()),
    }


def test_the_simulator_is_asked_without_the_limits_of_the_real_ones(small: str, settings: Settings) -> None:
    """It has no mirrors and no patience to lose; a limit that was set by hand holds."""
    settings.MARKET = "simulated"
    Source.objects.filter(slug="kraken").update(rate_limit="1/second")

    specs = source_specs(["kraken", "binance"])

    assert (specs["kraken"].rate_limit, specs["binance"].rate_limit, specs["binance"].mirrors) == ("1/second", "", ())


def test_in_a_simulated_market_every_source_is_the_simulator(small: str, settings: Settings) -> None:
    """No real exchange is ever asked."""
    settings.MARKET = "simulated"
    settings.MARKET_SIMULATOR_URL = "http://127.0.0.1:8900/"
    Source.objects.filter(slug="okx").update(base_url="https://okx.example.org")

    specs = source_specs(["kraken", "okx"])

    assert {spec.base_url for spec in specs.values()} == {"http://127.0.0.1:8900/kraken", "http://127.0.0.1:8900/okx"}
