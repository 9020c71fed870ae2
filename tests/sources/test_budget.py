"""The grammar of rate limits."""

from __future__ import annotations

import pytest

from apps.sources import budget
from apps.sources.budget import Window
from apps.sources.registry import built_in

# By contract or node, or the API states none.
NO_PUBLIC_LIMIT = {"cryptocompare", "coincap", "kaiko", "dia", "uniswap_v3", "chainlink", "ccxt"}


@pytest.mark.parametrize(
    ("text", "windows"),
    [
        ("", ()),
        (" None ", ()),
        ("20/second", (Window(20, 1),)),
        ("20/second; 600/5 minute", (Window(20, 1), Window(600, 300))),
        ("15 per 2 second", (Window(15, 2),)),
    ],
)
def test_a_rate_limit_becomes_windows(text: str, windows: tuple[Window, ...]) -> None:
    """All of them hold at once."""
    assert budget.windows(text) == windows


@pytest.mark.parametrize("text", ["x", "0/second", "1/2 day", "2000000/second", ";".join(["1/second"] * 5)])
def test_what_is_out_of_range_is_refused_with_words(text: str) -> None:
    """The message says what would be right."""
    with pytest.raises(budget.BadRateLimit, match=r"write 20/second|not between|more than"):
        budget.windows(text)


@pytest.mark.parametrize("adapter", built_in(), ids=lambda adapter: adapter.slug)
def test_the_limits_of_built_in_adapters_can_be_read(adapter) -> None:  # type: ignore[no-untyped-def]
    """A default that cannot be read would be found in the middle of a round."""
    windows = budget.windows(adapter.rate_limit)
    assert bool(windows) == (adapter.slug not in NO_PUBLIC_LIMIT)
    assert all(mirror.startswith("https://") for mirror in adapter.mirrors)
