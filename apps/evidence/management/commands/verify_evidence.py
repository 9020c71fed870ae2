"""`manage.py verify_evidence FILE`: the standalone checker, from here."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.evidence import standalone


class Command(BaseCommand):
    """Checks a bundle offline, and its transaction when a node is given."""

    help = "Check an evidence bundle: bodies, Merkle root, report, signatures; with --rpc the transaction."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("file")
        parser.add_argument("--rpc")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the checker."""
        arguments = [options["file"], *(["--rpc", options["rpc"]] if options["rpc"] else [])]
        if standalone.main(arguments):
            raise CommandError("the bundle does not hold together")
