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
    """The destinations in use. chain_ids: of every one that is not off, by name, the environment's included."""

    default: str
    chain_ids: Mapping[str, int]

    def of(self, named: Sequence[str]) -> tuple[str, ...]:
        """Return where a feed goes that names these, without those that are off; the default when it names none."""
        if not named:
            return (self.default,)
        return tuple(name for name in named if name in self.chain_ids)


def destinations() -> Destinations:
    """Return the destinations as they stand now, in one query."""
    rows = list(Destination.objects.filter(enabled=True).values_list("name", "chain_id", "is_default"))
    default = next((name for name, _, is_default in rows if is_default), MAIN)
    return Destinations(default, {MAIN: settings.CHAIN_ID, **{name: chain_id for name, chain_id, _ in rows}})


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
