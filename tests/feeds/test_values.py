"""Plain values of the configuration."""

from __future__ import annotations

from decimal import Decimal

import pytest

from apps.feeds.models import Destination, Feed, Listing, Source
from apps.feeds.values import (
    DESTINATION_KEYS,
    FEED_KEYS,
    SOURCE_KEYS,
    DestinationConfig,
    FeedConfig,
    ListingConfig,
    SourceConfig,
    plain,
)


@pytest.mark.parametrize(
    ("value", "text"),
    [("1E+3", "1000"), ("0.500", "0.5"), ("100", "100"), ("1E-18", "0.000000000000000001"), ("3.00", "3")],
)
def test_plain_writes_no_exponent_and_no_trailing_zeros(value: str, text: str) -> None:
    """A Decimal is written the way a person writes it."""
    assert text == plain(Decimal(value))


def test_defaults_are_those_of_the_models() -> None:
    """A key left out of the file means the same as a field left alone in admin."""
    feed = Feed(pair="A/B")
    source = Source(slug="a", name="a", adapter="a")
    listing = Listing()

    assert {name: getattr(feed, name) for name in FEED_KEYS} == {
        name: getattr(FeedConfig(pair="A/B"), name) for name in FEED_KEYS
    }
    assert {name: getattr(source, name) for name in SOURCE_KEYS} == {
        name: getattr(SourceConfig(slug="a", name="a", adapter="a"), name) for name in SOURCE_KEYS
    }
    for name in ("weight", "enabled", "invert"):
        assert getattr(listing, name) == getattr(ListingConfig("a", "t"), name)
    destination = Destination(name="base", chain_id=0)
    assert {name: getattr(destination, name) for name in DESTINATION_KEYS} == {
        name: getattr(DestinationConfig("base"), name) for name in DESTINATION_KEYS
    }
