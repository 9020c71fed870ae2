"""The oracle's built-in adapters read the simulator's replies, for every ticker of the default configuration."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime
from decimal import Decimal
from urllib.parse import urlencode

import pytest
import requests
from ruamel.yaml import YAML

from apps.pricing.types import Ask, Miss, MissCode, Quote
from apps.sources.errors import SourceMisconfigured
from simulator.exchanges import all_exchanges
from simulator.testing import ROOT, Simulator

registry = pytest.importorskip("apps.sources.registry", reason="no adapters yet")
base = pytest.importorskip("apps.sources.adapters.base", reason="no adapters yet")

CONFIGURATION = ROOT / "oracle.yaml"
# several prices are the inverses of rates; cumulative ticks are whole numbers
TOLERANCE = {"coinbase_spot_v2": Decimal("1e-15"), "uniswap_v3": Decimal("1e-6")}
BUILT_IN = sorted(set(registry.adapters()) & set(all_exchanges()))


def asks_of(slug: str) -> list[Ask]:
    """Return what the default configuration asks of a source, or its guesses for three pairs where it asks nothing."""
    asks: dict[str, list[Ask]] = defaultdict(list)
    feeds = YAML(typ="safe").load(CONFIGURATION.read_text())["feeds"] if CONFIGURATION.exists() else {}
    for pair, feed in feeds.items():
        for listing in feed["listings"]:
            quote = "USDT" if listing.get("conversion") == "USDT/USD" else pair.partition("/")[2]
            asks[listing["source"]].append(Ask(f"{pair.partition('/')[0]}/{quote}", listing["ticker"]))
    money = all_exchanges()[slug].money[0]
    pairs = [f"{asset}/{money}" for asset in ("BTC", "ETH", "SOL")]
    return asks[slug] or [ask for pair in pairs for ask in guess(slug, pair)]


def guess(slug: str, pair: str) -> list[Ask]:
    """Return an ask for the adapter's own guess, none where it refuses to guess."""
    try:
        return [Ask(pair, registry.adapter(slug).ticker_for(pair))]
    except SourceMisconfigured:
        return []


def unknown_to(slug: str, ticker: str) -> str:
    """Return a ticker of the same form that the source does not know."""
    for old, new in (("XBT", "QQQ"), ("BTC", "QQQ"), ("btc", "qqq"), ("bitcoin", "qqqcoin"), ("Bitcoin", "Qqqcoin")):
        ticker = ticker.replace(old, new)
    if ticker.startswith("0x"):
        return f"0x{'9' * 40}{ticker[42:]}"
    return {"coinmarketcap": "99999999", "pyth": "9" * 64}.get(slug, ticker)


def fetch(simulator: Simulator, slug: str, asks: list[Ask]) -> list[object]:
    """Return the adapter's outcomes for real HTTP replies of the simulator."""
    adapter = registry.adapter(slug)
    outcomes: list[object] = []
    for request in adapter.build(asks):
        query = f"?{urlencode(request.query)}" if request.query else ""
        url = f"{simulator.url(slug)}{request.path}{query}"
        got = requests.request(request.method, url, data=request.body, headers=dict(request.headers), timeout=5)
        headers = {name.lower(): text for name, text in got.headers.items()}
        reply = base.Reply(got.status_code, headers, got.content, datetime.now(UTC))
        outcomes.extend(adapter.parse(request, reply))
    return outcomes


@pytest.mark.parametrize("slug", BUILT_IN)
def test_adapter_reads_every_ticker_of_the_default_configuration(simulator: Simulator, slug: str) -> None:
    """Each ask becomes a quote with the very price the simulator says it serves, for the pair meant."""
    asks = asks_of(slug)
    served = {row["pair"]: row["price"] for row in simulator.quotes(source=slug)[slug]["tickers"].values()}

    outcomes = fetch(simulator, slug, asks)

    assert len(outcomes) == len(asks)
    for outcome in outcomes:
        assert isinstance(outcome, Quote), outcome
        assert abs(outcome.price / Decimal(served[outcome.pair]) - 1) <= TOLERANCE.get(slug, 0)


@pytest.mark.parametrize("slug", BUILT_IN)
def test_adapter_reads_each_ticker_alone(simulator: Simulator, slug: str) -> None:
    """A lone ask may take another call; it gives a quote too."""
    for ask in asks_of(slug):
        (outcome,) = fetch(simulator, slug, [ask])

        assert isinstance(outcome, Quote), outcome


@pytest.mark.parametrize("slug", BUILT_IN)
@pytest.mark.parametrize("mode", ["rate_limited", "banned", "html", "truncated", "empty", "body", "status", "delisted"])
def test_adapter_makes_a_miss_of_every_fault(simulator: Simulator, slug: str, mode: str) -> None:
    """No fault becomes a price."""
    simulator.set_mode(slug, mode)

    assert not [outcome for outcome in fetch(simulator, slug, asks_of(slug)) if isinstance(outcome, Quote)]


def test_every_built_in_exchange_is_simulated() -> None:
    """No adapter goes untried against a server that speaks its format."""
    assert {each.slug for each in registry.built_in()} - set(all_exchanges()) == set()


@pytest.mark.parametrize("slug", BUILT_IN)
def test_a_ticker_that_is_unknown_is_said_to_be(simulator: Simulator, slug: str) -> None:
    """The exchange's own way of not knowing a ticker is understood, asked alone and among others."""
    known = asks_of(slug)[0]
    unknown = Ask("BTC/USD", unknown_to(slug, known.ticker))
    alone, among = fetch(simulator, slug, [unknown]), fetch(simulator, slug, [known, unknown])

    said = [outcome for outcome in (*alone, *among) if isinstance(outcome, Miss) and outcome.ticker == unknown.ticker]
    assert len(said) == 2
    assert {outcome.code for outcome in said} <= {MissCode.UNKNOWN_TICKER, MissCode.TICKER_MISSING}


@pytest.mark.parametrize("slug", BUILT_IN)
def test_an_exchanges_limits_and_bans_are_understood(simulator: Simulator, slug: str) -> None:
    """Its "too many requests" is a limit, its "go away" a ban."""
    codes = []
    for mode in ("rate_limited", "banned"):
        simulator.set_mode(slug, mode)
        codes += [outcome.code for outcome in fetch(simulator, slug, asks_of(slug)[:1]) if isinstance(outcome, Miss)]

    assert codes == [MissCode.RATE_LIMITED, MissCode.BANNED]
