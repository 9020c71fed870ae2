"""What is stored of a contract is never overwritten by what it cannot say."""

from __future__ import annotations

import pytest

from apps.chain.errors import ChainReadInconsistent
from apps.feeds.models import Feed
from apps.submissions.deployments import sync_feeds
from apps.submissions.models import Deployment
from tests.submissions.fake_chain import FakeChain

pytestmark = pytest.mark.django_db


def test_feed_never_changes_its_place(deployment: Deployment, chain: FakeChain) -> None:
    """Signers sign places: nodes that show another one are not believed, and nothing is stored."""
    Deployment.objects.update(places={"BTC/USD": 0, "ETH/USD": 1})
    deployment.refresh_from_db()
    Feed.objects.create(pair="SOL/USD", max_age_s=90)
    chain.pairs = ("ETH/USD", "BTC/USD", "SOL/USD")

    with pytest.raises(ChainReadInconsistent, match="BTC/USD has place 0, a node shows 1"):
        sync_feeds(deployment, None, chain, update=False)

    deployment.refresh_from_db()
    assert deployment.places == {"BTC/USD": 0, "ETH/USD": 1}
    chain.pairs = ("BTC/USD", "ETH/USD", "SOL/USD")
    sync_feeds(deployment, None, chain, update=False)
    assert deployment.places == {"BTC/USD": 0, "ETH/USD": 1, "SOL/USD": 2}


def test_feed_of_other_decimals_has_no_place(deployment: Deployment, chain: FakeChain) -> None:
    """Its price would be off by powers of ten: it is in no report until both sides agree, and stops no other feed."""
    Deployment.objects.update(places={"BTC/USD": 0, "ETH/USD": 1})
    deployment.refresh_from_db()
    for pair in ("SOL/USD", "XRP/USD"):
        Feed.objects.create(pair=pair, max_age_s=90)
    chain.pairs, chain.decimals = ("BTC/USD", "ETH/USD", "SOL/USD", "XRP/USD"), {"SOL/USD": 18}

    sync_feeds(deployment, None, chain, update=False)

    assert deployment.places == {"BTC/USD": 0, "ETH/USD": 1, "XRP/USD": 3}
    chain.decimals = {}
    sync_feeds(deployment, None, chain, update=False)
    deployment.refresh_from_db()
    assert deployment.places == {"BTC/USD": 0, "ETH/USD": 1, "SOL/USD": 2, "XRP/USD": 3}
