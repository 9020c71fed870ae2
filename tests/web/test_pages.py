"""The pages say what is true, and work without JavaScript."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.contrib.staticfiles import finders
from django.test import Client
from django.utils import timezone

from apps.chain.errors import RpcUnavailable
from apps.pricing.types import AnswerReason, AnswerState
from apps.rounds.models import Round
from apps.submissions.models import Submission
from tests.api.conftest import FakeChain
from tests.api.factories import (
    EVIDENCE,
    TX_HASH,
    call,
    close,
    confirmed_round,
    make_answer,
    make_deployment,
    make_feed,
    make_round,
    make_submission,
    observation,
    reading,
    snapshot,
)

pytestmark = pytest.mark.django_db


def text_of(client: Client, path: str) -> str:
    """Return a page's text with every run of tags and spaces as one space."""
    reply = client.get(path)
    assert reply.status_code == 200
    return re.sub(r"(\s|<[^>]*>)+", " ", reply.content.decode())


def test_prices_show_value_age_and_round(client: Client, chain: FakeChain) -> None:
    """The first page has each price, how old it is, and a link to its round."""
    at = timezone.now().replace(microsecond=0) - timedelta(minutes=3)
    make_feed()
    make_feed("ETH/USD")
    round_ = confirmed_round(observed_at=at)
    chain.snapshot = snapshot(BTC_USD=reading(at))
    text = text_of(client, "/")

    assert "BTC/USD 84065.04 3 min" in text
    assert "ETH/USD \u2013 no price yet" in text
    assert "on chain 31337 at block 9. As of" in text
    assert f'href="/rounds/{round_.pk}"' in client.get("/").content.decode()


@pytest.mark.parametrize(("age_s", "freshness"), [(10, "fresh"), (3000, "ageing"), (4000, "stale")])
def test_staleness_is_coloured_and_said(client: Client, chain: FakeChain, age_s: int, freshness: str) -> None:
    """An old price looks old, and a stale one also says so in words."""
    make_feed()
    make_deployment("BTC/USD")
    chain.snapshot = snapshot(BTC_USD=reading(timezone.now() - timedelta(seconds=age_s)))
    page = client.get("/").content.decode()

    assert f'class="age {freshness}"' in page
    assert ("· stale" in page) is (freshness == "stale")


def test_simulated_prices_are_announced(client: Client, chain: FakeChain, settings: object) -> None:
    """A banner stands on every page while the market is simulated, and only then."""
    make_feed()
    simulated = text_of(client, "/")
    settings.MARKET = "live"  # type: ignore[attr-defined]

    assert "Simulated market." in simulated
    assert "Simulated market." not in text_of(client, "/")


def test_unreadable_chain_hides_prices(client: Client, chain: FakeChain) -> None:
    """When the contract cannot be read the page says so and shows no number."""
    make_feed()
    make_deployment("BTC/USD")
    chain.error = RpcUnavailable("down")
    text = text_of(client, "/")

    assert "The chain cannot be read now" in text
    assert "rpc_unavailable" in text


def test_round_page_tells_the_story(client: Client) -> None:
    """A round's page names the lost, the promoted in order, the verdicts, the transaction and the evidence."""
    lanes = [
        {"lane": "kraken", "calls": [call("kraken", lost="timeout"), call("okx", promoted_for="kraken", second=2)]},
        {
            "lane": "coinbase",
            "calls": [
                call("coinbase", lost="connection_failed"),
                call("binance", promoted_for="coinbase", lost="timeout", second=1),
            ],
        },
    ]
    round_ = close(make_round(), outcome=Round.Outcome.SENT, submission=make_submission(), lanes=lanes)
    make_answer(round_, observations=[observation("okx"), observation("kraken", refusal="timeout")])
    text = text_of(client, f"/rounds/{round_.pk}")

    assert "kraken was lost: timeout" in text
    first = text.index("Reserve binance was promoted for coinbase and was lost too: timeout")
    assert first < text.index("Reserve okx was promoted for kraken and answered in 120 ms")
    assert "okx used 84065.04" in text
    assert "kraken missed \u2013 \u2013" in text
    assert TX_HASH in text
    assert EVIDENCE in text


