"""A search for lies that pass: random sources, sizes and ramps, on the recorded minutes of March 2023.

A liar owns up to a third of the live markets, or the rate of one stablecoin at any of its venues, and lies by 1 % or
more. The test run tries a few; ``ATTACKS=200 pytest tests/incidents/test_attack_search.py`` looks for longer.
"""

from __future__ import annotations

import os
import random
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from apps.pricing.backtest import Series, Step
from tests.incidents.test_history_2023 import CALM, PAIR, Recorded, recorded, steps_of, wrong

__all__ = ["recorded"]
ATTACKS = int(os.environ.get("ATTACKS", "8"))
MINUTES, LOOK_BACK = 45, timedelta(minutes=15)
SILENT = {"stale", "no_volume", "frozen", "duplicate_source", "wide_spread"}


def liars(recorded: Recorded, rng: random.Random) -> list[str]:
    """Return the recorded series that lie."""
    markets = [row.ticker for feed in recorded.feeds if feed.pair == PAIR for row in feed.listings]
    rates = [[row.ticker for row in feed.listings] for feed in recorded.feeds if feed.pair != PAIR]
    among = rng.choice([markets, *rates])
    return rng.sample(among, rng.randint(1, 3 if among is markets else len(among)))


def ramped(series: Series, lie: Decimal, *, since: datetime, until: datetime, ramp: int) -> Series:
    """Return the minutes around the attack, with the lie growing over ``ramp`` minutes."""
    told = []
    for tick in series.ticks:
        if since - LOOK_BACK <= tick.at <= until:
            passed = int((tick.at - since).total_seconds()) // 60 + 1
            share = Decimal(min(max(passed, 0), ramp)) / ramp
            told.append(replace(tick, price=tick.price * (1 + lie * share)))
    return Series(told)


def is_third(step: Step, sources: set[str]) -> bool:
    """Return whether the liars are a third of the markets that spoke, or fewer."""
    live = [o for o in step.price.observations if o.refusal not in SILENT]
    return 3 * sum(o.outcome.source in sources for o in live) <= len(live)


@pytest.mark.parametrize("seed", range(ATTACKS))
def test_no_lie_in_a_calm_week_moves_a_price_that_passes(recorded: Recorded, seed: int) -> None:
    """Whoever lies, by how much and how slowly: within 5 bps of the honest run, or held."""
    rng = random.Random(seed)
    names, ramp = liars(recorded, rng), rng.choice([1, 1, 5, 15])
    lie = Decimal(str(round(rng.choice([-1, 1]) * 10 ** rng.uniform(-2, -0.7), 4)))
    start = CALM[0] + timedelta(minutes=rng.randrange(60, 11_000))
    times = [start + timedelta(minutes=minute) for minute in range(-5, MINUTES)]
    sources = {
        row.source for feed in recorded.feeds if feed.pair == PAIR for row in feed.listings if row.ticker in names
    }
    lied = dict(recorded.series) | {
        name: ramped(recorded.series[name], lie, since=start, until=times[-1], ramp=ramp) for name in names
    }

    honest = steps_of(recorded, times)
    pairs = [
        (a, b) for a, b in zip(honest, steps_of(recorded, times, series=lied), strict=True) if is_third(b, sources)
    ]

    assert wrong(recorded, [a for a, _ in pairs], [b for _, b in pairs]) == [], (names, lie, ramp, start)
