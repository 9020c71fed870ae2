"""Prices as the contract says them, joined with the round and the transaction each came from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q

from apps.feeds.models import Feed
from apps.pricing.fixed_point import price_text
from apps.pricing.types import AnswerState
from apps.rounds.models import Answer, Round
from apps.submissions.models import OnChainPrice
from apps.submissions.selectors import chain_snapshot

_ONE_SECOND = timedelta(seconds=1)
# Wide JSON that a price does not show.
_UNREAD = ("submission__round__own_plan", "submission__round__lanes")


@dataclass(frozen=True, slots=True)
class CurrentPrice:
    """One feed's value on chain.

    answer: scaled by 10**decimals.  round_id: the contract's own count.  age_s: since ``observed_at``, at least 0.
    is_stale: older than the feed's heartbeat plus the readiness grace.  block_number: where the contract was read.
    round: the round it came from, None when its row is gone or the value was written by someone else.
    """

    feed: Feed
    answer: int
    round_id: int
    observed_at: datetime
    updated_at: datetime
    age_s: int
    is_stale: bool
    block_number: int
    round: Round | None

    @property
    def price(self) -> str:
        """Return the price as decimal text."""
        return price_text(self.answer, decimals=self.feed.decimals)

    @property
    def is_simulated(self) -> bool:
        """Whether the market simulator made this price; without a round, what this installation runs on."""
        market = self.round.market if self.round else settings.MARKET
        return market.upper() == Round.Market.SIMULATED

    @property
    def tx_hash(self) -> str:
        """Return the transaction that wrote it, empty when unknown."""
        return self.round.submission.tx_hash if self.round and self.round.submission else ""

    @property
    def tx_block_number(self) -> int | None:
        """Return the block of that transaction, None when unknown."""
        return self.round.submission.block_number if self.round and self.round.submission else None


def current_prices(feeds: Iterable[Feed], *, now: datetime) -> dict[str, CurrentPrice]:
    """Return the contract's values by pair; a feed without a value on chain is left out.

    Raises:
        ChainError: the contract cannot be read.
    """
    snapshot = chain_snapshot()
    readings = {feed.pair: (feed, snapshot.prices[feed.pair]) for feed in feeds if feed.pair in snapshot.prices}
    origins = _origins({pair: (view.round_id, view.observed_at) for pair, (_, view) in readings.items()})
    prices: dict[str, CurrentPrice] = {}
    for pair, (feed, view) in readings.items():
        age_s = max(0, int((now - view.observed_at).total_seconds()))
        prices[pair] = CurrentPrice(
            feed=feed,
            answer=view.answer,
            round_id=view.round_id,
            observed_at=view.observed_at,
            updated_at=view.updated_at,
            age_s=age_s,
            is_stale=age_s > feed.heartbeat_s + settings.READINESS_GRACE_S,
            block_number=snapshot.block_number,
            round=origins.get(pair),
        )
    return prices


def _origins(seen: Mapping[str, tuple[int, datetime]]) -> dict[str, Round]:
    """Return the round behind each (contract round, observation time), first from what was read back last."""
    rows = OnChainPrice.objects.filter(deployment__is_active=True, pair__in=seen, submission__round__isnull=False)
    origins: dict[str, Round] = {}
    for row in rows.select_related("submission__round").defer(*_UNREAD):
        if row.submission and seen[row.pair] == (row.round_id, row.observed_at):
            origins[row.pair] = row.submission.round
    if missing := {pair: at for pair, (_, at) in seen.items() if pair not in origins}:
        origins |= _origins_by_time(missing)
    return origins


def _origins_by_time(seen: Mapping[str, datetime]) -> dict[str, Round]:
    """Return the rounds by their answers' times, which the contract keeps in whole seconds."""
    either = Q()
    for pair, at in seen.items():
        either |= Q(pair=pair, observed_at__gte=at, observed_at__lt=at + _ONE_SECOND)
    answers = Answer.objects.filter(either, state=AnswerState.ACCEPTED, round__submission__isnull=False)
    return {answer.pair: answer.round for answer in answers.select_related("round__submission").order_by("pk")}
