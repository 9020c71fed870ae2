"""A wrong clock signs nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.chain.errors import ClockSkewed
from apps.chain.gateway import ChainSnapshot
from apps.submissions.clock import require_true_clock
from tests.submissions.fake_chain import FakeChain


@pytest.mark.parametrize(
    ("skew_s", "block_ahead_s", "message"),
    [(31, 0, "[+]31 s"), (-31, 0, "-31 s"), (None, 31, "31 s ahead")],
)
def test_skew_is_refused_with_its_size(skew_s: float | None, block_ahead_s: float, message: str) -> None:
    """Fast or slow against the nodes, or slow against the chain: more than 30 s stops signing."""
    now = timezone.now()
    snapshot = ChainSnapshot(1, now + timedelta(seconds=block_ahead_s))

    with pytest.raises(ClockSkewed, match=message):
        require_true_clock(snapshot, FakeChain(skew_s=skew_s), now=now)


@pytest.mark.parametrize(("skew_s", "block_ahead_s"), [(29, 29), (None, -9_999)])
def test_small_skew_and_an_old_block_prove_nothing(skew_s: float | None, block_ahead_s: float) -> None:
    """A second of the Date header's rounding, or a quiet chain, stops nobody."""
    now = timezone.now()

    require_true_clock(ChainSnapshot(1, now + timedelta(seconds=block_ahead_s)), FakeChain(skew_s=skew_s), now=now)
