"""Observations written down: packed and unpacked they are the rows that would have been stored."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from apps.pricing.observations import Conversion, Observation
from apps.pricing.types import ListingSpec, Miss, MissCode, Quote, RefusalCode
from apps.rounds.packing import ByPair, pack, row_of, said_of

NUMBERS = st.decimals(min_value=0, allow_nan=False, allow_infinity=False)
MAYBE = st.none() | NUMBERS
ZONES = st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=30))])
TIMES = st.builds(
    lambda seconds, zone: datetime.fromtimestamp(0, zone) + timedelta(seconds=seconds),
    st.decimals(0, 4 * 10**9, places=6).map(float),
    ZONES,
)
WORDS = st.text(max_size=12).filter(lambda text: text.isprintable())
CALL: dict[str, Any] = {"role": "reserve", "promoted_for": "okx"}


@st.composite
def observations(draw: st.DrawFn) -> Observation:
    """One source's word and what became of it."""
    source, pair, ticker = draw(WORDS), "BTC/USD", draw(WORDS)
    listing = ListingSpec(pair, source, ticker, 1, venue=draw(WORDS))
    if draw(st.booleans()):
        code = draw(st.sampled_from(MissCode))
        return Observation(Miss(source, pair, ticker, code, "m"), listing, refusal=code, message=draw(WORDS))
    times = draw(TIMES), draw(st.none() | TIMES)
    quote = Quote(source, pair, ticker, draw(NUMBERS), *times, draw(MAYBE), draw(MAYBE), draw(MAYBE))
    seen = Observation(quote, listing, price=draw(MAYBE))
    seen.conversion = draw(st.none() | st.builds(Conversion, st.just("USDT/USD"), NUMBERS))
    if draw(st.booleans()):
        seen.refuse(draw(st.sampled_from(RefusalCode)), draw(WORDS))
    return seen


@given(st.dictionaries(WORDS, st.lists(observations(), max_size=4), max_size=3))
def test_packing_changes_nothing(by_pair: dict[str, list[Observation]]) -> None:
    """Every digit, code and time comes back; a pair that was not packed has no rows."""
    said = {pair: [said_of(seen, CALL) for seen in rows] for pair, rows in by_pair.items()}

    unpacked = ByPair(pack(said))

    for pair, rows in said.items():
        assert unpacked.rows(pair) == [row_of(pair, one) for one in rows]
    assert unpacked.rows("NOT/THERE") == []


@given(observations())
def test_rows_are_plain_json(seen: Observation) -> None:
    """Whatever a source said can be stored and hashed: nothing but text, booleans and nulls."""
    row = row_of("BTC/USD", said_of(seen, CALL))

    assert json.loads(json.dumps(row)) == row


def test_a_row_reads_as_a_person_would_write_it() -> None:
    """Decimals are plain, times in ISO 8601, and a volume of nothing is a number too."""
    at = datetime(2026, 11, 24, 12, tzinfo=UTC)
    quote = Quote("okx", "A/USD", "A-USDT", Decimal("1.20E-7"), at, None, None, None, Decimal(0))
    seen = Observation(quote, ListingSpec("A/USD", "okx", "A-USDT", 1), price=Decimal("1.1E-7"))
    seen.conversion = Conversion("USDT/USD", Decimal("0.99"))

    assert row_of("A/USD", said_of(seen, {"role": "primary", "promoted_for": None})) == {
        "source": "okx",
        "pair": "A/USD",
        "ticker": "A-USDT",
        "role": "primary",
        "promoted_for": None,
        "used": True,
        "refusal": "",
        "message": "",
        "venue": "okx",
        "price": "0.000000120",
        "converted": "0.00000011",
        "conversion": {"pair": "USDT/USD", "rate": "0.99"},
        "bid": None,
        "ask": None,
        "volume": "0",
        "source_time": None,
        "received_at": "2026-11-24T12:00:00+00:00",
    }
