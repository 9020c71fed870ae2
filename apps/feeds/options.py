"""What ``apps.sources`` says about a configuration: adapters, options, rate limits, and where URLs may lead."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from urllib.parse import parse_qsl

from apps.feeds.problems import Problem, Where
from apps.feeds.values import Config, SourceConfig
from apps.monitoring import logs
from apps.sources import budget
from apps.sources.addresses import url_fault
from apps.sources.lookups import lookup_fault
from apps.sources.registry import adapters
from oracle_project import env

KEY_IN_URL = (
    "seems to hold a secret, and URLs are shown and exported: write {key} in its place, and set the source's key"
)
KEY_IN_OPTIONS = (
    "seems to hold a secret, and options are shown and exported: use key_header or key_query, and set the source's key"
)
_SECRET_NAME = re.compile(
    r"(^|[-_])(api[-_]?key|key|token|secret|password|auth|authorization|cookie)([-_]|$)", re.IGNORECASE
)


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


def source_rule_problems(config: Config) -> Iterator[Problem]:
    """Yield rate limits that cannot be read, and URLs that price requests may not go to or that hold a secret."""
    allowed = env.listing("PRICE_HOST_ALLOWLIST")
    for source in config.sources.values():
        where: Where = ("sources", source.slug)
        try:
            budget.windows(source.rate_limit)
        except budget.BadRateLimit as exc:
            yield Problem((*where, "rate_limit"), "bad_rate_limit", str(exc))
        for field, url in _urls(source):
            if fault := url_fault(url, allowed=allowed):
                yield Problem((*where, field), "address_refused", f"{url}: {fault}")
            elif field != "options" and logs.censor(url) != url:  # a template may well hold a contract's address
                yield Problem((*where, field), "key_in_url", f"{logs.censor(url)}: {KEY_IN_URL}")
        for name in _secret_names(source.options):
            yield Problem((*where, "options"), "key_in_options", f"{name} {KEY_IN_OPTIONS}")


def destination_url_problems(config: Config) -> Iterator[Problem]:
    """Yield RPC URLs of destinations that lead inside the network as they are written."""
    allowed = env.listing("PRICE_HOST_ALLOWLIST")
    for row in config.destinations.values():
        for url in row.rpc_urls:
            if not url.startswith(env.REFERENCE) and (fault := url_fault(url, allowed=allowed)):
                message = f"{logs.censor(url)}: {fault}; what stands in a variable ({env.REFERENCE}NAME_RPC_URLS) may"
                yield Problem(("destinations", row.name, "rpc_urls"), "address_refused", message)


def lookup_problems(source: SourceConfig, *, before: SourceConfig) -> Iterator[Problem]:
    """Yield URLs that are new to the source and whose names lead inside the network at this moment.

    Asks the name servers, so it is for forms; a file may be applied where there are none.
    """
    known, allowed = set(_urls(before)), env.listing("PRICE_HOST_ALLOWLIST")
    for field, url in _urls(source):
        if (field, url) not in known and (fault := lookup_fault(url, allowed=allowed)):
            yield Problem(("sources", source.slug, field), "address_refused", f"{url}: {fault}")


def _urls(source: SourceConfig) -> Iterator[tuple[str, str]]:
    """Yield every absolute URL of a source with the field it stands in."""
    if source.base_url:
        yield "base_url", source.base_url
    for url in source.mirrors:
        yield "mirrors", str(url)
    template = source.options.get("url")
    if isinstance(template, str) and "://" in template:
        yield "options", template


def _secret_names(options: Mapping[str, object]) -> Iterator[str]:
    """Yield headers and URL parameters of a description that hold a fixed value under a secret's name."""
    headers, url = options.get("headers"), options.get("url")
    given = list(headers.items()) if isinstance(headers, Mapping) else []
    if isinstance(url, str):
        given += parse_qsl(url.partition("?")[2])
    for name, value in given:
        if _SECRET_NAME.search(str(name)) and "{" not in str(value):  # `token={ticker}` names a coin
            yield str(name)
