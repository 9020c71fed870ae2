"""Where feeds are published: the destinations as they stand, and which feeds go to which."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.db.models import Q, QuerySet

from apps.feeds.destination_model import MAIN
from apps.feeds.models import Destination, Feed


@dataclass(frozen=True, slots=True)
class Destinations:
    """The destinations that are not off. chain_ids: of each, by name, the environment's first.

    required: where a required feed that is too old makes the oracle unready, the default destination among them.
    """

    default: str
    chain_ids: Mapping[str, int]
    required: frozenset[str]

    def of(self, named: Sequence[str]) -> tuple[str, ...]:
        """Return where a feed goes that names these, without those that are off; the default when it names none."""
        if not named:
            return (self.default,)
        return tuple(name for name in named if name in self.chain_ids)


def destinations() -> Destinations:
    """Return the destinations as they stand now, in one query."""
    rows = list(Destination.objects.filter(enabled=True).order_by("name"))
    default = next((row.name for row in rows if row.is_default), MAIN)
    return Destinations(
        default=default,
        chain_ids={MAIN: settings.CHAIN_ID, **{row.name: row.chain_id for row in rows}},
        required=frozenset({default, *(row.name for row in rows if row.required)}),
    )


def destinations_in_use() -> list[str]:
    """Return where enabled feeds go, the default destination first and included in any case."""
    found = destinations()
    named = Feed.objects.filter(enabled=True).exclude(destinations=[]).values_list("destinations", flat=True)
    used = {found.default, *(name for names in named for name in found.of(names))}
    return sorted(used, key=lambda name: (name != found.default, name))


def default_destination() -> str:
    """Return where feeds go that name no destination, and where prices are read."""
    chosen = Destination.objects.filter(is_default=True, enabled=True).values_list("name", flat=True).first()
    return chosen or MAIN


def feeds_published_to(destination: str) -> QuerySet[Feed]:
    """Return the enabled feeds that go to this destination."""
    named = Q(destinations__contains=[destination])
    if destination == default_destination():
        named |= Q(destinations=[])
    return Feed.objects.filter(named, enabled=True)
