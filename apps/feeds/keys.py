"""Changes to the sources' API keys: set, cleared, and sealed anew under another secret.

A key is no part of the configuration: it has no version, is not exported, and `config apply` leaves it alone.

Errors:
    sealing.SealError: no usable secret, an impossible key, or a source without an address.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from apps.feeds.models import Source, SourceKey
from apps.feeds.selectors import key_origin, source_config
from apps.feeds.values import SourceConfig
from apps.sources.sealing import SealError, reseal, seal


@dataclass(frozen=True, slots=True)
class SealedKey:
    """A key on its way into the table."""

    sealed: str
    origin: str


@dataclass(frozen=True, slots=True)
class Rotation:
    """What sealing anew came to: the sources whose keys are under the first secret now, and those that do not open."""

    resealed: tuple[str, ...]
    unreadable: tuple[str, ...]


def seal_key(source: SourceConfig, key: str) -> SealedKey:
    """Return the key sealed for where this source is asked. Raises SealError."""
    origin = key_origin(source)
    return SealedKey(sealed=seal(key, origin=origin), origin=origin)


def set_key(source: Source, key: str, *, set_by: str, now: datetime) -> SourceKey:
    """Seal the key and return its row; an older one is overwritten. Raises SealError."""
    return store_key(source, seal_key(source_config(source), key), set_by=set_by, now=now)


def store_key(source: Source, key: SealedKey, *, set_by: str, now: datetime) -> SourceKey:
    """Return the row that holds this sealed key; an older one is overwritten."""
    columns = {"sealed": key.sealed, "origin": key.origin, "set_at": now, "set_by": set_by}
    return SourceKey.objects.update_or_create(source=source, defaults=columns)[0]


def clear_key(source: Source) -> bool:
    """Delete the source's key; return whether there was one."""
    return SourceKey.objects.filter(source=source).delete()[0] > 0


@transaction.atomic
def rotate_keys() -> Rotation:
    """Seal every key anew under the first secret; one that no secret opens stays as it is and is named."""
    resealed, unreadable = [], []
    for key in SourceKey.objects.select_for_update(of=("self",)).select_related("source").order_by("source__slug"):
        try:
            key.sealed = reseal(key.sealed)
        except SealError:
            unreadable.append(key.source.slug)
            continue
        key.save(update_fields=["sealed"])
        resealed.append(key.source.slug)
    return Rotation(tuple(resealed), tuple(unreadable))
