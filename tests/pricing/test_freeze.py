"""Sources that stopped."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal

from apps.pricing.aggregate import FeedPrice, Known, aggregate_round
from apps.pricing.freeze import Watch
from apps.pricing.types import RefusalCode
from tests.pricing.test_aggregate import NOW, feed, listing, quote, refusals

NAMES = ("a", "b", "c", "d")


def settle(prices: list[str], *, at: datetime, watches: Mapping[str, Watch], volume: str = "7") -> FeedPrice:
    spec = feed("BTC/USD", [listing(name, "BTC/USD") for name in NAMES], outlier_floor_bps=1000)
    outcomes = {
        (name, "BTC/USD"): quote(
            name, "BTC/USD", price, received_at=at, volume=Decimal(volume) if name == "a" else None
        )
        for name, price in zip(NAMES, prices, strict=True)
    }
    return aggregate_round([spec], outcomes, now=at, known=Known(watches={"BTC/USD": watches}))["BTC/USD"]


def test_an_unchanged_quote_is_frozen_once_its_peers_moved() -> None:
    """Same price and volume while the others went 1 % up: refused, although its reply is fresh."""
    first = settle(["100", "100", "100", "100"], at=NOW, watches={})
    later = settle(["100", "101", "101", "101"], at=NOW + timedelta(seconds=60), watches=first.watches)

    assert refusals(later) == {"a": RefusalCode.FROZEN}
    assert later.price == Decimal(101)


def test_a_new_volume_is_a_sign_of_life() -> None:
    """A trade at the same price changes the volume, so the source is not frozen."""
    first = settle(["100", "100", "100", "100"], at=NOW, watches={})
    later = settle(["100", "101", "101", "101"], at=NOW + timedelta(seconds=60), watches=first.watches, volume="8")

    assert refusals(later) == {}


def test_nobody_is_frozen_in_a_still_market() -> None:
    """Unchanged prices everywhere say nothing about anyone, however long."""
    first = settle(["100", "100", "100", "100"], at=NOW, watches={})
    later = settle(["100", "100", "100", "100"], at=NOW + timedelta(hours=5), watches=first.watches)

    assert refusals(later) == {}


def test_one_mover_does_not_freeze_the_others() -> None:
    """Most of the peers must have moved: a single liar cannot have the honest ones thrown out."""
    first = settle(["100", "100", "100", "100"], at=NOW, watches={})
    later = settle(["100", "100", "100", "104"], at=NOW + timedelta(seconds=60), watches=first.watches)

    assert refusals(later) == {}


def test_a_frozen_source_stays_frozen_until_it_speaks_anew() -> None:
    """Peers that come back to its price do not wake a dead market; a new word does."""
    first = settle(["100", "100", "100", "100"], at=NOW, watches={})
    frozen = settle(["100", "101", "101", "101"], at=NOW + timedelta(seconds=60), watches=first.watches)
    back = settle(["100", "100", "100.1", "100"], at=NOW + timedelta(seconds=120), watches=frozen.watches)
    awake = settle(["100.2", "100", "100", "100"], at=NOW + timedelta(seconds=180), watches=back.watches)

    assert refusals(back) == {"a": RefusalCode.FROZEN}
    assert refusals(awake) == {}


def test_a_pause_of_seconds_is_no_freeze() -> None:
    """An exchange may serve a reply from its cache for a moment."""
    first = settle(["100", "100", "100", "100"], at=NOW, watches={})
    later = settle(["100", "102", "102", "102"], at=NOW + timedelta(seconds=20), watches=first.watches)

    assert refusals(later) == {}
