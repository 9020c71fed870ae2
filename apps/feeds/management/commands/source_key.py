"""`manage.py source_key set|clear|list|rotate`: API keys of sources, which go in and never come out.

Exit codes: 0 done, 1 a key does not open with any secret, 2 refused.
"""

from __future__ import annotations

import getpass
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from apps.feeds.keys import clear_key, rotate_keys, set_key
from apps.feeds.models import Source, SourceKey
from apps.feeds.selectors import key_origin, source_config
from apps.sources.sealing import SealError, is_current

UNREADABLE = 1
REFUSED = 2


class Command(BaseCommand):
    """Sets, clears, lists and rotates source keys; a key is read from standard input or a file, never an argument."""

    help = "Set, clear, list or rotate the API keys of sources."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the verbs."""
        verbs = parser.add_subparsers(dest="verb", required=True, metavar="set|clear|list|rotate")
        setting = verbs.add_parser("set", help="Set the key of a source, from standard input or --file.")
        setting.add_argument("source", help="Slug of the source.")
        setting.add_argument("--file", default="", help="Read the key from this file instead of standard input.")
        verbs.add_parser("clear", help="Remove the key of a source.").add_argument("source", help="Slug of the source.")
        verbs.add_parser("list", help="Show which sources have a key, since when, and whether it opens here.")
        verbs.add_parser("rotate", help="Seal every key anew under the first secret of SOURCE_KEYS_SECRET.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the verb."""
        try:
            match options["verb"]:
                case "set":
                    self._set(options["source"], file=options["file"])
                case "clear":
                    self._clear(options["source"])
                case "list":
                    self._list()
                case "rotate":
                    self._rotate()
        except SealError as exc:
            raise CommandError(str(exc), returncode=REFUSED) from exc

    def _set(self, slug: str, *, file: str) -> None:
        source = _source(slug)
        key = set_key(source, _read_key(file), set_by=_login(), now=timezone.now())
        self.stdout.write(f"{slug}: key set, for {key.origin}")

    def _clear(self, slug: str) -> None:
        self.stdout.write(f"{slug}: {'key removed' if clear_key(_source(slug)) else 'had no key'}")

    def _list(self) -> None:
        states = [(key, _state(key)) for key in SourceKey.objects.select_related("source").order_by("source__slug")]
        for key, state in states:
            told = f"set {key.set_at:%Y-%m-%d %H:%M} UTC by {key.set_by}, for {key.origin}, {state}"
            self.stdout.write(f"{key.source.slug}: {told}")

    def _rotate(self) -> None:
        rotation = rotate_keys()
        self.stdout.write(f"{len(rotation.resealed)} keys sealed under the first secret")
        for slug in rotation.unreadable:
            self.stderr.write(f"{slug}: no secret opens its key; it is as it was, set it again")
        if rotation.unreadable:
            sys.exit(UNREADABLE)


def _source(slug: str) -> Source:
    try:
        return Source.objects.get(slug=slug)
    except Source.DoesNotExist as exc:
        raise CommandError(f"no source {slug!r}", returncode=REFUSED) from exc


def _read_key(file: str) -> str:
    """Return the key without the blanks around it; a terminal is asked without echo."""
    if file:
        try:
            return Path(file).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as exc:
            raise CommandError(f"cannot read {file}: {exc.__class__.__name__}", returncode=REFUSED) from exc
    return (getpass.getpass("API key: ") if sys.stdin.isatty() else sys.stdin.read()).strip()


def _state(key: SourceKey) -> str:
    """Return whether the key can be used as things stand."""
    origin = key_origin(source_config(key.source))
    if key.origin != origin:
        return f"but the source is asked at {origin} now: set it again"
    return "opens with the first secret" if is_current(key.sealed) else "does not open with the first secret: rotate"


def _login() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "source_key set"
