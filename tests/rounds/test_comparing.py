"""How far a quote lies from the other sources and from the contract."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.core.management import call_command
from django.test import override_settings

from apps.feeds.models import Feed, Listing, Source
from apps.pricing.types import ListingSpec, Quote
from apps.rounds.comparing import assumed_listing, bps_between, compare, shown, words_of
from apps.rounds.models import Round
from apps.submissions.models import OnChainPrice
from tests.api.factories import close, make_answer, make_deployment, make_feed, make_round, observation, reading
from tests.sources.server import reply, serving

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def quote(price: str, *, pair: str = "BTC/USD", ticker: str = "BTCUSD") -> Quote:
    """Return what a source under test says."""
    return Quote("acme", pair, ticker, Decimal(price), received_at=NOW)


def listing(*, pair: str = "BTC/USD", invert: bool = False, conversion: str | None = None) -> ListingSpec:
    """Return how the feed reads it."""
    return ListingSpec(pair, "acme", "BTCUSD", 1, invert=invert, conversion=conversion)


def settled(pair: str, *prices: str, answer: int = 8400000000000) -> None:
    """Leave a round, closed a second before now, in which sources said these prices and acme something wild."""
    round_ = close(make_round([pair], opened_at=NOW - timedelta(seconds=2)), outcome=Round.Outcome.QUIET)
    rows = [observation(f"source{place}", converted=price) for place, price in enumerate(prices)]
    rows += [observation("acme", converted="1"), observation("late", refusal="stale", converted="5")]
    make_answer(round_, pair, answer=answer, observations=rows)


def on_chain(pair: str, answer: int) -> None:
    """Let the contract hold a price of a minute ago."""
    at = reading(NOW - timedelta(minutes=1)).observed_at
    OnChainPrice.objects.create(
        deployment=make_deployment(pair), pair=pair, answer=answer, decimals=8, round_id=1, observed_at=at,
        updated_at=at, block_number=1,
    )  # fmt: skip


def test_a_quote_is_compared_with_the_other_sources_and_the_contract() -> None:
    """Only used quotes of others make the median; both distances are signed and dated."""
    settled("BTC/USD", "83900", "84000", "84100")
    on_chain("BTC/USD", 8484000000000)

    found = compare(quote("84420"), listing(), now=NOW)

    assert [(d.of, d.bps, d.age_s) for d in found.distances] == [
        ("the median of 3 other sources", Decimal("50.0"), 1),
        ("the contract", Decimal("-49.5"), 60),
    ]
    assert words_of(found.distances[0]) == "50.0 bps above the median of 3 other sources, 84000, 1 s ago"
    assert words_of(found.distances[1]).startswith("49.5 bps below the contract, 84840")


def test_a_quote_in_other_money_is_converted_first() -> None:
    """The conversion feed's newest answer is the rate; a listing that inverts is turned over."""
    settled("BTC/USD", "84000")
    settled("USDT/USD", "0.999", answer=99900000)

    found = compare(quote("84084.084084"), listing(conversion="USDT/USD"), now=NOW)
    turned = compare(quote("0.0000119047619048"), listing(invert=True), now=NOW)

    assert (found.conversion, found.rate) == ("USDT/USD", Decimal("0.999"))
    assert found.distances[0].bps == turned.distances[0].bps == Decimal("0.0")


def test_next_to_nothing_is_no_minus() -> None:
    """A hair below is 0.0, never -0.0."""
    assert str(bps_between(Decimal(84000), Decimal("84000.0001"))) == "0.0"


def test_what_cannot_be_compared_says_why() -> None:
    """No round and no price on chain, or no rate to convert with."""
    assert "neither a round nor a price on chain" in compare(quote("1"), listing(), now=NOW).note
    lost = compare(quote("1"), listing(conversion="USDT/USD"), now=NOW)
    assert (lost.price, lost.note) == (None, "USDT/USD has no price yet, so the quote cannot be converted")


@pytest.mark.parametrize(
    ("pair", "ticker", "conversion"),
    [
        ("BTC/USD", "BTC-USDT", "USDT/USD"),
        ("BTC/USD", "btcusdc", "USDC/USD"),
        ("BTC/USD", "BTCUSD", None),
        ("USDC/USD", "USDCUSDT", "USDT/USD"),
        ("USDT/USD", "USDT", None),
        ("ETH/BTC", "ETHUSDT", None),
    ],
)
def test_a_stablecoin_market_is_taken_for_what_it_is(pair: str, ticker: str, conversion: str | None) -> None:
    """USDT is not USD, also before anybody listed the ticker."""
    assert assumed_listing("acme", pair=pair, ticker=ticker).conversion == conversion


@pytest.mark.parametrize(
    ("price", "text"), [("84000.000000", "84000"), ("0.00001234567890123", "0.0000123457"), ("1E+3", "1000")]
)
def test_prices_are_shown_plain(price: str, text: str) -> None:
    """No exponent, no endless digits."""
    assert shown(Decimal(price)) == text


@override_settings(MARKET="live")
def test_probe_shows_the_distance_where_a_database_is(capsys: pytest.CaptureFixture[str]) -> None:
    """The operator reads request, status, value and distance on one screen."""
    settled("BTC/USD", "84000")
    feed = make_feed(quorum=1)
    options = {"url": "/t/{ticker}", "price": "$.p", "headers": {"X-Client": "me"}}
    with serving(lambda handler: reply(handler, b'{"p": 84420}')) as server:
        source = Source.objects.create(
            slug="acme", name="Acme", adapter="generic", base_url=server.url, options=options
        )
        Listing.objects.create(feed=feed, source=source, ticker="BTC", priority=1)
        call_command("probe", "acme", "--allow-private")

    shown_text = capsys.readouterr().out
    assert f"GET {server.url}/t/BTC" in shown_text
    assert "X-Client: me" in shown_text
    assert "12 bytes" in shown_text
    assert "BTC/USD 84420: 50.0 bps above the median of 1 other source, 84000" in shown_text


@override_settings(MARKET="live")
def test_probe_says_what_to_do_about_a_miss(capsys: pytest.CaptureFixture[str]) -> None:
    """Code, message, the head of the body, and advice."""
    Feed.objects.create(pair="BTC/USD")
    options = {"url": "/t/{ticker}", "price": "$.p"}
    with serving(lambda handler: reply(handler, b'{"prize": 1}')) as server:
        Source.objects.create(slug="acme", name="Acme", adapter="generic", base_url=server.url, options=options)
        with pytest.raises(SystemExit):
            call_command("probe", "acme", "BTC/USD", "--ticker", "BTC", "--allow-private")

    shown_text = capsys.readouterr().out
    assert '{"prize": 1}' in shown_text
    assert "price_missing: The API changed, or the price path is wrong" in shown_text
