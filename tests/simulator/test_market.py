"""The walk: repeatable, bounded, correlated, and exact where it is told a price."""

from __future__ import annotations

from decimal import Decimal

import pytest

from simulator.assets import Pair
from simulator.market import HISTORY_STEPS, MAX_ASSETS, Market, UnknownAsset, mid_price
from tests.simulator.conftest import Clock

BTC = Pair("BTC", "USD")
DAY_S = 86_400


def price(market: Market, pair: Pair = BTC, lag_ms: int = 0) -> Decimal:
    """Return the market's price now."""
    market.advance()
    return mid_price(market.prices(lag_ms=lag_ms), pair)


def test_same_seed_gives_the_same_walk(clock: Clock) -> None:
    """Two markets with one seed agree after the same time."""
    markets = [Market(seed=3, clock=clock), Market(seed=3, clock=clock)]
    clock.now += 5

    assert price(markets[0]) == price(markets[1]) != Decimal(84050)


def test_walk_stands_while_time_stands(clock: Clock) -> None:
    """Looking twice in the same step shows the same price."""
    market = Market(seed=3, clock=clock)
    clock.now += 5

    assert price(market) == price(market)


def test_frozen_market_does_not_move_and_goes_on_from_there(clock: Clock) -> None:
    """Freezing holds the price over time; thawing does not make up for the pause."""
    market = Market(seed=3, clock=clock)
    clock.now += 5
    market.freeze(True)
    held = price(market)
    clock.now += DAY_S

    assert price(market) == held
    market.freeze(False)
    assert price(market) == held
    clock.now += 1
    assert price(market) != held


def test_lag_shows_the_past(clock: Clock) -> None:
    """A source that lags a second sees what others saw a second ago."""
    market = Market(seed=3, clock=clock)
    clock.now += 3
    before = price(market)
    clock.now += 1

    assert price(market, lag_ms=1000) == before
    assert price(market) != before


def test_weeks_of_idleness_cost_one_leap_and_stay_plausible(clock: Clock) -> None:
    """After 60 days the history is no longer than before, and prices are within a factor of two."""
    market = Market(seed=3, clock=clock)
    clock.now += 60 * DAY_S

    assert Decimal(42_000) < price(market) < Decimal(168_000)
    assert Decimal("0.98") < price(market, Pair("USDT", "USD")) < Decimal("1.02")
    assert len(market._history) == HISTORY_STEPS


def test_crosses_are_quotients(clock: Clock) -> None:
    """X/USDT is X/USD over USDT/USD."""
    market = Market(seed=3, clock=clock)
    clock.now += 5

    product = price(market, Pair("BTC", "USDT")) * price(market, Pair("USDT", "USD"))

    assert abs(product / price(market) - 1) < Decimal("1e-10")


def test_set_price_moves_the_base_of_a_cross(clock: Clock) -> None:
    """Setting ETH/BTC moves ETH/USD and leaves BTC/USD."""
    market = Market(seed=3, clock=clock)
    market.set_price(Pair("ETH", "BTC"), Decimal("0.05"))

    assert price(market, Pair("ETH", "USD")) == Decimal("0.05") * price(market)
    assert price(market) == Decimal(84050)


def test_set_price_adds_an_unknown_base(clock: Clock) -> None:
    """A new currency can be traded at once."""
    market = Market(seed=3, clock=clock)
    market.set_price(Pair("PEPE", "USD"), Decimal("0.0000042"))

    assert price(market, Pair("PEPE", "USD")) == Decimal("0.0000042")


@pytest.mark.parametrize("text", ["0", "-1", "1e13", "1e-11"])
def test_set_price_refuses_what_is_no_price(clock: Clock, text: str) -> None:
    """Zero, negative and absurd prices are refused."""
    with pytest.raises(ValueError, match="cannot set"):
        Market(seed=3, clock=clock).set_price(BTC, Decimal(text))


def test_set_price_refuses_an_unknown_quote(clock: Clock) -> None:
    """There must be something to quote in."""
    with pytest.raises(UnknownAsset):
        Market(seed=3, clock=clock).set_price(Pair("BTC", "NOPE"), Decimal(1))


def test_market_has_room_for_a_bounded_number_of_currencies(clock: Clock) -> None:
    """Adding currencies for ever is refused."""
    market = Market(seed=3, clock=clock)
    for number in range(MAX_ASSETS - len(market.assets)):
        market.set_price(Pair(f"X{number}", "USD"), Decimal(1))

    with pytest.raises(ValueError, match="full"):
        market.set_price(Pair("ONEMORE", "USD"), Decimal(1))


def test_multiply_moves_everything_but_money(clock: Clock) -> None:
    """A market-wide jump leaves stablecoins where they are."""
    market = Market(seed=3, clock=clock)
    market.multiply(Decimal("1.1"))

    assert price(market) == Decimal("92455.0")
    assert price(market, Pair("USDT", "USD")) == Decimal("0.99937")


def test_reset_goes_back_to_the_start(clock: Clock) -> None:
    """Start prices and first currencies are back."""
    market = Market(seed=3, clock=clock)
    market.set_price(Pair("PEPE", "USD"), Decimal(1))
    clock.now += 5
    market.reset()

    assert price(market) == Decimal(84050)
    assert "PEPE" not in market.assets
