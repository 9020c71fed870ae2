"""Whether a configuration makes sense: the one set of rules that admin and `oracle.yaml` share.

Pure over the plain values of ``values``. The rules stand in ``source_rules``, ``feed_rules`` and ``listing_rules``;
``config.all_problems`` asks those of destinations and adapters' options too.

A disabled feed is only checked for what the database itself would refuse: it may wait half-configured.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from apps.feeds.feed_rules import feed_problems, outgrown_problems
from apps.feeds.listing_rules import cycle_problems, listing_problems
from apps.feeds.problems import Problem
from apps.feeds.source_rules import source_problems
from apps.feeds.values import Config


def config_problems(config: Config, *, adapters: Collection[str]) -> list[Problem]:
    """Return everything wrong with the configuration, in file order; an empty list means it may be saved.

    adapters: slugs of the built-in adapters, ``generic`` included.
    """
    found: list[Problem] = []
    for source in config.sources.values():
        found += source_problems(source, adapters=adapters)
    return [*found, *rule_problems(config)]


def rule_problems(config: Config) -> Iterator[Problem]:
    """Yield what is wrong with the feeds and their lists, whatever the sources are asked with."""
    for feed in config.feeds.values():
        yield from feed_problems(feed)
        yield from listing_problems(feed, config=config)
    yield from cycle_problems(config)


def change_problems(before: Config, after: Config) -> list[Problem]:
    """Return what may not change in the life of a feed.

    Its decimals, which readers of the contract rely on, and a bound that its place on the contract does not hold.
    """
    both = [(before.feeds[pair], feed) for pair, feed in after.feeds.items() if pair in before.feeds]
    decimals = [
        Problem(
            ("feeds", new.pair, "decimals"),
            "decimals_changed",
            f"decimals are fixed for the life of a feed: {old.decimals} cannot become {new.decimals}",
        )
        for old, new in both
        if old.decimals != new.decimals
    ]
    return [*decimals, *(problem for old, new in both for problem in outgrown_problems(old, new))]
