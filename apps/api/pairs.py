"""Pairs in paths: ``BTC-USD`` stands for ``BTC/USD``."""

from __future__ import annotations

import re

from apps.api.problems import Problem, ProblemCode
from apps.feeds.models import Feed

_SLUG = re.compile(r"[A-Z0-9]{1,12}-[A-Z0-9]{1,12}", re.ASCII)


def pair_of_slug(slug: str) -> str:
    """Return the pair, whatever the letters' case; a text that is no pair comes back as it is, upper-case."""
    return slug.upper().replace("-", "/", 1)


def is_pair_slug(slug: str) -> bool:
    """Return whether this could be a pair in a path."""
    return _SLUG.fullmatch(slug.upper()) is not None


def feed_or_problem(slug: str) -> Feed:
    """Return the feed of a path. Raises feed_unknown."""
    unknown = Problem(ProblemCode.FEED_UNKNOWN, f"There is no feed {pair_of_slug(slug)[:30]!r}; see /api/v1/feeds.")
    if not is_pair_slug(slug):
        raise unknown
    feed = Feed.objects.filter(pair=pair_of_slug(slug)).first()
    if feed is None:
        raise unknown
    return feed
