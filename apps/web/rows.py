"""What the pages' tables show, made ready here so that templates only place it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from apps.feeds.models import Feed
from apps.pricing.fixed_point import price_text
from apps.rounds.models import Answer, Round
from apps.rounds.prices import CurrentPrice
from apps.rounds.selectors import round_status
from apps.rounds.story import Observed, duration_ms, observed, requested_pairs

FRESH, AGEING, STALE, NONE, PAUSED = "fresh", "ageing", "stale", "none", "paused"
_STEPS = ((86_400, "d"), (3_600, "h"), (60, "min"))
_FEEDS_SHOWN = 3


@dataclass(frozen=True, slots=True)
class PriceRow:
    """One feed on the first page. freshness: fresh, ageing (past 3/4 of its heartbeat), stale, paused, or none."""

    feed: Feed
    price: CurrentPrice | None
    text: str
    age: str
    freshness: str


@dataclass(frozen=True, slots=True)
class RoundRow:
    """One round in a list."""

    round: Round
    status: str
    feeds: str
    accepted: int
    answers: int
    duration: str


@dataclass(frozen=True, slots=True)
class AnswerBlock:
    """One answer of a round with its observations."""

    answer: Answer
    text: str
    is_requested: bool
    observations: list[Observed]


def price_rows(feeds: Sequence[Feed], prices: Mapping[str, CurrentPrice]) -> list[PriceRow]:
    """Return a row for every feed, those without a price included."""
    return [_price_row(feed, prices.get(feed.pair)) for feed in feeds]


def round_rows(rounds: Sequence[Round]) -> list[RoundRow]:
    """Return a row for every round."""
    return [_round_row(round_) for round_ in rounds]


def answer_blocks(round_: Round) -> list[AnswerBlock]:
    """Return the round's answers: the feeds it was started for first, then conversion feeds."""
    requested = set(requested_pairs(round_))
    blocks = [
        AnswerBlock(answer, _answer_text(answer), answer.pair in requested, observed(answer))
        for answer in round_.answers.all()
    ]
    return sorted(blocks, key=lambda block: (not block.is_requested, block.answer.pair))


def age_text(seconds: int) -> str:
    """Return an age in its largest unit: ``42 s``, ``3 min``, ``2 h``, ``5 d``."""
    for length, unit in _STEPS:
        if seconds >= length:
            return f"{seconds // length} {unit}"
    return f"{seconds} s"


def trimmed(price: str) -> str:
    """Return decimal text without the zeros at its end, but with at least two places: ``84065.04``, ``1.00``."""
    whole, dot, places = price.partition(".")
    if not dot:
        return price
    return f"{whole}.{places.rstrip('0').ljust(2, '0')}"


def _price_row(feed: Feed, price: CurrentPrice | None) -> PriceRow:
    if price is None:
        return PriceRow(feed, None, "", "", NONE)
    if price.is_paused:
        return PriceRow(feed, price, trimmed(price.price), age_text(price.age_s), PAUSED)
    freshness = FRESH if price.age_s * 4 <= feed.heartbeat_s * 3 else AGEING
    return PriceRow(feed, price, trimmed(price.price), age_text(price.age_s), STALE if price.is_stale else freshness)


def _round_row(round_: Round) -> RoundRow:
    pairs = requested_pairs(round_)
    more = f" + {len(pairs) - _FEEDS_SHOWN}" if len(pairs) > _FEEDS_SHOWN else ""
    answers = list(round_.answers.all())
    milliseconds = duration_ms(round_)
    return RoundRow(
        round=round_,
        status=round_status(round_),
        feeds=", ".join(pairs[:_FEEDS_SHOWN]) + more,
        accepted=sum(answer.state == "ACCEPTED" for answer in answers),
        answers=len(answers),
        duration="" if milliseconds is None else f"{milliseconds} ms",
    )


def _answer_text(answer: Answer) -> str:
    return "" if answer.answer is None else trimmed(price_text(answer.answer, decimals=answer.decimals))
