"""A configuration as the canonical text of `oracle.yaml`: sorted, defaults left out, stable from export to export."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from dataclasses import MISSING, fields
from decimal import Decimal

from apps.feeds.values import (
    DESTINATION_KEYS,
    FEED_KEYS,
    LISTING_KEYS,
    SOURCE_KEYS,
    Config,
    DestinationConfig,
    FeedConfig,
    ListingConfig,
    SourceConfig,
    plain,
)

VERSION = 1
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_./-]*( [A-Za-z0-9_./-]+)*")
_NOT_PRINTABLE = re.compile(r"[\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")
_WORDS_WITH_MEANING = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})


def write_document(config: Config) -> str:
    """Return the canonical text: destinations, sources, feeds sorted, listings in priority order, defaults left out."""
    lines = [f"version: {VERSION}", "", *_destinations(config)]
    lines += ["sources:" if config.sources else "sources: {}"]
    for _, source in sorted(config.sources.items()):
        lines += [f"  {_scalar(source.slug)}:", *_block(source, SOURCE_KEYS, always=("name", "adapter"))]
    lines += ["", "feeds:" if config.feeds else "feeds: {}"]
    for _, feed in sorted(config.feeds.items()):
        lines += [f"  {_scalar(feed.pair)}:", *_block(feed, FEED_KEYS, always=("decimals", "quorum"))]
        lines += ["    listings:" if feed.listings else "    listings: []"]
        lines += [f"      - {{{', '.join(_pairs(listing, LISTING_KEYS, always=()))}}}" for listing in feed.listings]
    return "\n".join(lines) + "\n"


def _destinations(config: Config) -> Iterator[str]:
    """Yield the section, nothing at all where everything goes to the environment's chain."""
    if not config.destinations:
        return
    yield "destinations:"
    for name, destination in sorted(config.destinations.items()):
        yield f"  {_scalar(name)}:"
        yield from _block(destination, DESTINATION_KEYS, always=("chain_id", "rpc_urls"))
    yield ""


def _block(values: object, names: Collection[str], *, always: Collection[str]) -> list[str]:
    return [f"    {pair}" for pair in _pairs(values, names, always=always)]


def _pairs(
    values: DestinationConfig | FeedConfig | SourceConfig | ListingConfig | object,
    names: Collection[str],
    *,
    always: Collection[str],
) -> Iterator[str]:
    defaults = _defaults(type(values))
    for name in names:
        value = getattr(values, name)
        if name in always or name not in defaults or value != defaults[name]:
            yield f"{name}: {_scalar(value)}"


def _defaults(kind: type) -> dict[str, object]:
    found: dict[str, object] = {}
    for entry in fields(kind):
        if entry.default is not MISSING:
            found[entry.name] = entry.default
        elif entry.default_factory is not MISSING:
            found[entry.name] = entry.default_factory()
    return found


def _scalar(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case Decimal():
            return plain(value)
        case str() if _PLAIN.fullmatch(value) and value.lower() not in _WORDS_WITH_MEANING:
            return value
    text = json.dumps(value, ensure_ascii=False, sort_keys=True)
    return _NOT_PRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
