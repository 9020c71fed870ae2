"""The versions of the configuration: what each changed, and the way back to one.

Errors:
    document.ConfigError: the old document is refused by today's rules; nothing was changed.
    ConfigVersion.DoesNotExist: there is no such version.
"""

from __future__ import annotations

from django.db import transaction

from apps.feeds.changes import Change, changes_between
from apps.feeds.config import apply_document, check_document
from apps.feeds.document import Document, read_document
from apps.feeds.models import ConfigVersion
from apps.feeds.selectors import current_config
from apps.feeds.values import Config


def config_version(number: int) -> ConfigVersion:
    """Return a version by its number."""
    return ConfigVersion.objects.get(number=number)


def changes_of(version: ConfigVersion) -> list[Change]:
    """Return what the version changed against the one before it; against nothing for the first."""
    before = ConfigVersion.objects.filter(number__lt=version.number).order_by("-number").first()
    return changes_between(document_of(before).config if before else Config(), document_of(version).config)


def changes_back_to(version: ConfigVersion) -> list[Change]:
    """Return what going back to the version would change now."""
    return check_document(document_of(version), current=current_config())


@transaction.atomic
def roll_back(version: ConfigVersion, *, author: str) -> list[Change]:
    """Bring the tables back to the version, as a new version that says so; return what changed."""
    return apply_document(document_of(version), author=author, note=f"rolled back to {version}")


def document_of(version: ConfigVersion) -> Document:
    """Return the version's document, read with today's keys: one that is younger than the version has its default."""
    return read_document(version.document)
