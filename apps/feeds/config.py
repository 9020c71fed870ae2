"""`oracle.yaml` against the tables: what would change, apply it whole or not at all, and write the tables out again.

Errors:
    document.ConfigError: the file, or the configuration it would lead to, is refused; nothing was changed.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from apps.feeds.changes import Change, changes_between, target_of
from apps.feeds.destination_rules import destination_problems, published_problems
from apps.feeds.document import Complaint, ConfigError, Document
from apps.feeds.models import Destination, Feed, Listing, Source
from apps.feeds.options import adapter_slugs, destination_url_problems, option_problems, source_rule_problems
from apps.feeds.problems import Problem
from apps.feeds.selectors import current_config
from apps.feeds.services import lock_configuration, record_config_version
from apps.feeds.validation import change_problems, config_problems
from apps.feeds.values import Config, DestinationConfig, FeedConfig, ListingConfig, SourceConfig


def all_problems(current: Config, target: Config) -> list[Problem]:
    """Return everything that forbids going from one configuration to the other."""
    return [
        *destination_problems(target),
        *destination_url_problems(target),
        *config_problems(target, adapters=adapter_slugs()),
        *published_problems(target),
        *option_problems(target),
        *source_rule_problems(target),
        *change_problems(current, target),
    ]


def new_problems(current: Config, target: Config) -> list[Problem]:
    """Return what going to ``target`` would break; what was broken before does not stand in the way of mending."""
    known = set(all_problems(current, current))
    return [problem for problem in all_problems(current, target) if problem not in known]


def check_document(document: Document, *, current: Config) -> list[Change]:
    """Return what applying the file would change. Raises ConfigError when the result would be refused."""
    target = target_of(current, document.config)
    if problems := all_problems(current, target):
        raise ConfigError([Complaint(document.line(p.where), _sentence(p)) for p in problems])
    return changes_between(current, document.config)


@transaction.atomic
def apply_document(document: Document, *, author: str, note: str = "") -> list[Change]:
    """Bring the tables to what the file says, in one transaction, and return what changed; again: nothing.

    Raises ConfigError, with nothing changed.
    """
    lock_configuration()
    current = current_config()
    changes = check_document(document, current=current)
    target = target_of(current, document.config)
    if changes:
        _write_destinations(current, target)
        _write_sources(current, target)
        _write_feeds(current, target)
        _write_listings(current, target)
    record_config_version(author, note=note)
    return changes


def _sentence(problem: Problem) -> str:
    path = " ".join(str(part + 1 if isinstance(part, int) else part) for part in problem.where[1:])
    kind = str(problem.where[0]).removesuffix("s")
    return f"{kind} {path.replace(' listings ', ' listing ')}: {problem.message}"


def _columns(
    values: DestinationConfig | FeedConfig | SourceConfig | ListingConfig, *, without: tuple[str, ...]
) -> dict[str, Any]:
    return {name: value for name, value in asdict(values).items() if name not in without}


def _write_destinations(current: Config, target: Config) -> None:
    """Write the rows that changed, those that stop being the default first: only one may be it at a time."""
    changed = [row for name, row in target.destinations.items() if current.destinations.get(name) != row]
    for row in sorted(changed, key=lambda row: row.is_default):
        Destination.objects.update_or_create(name=row.name, defaults=_columns(row, without=("name",)))


def _write_sources(current: Config, target: Config) -> None:
    for slug, source in target.sources.items():
        if current.sources.get(slug) != source:
            Source.objects.update_or_create(slug=slug, defaults=_columns(source, without=("slug",)))


def _write_feeds(current: Config, target: Config) -> None:
    for pair, feed in target.feeds.items():
        if current.feeds.get(pair) != feed:
            Feed.objects.update_or_create(pair=pair, defaults=_columns(feed, without=("pair", "listings")))


def _write_listings(current: Config, target: Config) -> None:
    """Write the lists that changed; priorities are checked at commit, so they may cross on the way there."""
    feed_ids = dict(Feed.objects.values_list("pair", "pk"))
    source_ids = dict(Source.objects.values_list("slug", "pk"))
    for pair, feed in target.feeds.items():
        before = current.feeds.get(pair)
        if before is not None and before.listings == feed.listings:
            continue
        feed_id = feed_ids[pair]
        kept = [source_ids[listing.source] for listing in feed.listings]
        Listing.objects.filter(feed_id=feed_id).exclude(source_id__in=kept).delete()
        rows = [
            Listing(
                feed_id=feed_id,
                source_id=source_ids[listing.source],
                priority=priority,
                ticker=listing.ticker,
                weight=listing.weight,
                enabled=listing.enabled,
                invert=listing.invert,
                conversion_id=feed_ids[listing.conversion] if listing.conversion else None,
            )
            for priority, listing in enumerate(feed.listings, start=1)
        ]
        Listing.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["feed", "source"],
            update_fields=["priority", "ticker", "weight", "enabled", "invert", "conversion"],
        )


@transaction.atomic
def set_enabled(rows: QuerySet[Destination] | QuerySet[Feed] | QuerySet[Source], *, enabled: bool, author: str) -> None:
    """Switch rows on or off together. Raises ConfigError, with nothing changed, when that breaks a rule."""
    lock_configuration()
    before = current_config()
    rows.update(enabled=enabled, updated_at=timezone.now())
    if problems := new_problems(before, current_config()):
        raise ConfigError([Complaint(0, _sentence(problem)) for problem in problems])
    record_config_version(author)
