"""Whether a source makes sense by itself, and which venue it is. Its adapter's options are judged in options.py."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from decimal import Decimal

from apps.feeds.problems import SLUG, Problem, Where, decimal_problems, is_http_url
from apps.feeds.values import SourceConfig
from apps.sources.venues import default_venue

MAX_ATTEMPTS = 10
MAX_CACHE_TTL_MS = 60_000
MAX_MIRRORS = 5
MAX_RATE_LIMIT_CHARS = 100
TIMEOUT = (Decimal("0.1"), 3, 1)  # lowest, digits before the point, digits after it: as wide as the column
MAX_TIMEOUT_S = Decimal(30)


def source_problems(source: SourceConfig, *, adapters: Collection[str]) -> Iterator[Problem]:
    """Yield what is wrong with a source by itself, its adapter's options excepted."""
    where: Where = ("sources", source.slug)
    if not SLUG.fullmatch(source.slug):
        yield Problem(where, "bad_slug", f"{source.slug!r}: a slug has 2-40 lower-case letters, digits and underscores")
    if source.adapter not in adapters:
        known = ", ".join(sorted(adapters))
        yield Problem((*where, "adapter"), "unknown_adapter", f"unknown adapter {source.adapter!r}; known: {known}")
    if not source.name or len(source.name) > 60:
        yield Problem((*where, "name"), "bad_name", "a name has 1 to 60 characters")
    if source.base_url and not is_http_url(source.base_url):
        yield Problem((*where, "base_url"), "bad_base_url", f"{source.base_url!r} is not an http(s) URL with a host")
    if source.venue and not SLUG.fullmatch(source.venue):
        message = f"{source.venue!r}: a venue has 2-40 lower-case letters, digits and underscores"
        yield Problem((*where, "venue"), "bad_venue", message)
    if not 1 <= source.max_attempts <= MAX_ATTEMPTS:
        message = f"{source.max_attempts} is not between 1 and {MAX_ATTEMPTS}"
        yield Problem((*where, "max_attempts"), "out_of_range", message)
    if not 0 <= source.cache_ttl_ms <= MAX_CACHE_TTL_MS:
        message = f"{source.cache_ttl_ms} is not between 0 and {MAX_CACHE_TTL_MS}"
        yield Problem((*where, "cache_ttl_ms"), "out_of_range", message)
    if len(source.rate_limit) > MAX_RATE_LIMIT_CHARS:
        yield Problem((*where, "rate_limit"), "too_long", f"a rate limit has at most {MAX_RATE_LIMIT_CHARS} characters")
    yield from _mirror_problems(source)
    yield from decimal_problems(source.timeout_s, TIMEOUT, where=(*where, "timeout_s"))
    if source.timeout_s > MAX_TIMEOUT_S:
        yield Problem((*where, "timeout_s"), "out_of_range", f"{source.timeout_s} s exceeds {MAX_TIMEOUT_S} s")


def _mirror_problems(source: SourceConfig) -> Iterator[Problem]:
    where: Where = ("sources", source.slug, "mirrors")
    if not isinstance(source.mirrors, list):
        yield Problem(where, "bad_mirrors", "mirrors are a list of URLs")
        return
    if len(source.mirrors) > MAX_MIRRORS:
        yield Problem(where, "bad_mirrors", f"{len(source.mirrors)} mirrors are more than {MAX_MIRRORS}")
    for url in source.mirrors:
        if not isinstance(url, str) or not is_http_url(url):
            yield Problem(where, "bad_mirrors", f"{url!r} is not an http(s) URL with a host")


def venue_of(source: SourceConfig) -> str:
    """Return what the source fails with: its own venue, else its adapter's."""
    return source.venue or default_venue(source.adapter, source=source.slug, options=source.options)
