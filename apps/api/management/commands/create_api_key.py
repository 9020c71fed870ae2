"""``manage.py create_api_key NAME``: make a key and print it, once."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from apps.api.models import DEFAULT_QUOTA_PER_MINUTE, Scope
from apps.api.services import create_api_key


class Command(BaseCommand):
    """Makes an API key."""

    help = "Make an API key and print it. It is shown this once; only a hash is kept."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare NAME, --scopes and --quota."""
        parser.add_argument("name", help="whose key it is; shown with the rounds it starts")
        parser.add_argument("--scopes", nargs="+", choices=Scope.values, default=[Scope.READ.value], metavar="SCOPE")
        parser.add_argument("--quota", type=int, default=DEFAULT_QUOTA_PER_MINUTE, help="requests a minute")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the key on stdout and nothing else there, so that it can be piped."""
        try:
            created = create_api_key(options["name"], scopes=options["scopes"], quota_per_minute=options["quota"])
        except ValidationError as exc:
            raise CommandError("; ".join(exc.messages)) from exc
        self.stderr.write(f"Key {created.api_key.prefix}… for {created.api_key.name}. It is shown only now:")
        self.stdout.write(created.text)
