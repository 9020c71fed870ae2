"""`manage.py shadow start|list|report|stop|promote`: draft configurations beside production.

Exit codes: 0 done, 2 refused, one line for each reason.
"""

from __future__ import annotations

import getpass
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from django.db import IntegrityError, transaction

from apps.feeds.document import ConfigError
from apps.shadows.models import Shadow
from apps.shadows.reports import divergence
from apps.shadows.services import NothingToShadow, StateMoved, promote_shadow, start_shadow, stop_shadow

REFUSED = 2


class Command(BaseCommand):
    """Starts, lists, reports, stops and promotes shadows."""

    help = "Run a draft oracle.yaml beside production without sending, and see how far it goes from it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the verbs."""
        verbs = parser.add_subparsers(dest="verb", required=True, metavar="start|list|report|stop|promote")
        start = verbs.add_parser("start", help="Start a shadow of a file.")
        start.add_argument("name")
        start.add_argument("file", nargs="?", default="oracle.yaml", help="Default: oracle.yaml.")
        verbs.add_parser("list", help="List the shadows, newest first.")
        for verb, told in (("report", "Print its divergence."), ("stop", "End it."), ("promote", "Apply its draft.")):
            verbs.add_parser(verb, help=told).add_argument("name")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the verb; refusals leave by exit code."""
        try:
            getattr(self, f"_{options['verb']}")(options)
        except Shadow.DoesNotExist:
            self._refuse(f"no shadow {options['name']!r}; `shadow list` names them")
        except IntegrityError:
            self._refuse(f"there is a shadow {options['name']!r} already")
        except ConfigError as exc:
            self._refuse(*(f"line {one.line}: {one.message}" for one in exc.complaints))
        except (NothingToShadow, StateMoved) as exc:
            self._refuse(str(exc))
        except OSError as exc:
            self._refuse(f"{options['file']}: cannot read: {exc.strerror}")

    def _start(self, options: dict[str, Any]) -> None:
        text = Path(options["file"]).read_text(encoding="utf-8")
        with transaction.atomic():
            shadow = start_shadow(name=options["name"], text=text, author=getpass.getuser())
        self.stdout.write(f"{shadow.name} runs beside production: {', '.join(shadow.pairs)}")

    def _list(self, options: dict[str, Any]) -> None:
        del options
        for shadow in Shadow.objects.all():
            created = f"{shadow.created_at:%Y-%m-%d %H:%M:%S}"
            self.stdout.write(f"{shadow.name}  {shadow.state}  {created}  {shadow.author}  {', '.join(shadow.pairs)}")

    def _report(self, options: dict[str, Any]) -> None:
        for feed in divergence(Shadow.objects.get(name=options["name"])):
            self.stdout.write(
                f"{feed.pair}: {len(feed.steps)} rounds, difference p50 {feed.p50_bps:.2f} p95 {feed.p95_bps:.2f} "
                f"max {feed.max_bps:.2f} bps, {feed.lost} without its price, "
                f"publications {feed.sent[0]} -> {feed.sent[1]}"
            )

    def _stop(self, options: dict[str, Any]) -> None:
        stop_shadow(Shadow.objects.get(name=options["name"]), author=getpass.getuser())

    def _promote(self, options: dict[str, Any]) -> None:
        for change in promote_shadow(Shadow.objects.get(name=options["name"]), author=getpass.getuser()):
            self.stdout.write(str(change))

    def _refuse(self, *lines: str) -> None:
        for line in lines:
            self.stderr.write(line)
        sys.exit(REFUSED)
