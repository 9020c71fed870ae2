"""Whether a price becomes an answer."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from apps.pricing.triggers import decide, is_quiet
from apps.pricing.types import AnswerReason, AnswerState, OnChainValue
from tests.pricing.test_aggregate import NOW, price_of


def chain(answer: str, *, age_s: int = 10) -> OnChainValue:
    at = NOW - timedelta(seconds=age_s)
    return OnChainValue(int(Decimal(answer) * 10**8), at, at)


@pytest.mark.parametrize(
    ("reference", "on_demand", "expected"),
    [
        (None, False, (AnswerState.ACCEPTED, AnswerReason.FIRST_ANSWER)),
        (chain("100"), False, (AnswerState.SKIPPED, AnswerReason.NO_NEWS)),
        (chain("100"), True, (AnswerState.ACCEPTED, AnswerReason.ON_DEMAND)),
        (chain("99.51"), False, (AnswerState.SKIPPED, AnswerReason.NO_NEWS)),
        (chain("99.5"), False, (AnswerState.ACCEPTED, AnswerReason.DEVIATION)),
        (chain("100", age_s=3600), False, (AnswerState.ACCEPTED, AnswerReason.HEARTBEAT)),
        (chain("50", age_s=0), True, (AnswerState.SKIPPED, AnswerReason.NOT_NEWER)),
    ],
)
def test_triggers(reference: OnChainValue | None, on_demand: bool, expected: tuple[AnswerState, AnswerReason]) -> None:
    """First answer, demand, heartbeat and deviation are news; an older observation never is."""
    decision = decide(price_of(["100"]), reference=reference, on_demand=on_demand, now=NOW)

    assert (decision.state, decision.reason) == expected


@pytest.mark.parametrize(
    ("prices", "changes", "expected"),
    [
        ([], {}, (AnswerState.REJECTED, AnswerReason.NO_QUOTES)),
        (["100"], {"quorum": 2}, (AnswerState.REJECTED, AnswerReason.BELOW_QUORUM)),
        (["100"], {"min_answer": Decimal(101)}, (AnswerState.HELD, AnswerReason.OUT_OF_BOUNDS)),
        (["100"], {"max_answer": Decimal(99)}, (AnswerState.HELD, AnswerReason.OUT_OF_BOUNDS)),
        (["0.000000001"], {}, (AnswerState.REJECTED, AnswerReason.OUT_OF_BOUNDS)),
        (["100", "100", "120", "120"], {}, (AnswerState.HELD, AnswerReason.SPLIT)),
    ],
)
def test_stopped_prices_say_why(
    prices: list[str | Decimal], changes: dict[str, object], expected: tuple[AnswerState, AnswerReason]
) -> None:
    """Quorum rejects and guards hold an answer even when a client asked for it; nil can never be published."""
    decision = decide(price_of(prices, **changes), reference=None, on_demand=True, now=NOW)

    assert (decision.state, decision.reason) == expected


@pytest.mark.parametrize(
    ("changes", "age_s", "on_demand", "reason"),
    [
        ({"min_interval_s": 30}, 29, False, AnswerReason.TOO_SOON),
        ({"min_interval_s": 30}, 30, False, AnswerReason.DEVIATION),
        ({"min_interval_s": 30}, 29, True, AnswerReason.ON_DEMAND),
        ({"quiet_hours": "11:00-13:00"}, 60, False, AnswerReason.QUIET_HOURS),
        ({"quiet_hours": "11:00-13:00"}, 3600, False, AnswerReason.HEARTBEAT),
        ({"quiet_hours": "11:00-13:00"}, 60, True, AnswerReason.ON_DEMAND),
        ({"quiet_hours": "12:01-13:00"}, 60, False, AnswerReason.DEVIATION),
    ],
)
def test_intervals_and_quiet_hours_hold_back_deviations(
    changes: dict[str, object], age_s: int, on_demand: bool, reason: AnswerReason
) -> None:
    """Publications keep their distance, and in quiet hours only heartbeats and requests are sent."""
    price = price_of(["101"], **changes)

    assert decide(price, reference=chain("100", age_s=age_s), on_demand=on_demand, now=NOW).reason == reason


@pytest.mark.parametrize(
    ("hours", "hour", "quiet"),
    [("22:00-06:00", 23, True), ("22:00-06:00", 5, True), ("22:00-06:00", 6, False), ("", 3, False)],
)
def test_quiet_hours_may_cross_midnight(hours: str, hour: int, quiet: bool) -> None:
    """The end is excluded, and a span that ends before it starts lasts over midnight."""
    assert is_quiet(hours, NOW.replace(hour=hour)) is quiet
