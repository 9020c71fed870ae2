"""`manage.py doctor`: looks at everything at once and says what is ill. Exit code 1 when something is, 0 otherwise."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from apps.scheduler.doctor import Diagnosis, diagnose


class Command(BaseCommand):
    """Examines settings, servers, configuration, chain, keys and prices."""

    help = "Look at settings, servers, configuration, chain, keys and prices, and say what is ill."
    requires_system_checks: list[str] = []  # it reports them itself, with all the rest

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare --quiet."""
        parser.add_argument("--quiet", action="store_true", help="Show only what is not well.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print each finding as it comes; leave with 1 when one is more than a warning."""
        ill = 0
        for found in diagnose():
            ill += not found.is_well and not found.is_warning
            if not (options["quiet"] and found.is_well):
                self.stdout.write(_line(found))
        if ill:
            self.stdout.write(f"{ill} not well")
            sys.exit(1)


def _line(found: Diagnosis) -> str:
    sign = "ok  " if found.is_well else "warn" if found.is_warning else "ILL "
    return f"{sign} {found.name}: {found.told}"
