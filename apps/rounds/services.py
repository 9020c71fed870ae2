"""Opening rounds: the only code that makes them. ``settling`` closes them, ``retention`` deletes them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from apps.feeds.models import Feed
from apps.feeds.selectors import current_config_version_id
from apps.pricing.plan import RoundPlan
from apps.rounds.models import Round
from apps.rounds.plans import plan_for, plan_of
from apps.rounds.selectors import open_round_covering


class UnknownFeeds(LookupError):
    """Feeds were asked for that do not exist or are disabled; ``pairs`` names them."""

    def __init__(self, pairs: Sequence[str]) -> None:
        super().__init__(f"unknown or disabled feeds: {', '.join(pairs)}")
        self.pairs = tuple(pairs)


@transaction.atomic
def open_round(
    *, pairs: Sequence[str], trigger: Round.Trigger, requested_by: str, now: datetime
) -> tuple[Round, RoundPlan, bool]:
    """Return the round that will answer for these pairs, its plan, and whether it was already open.

    The feeds' rows are locked meanwhile, so two requests for the same feed cannot both open one. The round also
    carries the conversion feeds its pairs need.

    Raises:
        UnknownFeeds: a pair is not an enabled feed.
    """
    locked = set(
        Feed.objects.select_for_update()
        .filter(pair__in=pairs, enabled=True)
        .order_by("pk")
        .values_list("pair", flat=True)
    )
    if unknown := [pair for pair in pairs if pair not in locked]:
        raise UnknownFeeds(unknown)
    requested = [] if trigger == Round.Trigger.SCHEDULED else sorted(pairs)
    if joined := open_round_covering(pairs, now=now):
        joined.requested = sorted({*joined.requested, *requested})
        joined.save(update_fields=["requested"])
        return joined, plan_of(joined), True
    kept = plan_for(pairs, now=now)
    opened = Round.objects.create(
        trigger=trigger,
        market=Round.Market.SIMULATED if settings.MARKET == "simulated" else Round.Market.LIVE,
        requested_by=requested_by,
        pairs=[feed.pair for feed in kept.plan.feeds],
        requested=requested,
        shared_plan_id=kept.sha256,
        config_version_id=current_config_version_id(),
        opened_at=now,
        deadline=now + timedelta(seconds=float(settings.ROUND_DEADLINE_S)),
    )
    return opened, kept.plan, False
