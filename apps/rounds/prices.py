"""Prices as the contract says them, joined with the round and the transaction each came from."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q

from apps.feeds.models import Feed
from apps.feeds.publishing import default_destination
from apps.pricing.fixed_point import price_text
from apps.pricing.types import AnswerState
from apps.rounds.models import Answer, Round
from apps.rounds.selectors import report_for
from apps.submissions.chains import chain_id_of
from apps.submissions.models import OnChainPrice, Submission
from apps.submissions.selectors import chain_snapshot

_ONE_SECOND = timedelta(seconds=1)
# Wide JSON that a price does not show.
_UNREAD = ("submission__round__own_plan", "submission__round__lanes")


@dataclass(frozen=True, slots=True)
class CurrentPrice:
    """One feed's value at a destination.

    answer: scaled by 10**decimals.  round_id: the contract's own count.  age_s: since ``observed_at``, at least 0.
    is_stale: older than the feed's heartbeat plus the readiness grace.  is_paused: the contract refuses it to its
    consumers, so it is to be shown to people at most.  block_number: where the contract was read.
    round: the round it came from, None when its row is gone or the value was written by someone else.
    submission: that round's report for the destination, None when unknown.
    """

    feed: Feed
    destination: str
    chain_id: int
    answer: int
    round_id: int
    observed_at: datetime
    updated_at: datetime
    age_s: int
    is_stale: bool
    is_paused: bool
    block_number: int
    round: Round | None
    submission: Submission | None

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
        return self.submission.tx_hash if self.submission else ""

    @property
    def tx_block_number(self) -> int | None:
        """Return the block of that transaction, None when unknown."""
        return self.submission.block_number if self.submission else None


@dataclass(frozen=True, slots=True)
class _Origin:
    round: Round
    submission: Submission | None


def current_prices(feeds: Iterable[Feed], *, now: datetime, destination: str | None = None) -> dict[str, CurrentPrice]:
    """Return the values of a destination's contract by pair; a feed without a value there is left out.

    destination: the default one unless named.

    Raises:
        ChainError: the contract cannot be read.
    """
    name = destination or default_destination()
    chain_id, snapshot = chain_id_of(name), chain_snapshot(name)
    readings = {feed.pair: (feed, snapshot.prices[feed.pair]) for feed in feeds if feed.pair in snapshot.prices}
    origins = _origins({pair: (view.round_id, view.observed_at) for pair, (_, view) in readings.items()}, name)
    prices: dict[str, CurrentPrice] = {}
    for pair, (feed, view) in readings.items():
        age_s = max(0, int((now - view.observed_at).total_seconds()))
        origin = origins.get(pair)
        prices[pair] = CurrentPrice(
            feed=feed,
            destination=name,
            chain_id=chain_id,
            answer=view.answer,
            round_id=view.round_id,
            observed_at=view.observed_at,
            updated_at=view.updated_at,
            age_s=age_s,
            is_stale=age_s > feed.heartbeat_s + settings.READINESS_GRACE_S,
            is_paused=pair in snapshot.paused,
            block_number=snapshot.block_number,
            round=origin.round if origin else None,
            submission=origin.submission if origin else None,
        )
    return prices


def _origins(seen: Mapping[str, tuple[int, datetime]], destination: str) -> dict[str, _Origin]:
    """Return what is behind each (contract round, observation time), first from what was read back last."""
    rows = OnChainPrice.objects.filter(
        deployment__is_active=True, deployment__destination=destination, pair__in=seen, submission__isnull=False
    )
    wrote = {
        row.pair: row.submission
        for row in rows.select_related("submission__round").defer(*_UNREAD)
        if seen[row.pair] == (row.round_id, row.observed_at)
    }
    rounds = _rounds_of([submission for submission in wrote.values() if submission is not None])
    origins = {
        pair: _Origin(rounds[submission.pk], submission)
        for pair, submission in wrote.items()
        if submission is not None and submission.pk in rounds
    }
    if missing := {pair: at for pair, (_, at) in seen.items() if pair not in origins}:
        origins |= _origins_by_time(missing, destination)
    return origins


def _rounds_of(submissions: Collection[Submission]) -> dict[uuid.UUID, Round]:
    """Return the round behind each submission, whether it is its first report or one for another destination."""
    found = {row.pk: row.round for row in submissions if hasattr(row, "round")}
    if others := [row.pk for row in submissions if row.pk not in found]:
        links = Round.elsewhere.through.objects.filter(submission_id__in=others).select_related("round")
        found |= {link.submission_id: link.round for link in links.defer("round__own_plan", "round__lanes")}
    return found


def _origins_by_time(seen: Mapping[str, datetime], destination: str) -> dict[str, _Origin]:
    """Return the rounds by their answers' times, which the contract keeps in whole seconds."""
    either = Q()
    for pair, at in seen.items():
        either |= Q(pair=pair, observed_at__gte=at, observed_at__lt=at + _ONE_SECOND)
    answers = Answer.objects.filter(either, state=AnswerState.ACCEPTED, round__submission__isnull=False)
    found = answers.select_related("round__submission").prefetch_related("round__elsewhere").order_by("pk")
    return {answer.pair: _Origin(answer.round, report_for(answer.round, destination)) for answer in found}
