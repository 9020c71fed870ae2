"""Which adapters there are, and whether a source's options make sense to its adapter, as ``apps.sources`` says."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from apps.feeds.validation import Problem
from apps.feeds.values import Config
from apps.sources.registry import adapters


@cache
def adapter_slugs() -> frozenset[str]:
    """Return the slugs a source's ``adapter`` may have."""
    return frozenset(adapters())


def option_problems(config: Config) -> Iterator[Problem]:
    """Yield what is wrong with the options of every source, disabled ones included; unknown adapters have no say."""
    for source in config.sources.values():
        if source.adapter not in adapters():
            continue
        for message in adapters()[source.adapter].option_faults(dict(source.options)):
            yield Problem(("sources", source.slug, "options"), "bad_options", message)
