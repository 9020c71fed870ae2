"""``manage.py create_api_key NAME``: make a key and print it, once."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from apps.api.models import DEFAULT_QUOTA_PER_MINUTE, Scope
from apps.api.services import create_api_key


class Command(BaseCommand):
    """Makes an API key."""

    help = "Make an API key and print it. It is shown this once; only a hash is kept."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare NAME, --scopes, --owner and --quota."""
        parser.add_argument("name", help="whose key it is; shown with the rounds it starts")
        parser.add_argument("--scopes", nargs="+", choices=Scope.values, default=[Scope.READ.value], metavar="SCOPE")
        parser.add_argument("--owner", metavar="USERNAME", help="the person it decides for; needed for holds:decide")
        parser.add_argument("--quota", type=int, default=DEFAULT_QUOTA_PER_MINUTE, help="requests a minute")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the key on stdout and nothing else there, so that it can be piped."""
        try:
            created = create_api_key(
                options["name"],
                scopes=options["scopes"],
                quota_per_minute=options["quota"],
                owner=_owner(options["owner"], scopes=options["scopes"]),
            )
        except ValidationError as exc:
            raise CommandError("; ".join(exc.messages)) from exc
        self.stderr.write(f"Key {created.api_key.prefix}… for {created.api_key.name}. It is shown only now:")
        self.stdout.write(created.text)


def _owner(name: str | None, *, scopes: list[str]) -> User | None:
    """Return the key's owner. Raises CommandError for an unknown one, and for a key that needs one and has none."""
    if name is None:
        if Scope.HOLDS_DECIDE in scopes:
            raise CommandError(f"{Scope.HOLDS_DECIDE} needs --owner: decisions are people's")
        return None
    try:
        return User.objects.get(username=name)
    except User.DoesNotExist as exc:
        raise CommandError(f"there is no user {name}") from exc
