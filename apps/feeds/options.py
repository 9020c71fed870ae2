"""Which adapters there are, and whether a generic source's options describe an API, as ``apps.sources`` says."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from apps.feeds.validation import GENERIC, Problem
from apps.feeds.values import Config
from apps.sources.adapters.generic_faults import validate_options
from apps.sources.registry import adapters


@cache
def adapter_slugs() -> frozenset[str]:
    """Return the slugs a source's ``adapter`` may have."""
    return frozenset(adapters()) | {GENERIC}


def option_problems(config: Config) -> Iterator[Problem]:
    """Yield what is wrong with the options of every generic source, disabled ones included."""
    for source in config.sources.values():
        if source.adapter != GENERIC:
            continue
        for message in validate_options(dict(source.options)):
            yield Problem(("sources", source.slug, "options"), "bad_options", message)