def test_refused_round_says_why_nothing_was_sent(client: Client) -> None:
    """A round without a transaction says so and why."""
    round_ = close(make_round(), outcome=Round.Outcome.REJECTED)
    make_answer(
        round_,
        state=AnswerState.REJECTED,
        reason=AnswerReason.BELOW_QUORUM,
        message="1 of 2 sources",
        answer=None,
        observations=[],
    )
    text = text_of(client, f"/rounds/{round_.pk}")

    assert "below_quorum : 1 of 2 sources" in text
    assert "No transaction: no feed had an acceptable price." in text
    assert "coinbase was lost: lane_lost" in text


def test_open_round_keeps_refreshing(client: Client) -> None:
    """Only a page that will change asks for itself again."""
    open_ = make_round()
    closed = close(make_round(), outcome=Round.Outcome.QUIET)

    assert "data-refresh" in client.get(f"/rounds/{open_.pk}").content.decode()
    assert "data-refresh" not in client.get(f"/rounds/{closed.pk}").content.decode()


def test_text_of_sources_is_escaped(client: Client) -> None:
    """Whatever a source sent stays text."""
    round_ = close(make_round(), outcome=Round.Outcome.QUIET)
    make_answer(round_, observations=[observation("kraken", refusal="stale", message="<script>alert(1)</script>")])
    page = client.get(f"/rounds/{round_.pk}").content.decode()

    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def test_pages_run_nothing_inline_and_load_nothing_foreign(client: Client, chain: FakeChain) -> None:
    """The policy allows this server's files only, and the pages keep to it."""
    make_feed()
    round_ = confirmed_round()
    for path in ("/", "/rounds", f"/rounds/{round_.pk}"):
        reply = client.get(path)
        page = reply.content.decode()
        assert "default-src 'none'" in reply.headers["Content-Security-Policy"]
        assert "unsafe" not in reply.headers["Content-Security-Policy"]
        assert not re.search(r"<script(?![^>]*\bsrc=)|\sstyle=|\son\w+=|(src|href)=\"(https?:)?//", page)
        for name in re.findall(r"/?static/([\w./]+)", page):
            assert finders.find(name), name


def test_rounds_are_listed_by_feed_and_page(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """The list narrows to a feed and goes on to older rounds."""
    monkeypatch.setattr("apps.web.views.PAGE", 1)
    make_feed()
    now = timezone.now()
    newer = make_round(opened_at=now)
    older = make_round(opened_at=now - timedelta(minutes=1))
    make_round(["ETH/USD"], opened_at=now + timedelta(seconds=1))
    page = client.get("/rounds?feed=BTC-USD").content.decode()
    link = re.search(r'href="(\?before=[^"]+)"', page)

    assert link is not None
    assert str(newer.pk) in page
    following = client.get("/rounds" + link[1].replace("&amp;", "&")).content.decode()
    assert str(older.pk) in following
    assert str(newer.pk) not in following


@pytest.mark.parametrize("query", ["before=nonsense", "before=2026-99-99T00:00:00Z", "feed=%00", "feed=<b>"])
def test_mangled_links_do_no_harm(client: Client, query: str) -> None:
    """A link that was cut or made up still gives a page."""
    assert client.get(f"/rounds?{query}").status_code == 200


def test_unknown_round_is_404(client: Client) -> None:
    """A round that is gone is not found."""
    assert client.get("/rounds/00000000-0000-0000-0000-000000000000").status_code == 404


@pytest.mark.parametrize("state", list(Submission.State))
def test_every_submission_state_can_be_shown(client: Client, state: Submission.State) -> None:
    """The page stands in each state of a submission, also without its later fields."""
    submission = make_submission(state=state, tx_hash="", block_number=None, gas_used=None, landed=[])
    round_ = close(make_round(), outcome=Round.Outcome.SENT, submission=submission)

    assert "Written to the chain" in text_of(client, f"/rounds/{round_.pk}")
