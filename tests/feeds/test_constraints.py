"""What the database itself refuses, whoever writes to it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from apps.feeds.models import Feed, Listing, Source

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        ({"decimals": 19}, "feed_decimals_at_most_18"),
        ({"quorum": 0}, "feed_quorum_positive"),
        ({"quorum": 6}, "feed_active_sources_reach_quorum"),
        ({"max_age_s": 0}, "feed_max_age_positive"),
        ({"heartbeat_s": 0}, "feed_heartbeat_positive"),
        ({"deviation_bps": 0}, "feed_deviation_positive"),
        ({"min_answer": Decimal(0)}, "feed_min_answer_positive"),
        ({"min_answer": Decimal(2), "max_answer": Decimal(2)}, "feed_bounds_ordered"),
    ],
)
def test_a_nonsensical_feed_is_refused(values: dict[str, Any], constraint: str) -> None:
    """Every rule that fits into a constraint is one."""
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Feed.objects.create(pair="BTC/USD", **values)


@pytest.mark.parametrize(
    ("values", "constraint"), [({"timeout_s": 0}, "source_timeout_positive"), ({"max_attempts": 0}, "source_attempts")]
)
def test_a_nonsensical_source_is_refused(values: dict[str, Any], constraint: str) -> None:
    """A source must be askable."""
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Source.objects.create(slug="a", name="A", adapter="a", **values)


def test_a_source_is_listed_once_per_feed(small: str) -> None:
    """A second listing of a source would count its vote twice."""
    row = Listing.objects.first()
    assert row is not None

    with pytest.raises(IntegrityError, match="listing_source_once_per_feed"), transaction.atomic():
        Listing.objects.create(feed=row.feed, source=row.source, ticker="X", priority=99)


def test_a_feed_never_converts_through_itself(small: str) -> None:
    """The shortest conversion cycle is refused below every form."""
    row = Listing.objects.first()
    assert row is not None

    with pytest.raises(IntegrityError, match="listing_converts_through_another_feed"), transaction.atomic():
        Listing.objects.filter(pk=row.pk).update(conversion=row.feed)


def test_two_listings_may_cross_but_not_share_a_priority(small: str) -> None:
    """The priority is unique when the transaction ends, not before."""
    first, second = Listing.objects.filter(feed__pair="USDT/USD").order_by("priority")

    with transaction.atomic():
        Listing.objects.filter(pk=first.pk).update(priority=2)
        Listing.objects.filter(pk=second.pk).update(priority=1)
        connection.check_constraints()
    with pytest.raises(IntegrityError, match="listing_priority_unique"), transaction.atomic():  # noqa: PT012
        Listing.objects.filter(pk=first.pk).update(priority=1)
        connection.check_constraints()
