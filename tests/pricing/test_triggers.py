"""Whether a price becomes an answer."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from apps.pricing.triggers import decide
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
    ("prices", "changes", "reason"),
    [
        ([], {}, AnswerReason.NO_QUOTES),
        (["100"], {"quorum": 2}, AnswerReason.BELOW_QUORUM),
        (["100"], {"min_answer": Decimal(101)}, AnswerReason.OUT_OF_BOUNDS),
        (["100"], {"max_answer": Decimal(99)}, AnswerReason.OUT_OF_BOUNDS),
        (["0.000000001"], {}, AnswerReason.OUT_OF_BOUNDS),
    ],
)
def test_refused_prices_say_why(prices: list[str | Decimal], changes: dict[str, object], reason: AnswerReason) -> None:
    """Quorum and bounds stop an answer even when a client asked for it."""
    decision = decide(price_of(prices, **changes), reference=None, on_demand=True, now=NOW)

    assert (decision.state, decision.reason) == (AnswerState.REJECTED, reason)
