"""`manage.py verify_evidence FILE`: the standalone checker, from here."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.evidence import standalone


class Command(BaseCommand):
    """Checks a bundle offline, and its transaction when a node is given."""

    help = "Check an evidence bundle: bodies, root, report, signatures, with --rpc the transaction; --prove a leaf."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("file")
        parser.add_argument("--rpc")
        parser.add_argument("--prove", type=int, metavar="N")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the checker."""
        given = [(f"--{name}", str(options[name])) for name in ("rpc", "prove") if options[name] is not None]
        arguments = [options["file"], *(word for pair in given for word in pair)]
        if standalone.main(arguments):
            raise CommandError("the bundle does not hold together")
