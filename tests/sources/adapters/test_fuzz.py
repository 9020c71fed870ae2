"""Damaged bodies over the whole registry: never a crash, never a price that is none.

A quick run takes a few thousand; ``make fuzz`` takes a hundred thousand, or as many as FUZZ_BODIES says.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC
from decimal import Decimal
from functools import cache

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.pricing.types import Ask, Miss, MissCode, Quote
from apps.sources.adapters.base import Adapter, PriceRequest, Reply
from apps.sources.adapters.decoding import SMALL_BODY_BYTES
from apps.sources.adapters.parsing import MAX_MESSAGE, MAX_PRICE, MIN_PRICE
from apps.sources.registry import adapter, built_in
from tests.sources.mutations import KINDS, ODD_VALUES, Seed, mutate, seeds
from tests.sources.samples import NOW

QUICK_BODIES = 5_000
STATUSES = (200, 200, 200, 200, 200, 400, 404, 418, 429, 500)

damages = st.tuples(
    st.sampled_from(KINDS), st.integers(0, 2**32), st.one_of(st.sampled_from(ODD_VALUES), st.binary(max_size=8))
)


def require_sound(outcome: Quote | Miss) -> None:
    """Fail for a price, book, volume or time that no market has, and for text that no database takes."""
    if isinstance(outcome, Miss):
        assert outcome.code in set(MissCode)
        assert outcome.code is not MissCode.INTERNAL_ERROR
        assert len(outcome.message.encode()) <= 4 * MAX_MESSAGE
        assert outcome.message.isprintable()
        return
    assert isinstance(outcome.price, Decimal)
    assert outcome.price.is_finite()
    assert MIN_PRICE <= outcome.price <= MAX_PRICE
    for side in (outcome.bid, outcome.ask):
        assert side is None or (side.is_finite() and 0 < side <= MAX_PRICE)
    assert outcome.volume is None or (outcome.volume.is_finite() and 0 <= outcome.volume <= MAX_PRICE)
    assert outcome.source_time is None or outcome.source_time.tzinfo is UTC


def numbers(outcomes: Sequence[Quote | Miss]) -> list[tuple[object, ...]]:
    """Return what the outcomes say, without the words of their messages.

    A lone row of another name is a wrong pair only to those who see it; left out as unwanted, the ticker is missing.
    """
    return [
        (MissCode.TICKER_MISSING if outcome.code is MissCode.WRONG_PAIR else outcome.code,)
        if isinstance(outcome, Miss)
        else (outcome.price, outcome.bid, outcome.ask, outcome.volume, outcome.source_time)
        for outcome in outcomes
    ]


@cache
def reader_of_everything(slug: str) -> Adapter:
    """Return the adapter as it would be if it decoded the rows nobody asked for too."""
    kind = type(adapter(slug))
    return type(f"Whole{kind.__name__}", (kind,), {"table": None})()


def first_request(seed: Seed) -> PriceRequest:
    """Return the request that the seed's body answers."""
    asks = [Ask(f"P{index}/USD", ticker) for index, ticker in enumerate(seed.tickers)]
    return adapter(seed.slug).build(asks)[0]


@settings(
    max_examples=int(os.environ.get("FUZZ_BODIES", QUICK_BODIES)),
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
@given(
    seed=st.sampled_from(seeds()),
    damage=st.lists(damages, min_size=1, max_size=4),
    status=st.sampled_from(STATUSES),
)
def test_no_damaged_body_crashes_or_deceives(seed: Seed, damage: list[tuple[str, int, bytes]], status: int) -> None:
    """Any damage to any body gives one outcome an ask: a quote with sound numbers, or a miss with a code.

    A large body says the same whether only the wanted rows are decoded or all.
    """
    body = seed.body
    for kind, where, what in damage:
        body = mutate(body, kind=kind, where=where, what=what)
    request, reply = first_request(seed), Reply(status, {}, body, NOW)

    outcomes = adapter(seed.slug).parse(request, reply)

    if len(body) >= SMALL_BODY_BYTES:
        assert numbers(outcomes) == numbers(reader_of_everything(seed.slug).parse(request, reply))
    assert [outcome.ticker for outcome in outcomes] == [ask.ticker for ask in request.asks]
    for outcome in outcomes:
        require_sound(outcome)
        assert status == 200 or isinstance(outcome, Miss)


def test_every_source_has_a_body_to_damage() -> None:
    """No adapter escapes, and every body is sound before it is damaged."""
    assert {seed.slug for seed in seeds()} == {each.slug for each in built_in()}
    for seed in seeds():
        for outcome in adapter(seed.slug).parse(first_request(seed), Reply(200, {}, seed.body, NOW)):
            require_sound(outcome)
