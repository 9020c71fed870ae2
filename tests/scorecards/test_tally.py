"""What a settled round adds to the counts of a process."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.scorecards import tally
from apps.scorecards.tally import Key, Tallies, Tally
from tests.scorecards.makers import NOW, call, feed_price, observation

BUCKET = int(NOW.timestamp()) // 300 * 300


def test_a_round_counts_for_each_feed_and_for_the_source(counts: Tallies) -> None:
    """Used, refused and missed; distances only of quotes that can be compared; a call's time once per source."""
    btc = feed_price(observation("okx", "100.05"), observation("htx", "90", refusal="outlier"))
    eth = feed_price(
        observation("okx", None, pair="ETH/USD"),
        observation("htx", "5", pair="ETH/USD", refusal="stale"),
        pair="ETH/USD",
    )

    counts.add_round([btc, eth], [call("okx", 40), call("htx", 0, made=False)], now=NOW)
    taken = counts.take()

    okx, htx = taken[Key(BUCKET, "okx", "BTC/USD")], taken[Key(BUCKET, "htx", "BTC/USD")]
    assert (okx.asked, okx.quotes, okx.used, okx.refusals) == (1, 1, 1, {})
    assert (okx.compared, okx.bias_cbps, sum(okx.deviation), sum(okx.latency)) == (1, 500, 1, 1)
    assert (htx.quotes, htx.used, htx.refusals, sum(htx.latency)) == (1, 0, {"outlier": 1}, 0)
    assert (htx.compared, htx.bias_cbps) == (1, -100_000)
    assert taken[Key(BUCKET, "okx", "ETH/USD")].refusals == {"timeout": 1}
    assert taken[Key(BUCKET, "htx", "ETH/USD")].compared == 0
    assert sum(taken[Key(BUCKET, "okx", "")].latency) == 1
    assert len(counts) == 0


def test_without_an_answer_nothing_is_compared(counts: Tallies) -> None:
    """Below quorum there is no price to be far from."""
    counts.add_round([feed_price(observation("okx", "100"), price=None)], [], now=NOW)

    (own,) = counts.take().values()
    assert (own.asked, own.quotes, own.compared) == (1, 1, 0)


def test_an_absurd_quote_cannot_run_the_counts_over(counts: Tallies) -> None:
    """Its distance counts as the largest there is."""
    counts.add_round([feed_price(observation("okx", "1E+18", refusal="outlier"))], [], now=NOW)

    assert counts.take()[Key(BUCKET, "okx", "BTC/USD")].bias_cbps == tally.MAX_CBPS


def test_counts_that_nobody_writes_stay_bounded(counts: Tallies, monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest bucket goes first."""
    monkeypatch.setattr(tally, "MAX_KEYS", 2)
    for minutes in (0, 5, 10):
        counts.add_round([feed_price(observation("okx", "100"))], [], now=NOW + timedelta(minutes=minutes))

    assert {key.bucket for key in counts.take()} == {BUCKET + 300, BUCKET + 600}


@given(st.lists(st.tuples(st.integers(0, 9), st.sampled_from(["a", "b"])), max_size=20))
def test_adding_tallies_loses_nothing(rows: list[tuple[int, str]]) -> None:
    """Sums do not depend on how the counts were cut into pieces."""
    total, pieces = Tally(), Tally()
    for number, code in rows:
        piece = Tally(asked=number, refusals={code: number})
        piece.latency[number % 3] += number
        pieces.add(piece)
        total.asked += number
        total.refusals[code] = total.refusals.get(code, 0) + number
        total.latency[number % 3] += number

    assert pieces == total
