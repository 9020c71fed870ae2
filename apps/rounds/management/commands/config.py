"""`manage.py config apply|diff|export|versions|rollback`: the configuration as code, and its history.

Exit codes: 0 done (diff: no differences), 1 diff found differences, 2 the file was refused, one line for each reason.
"""

from __future__ import annotations

import getpass
import sys
from argparse import ArgumentParser
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

from django.core.management.base import BaseCommand
from django.db import transaction

from apps.feeds.changes import Change
from apps.feeds.config import apply_document, check_document
from apps.feeds.document import Complaint, ConfigError, Document, read_document
from apps.feeds.history import changes_back_to, config_version, roll_back
from apps.feeds.models import ConfigVersion
from apps.feeds.selectors import current_config, current_config_version, feed_specs
from apps.feeds.services import exported_document
from apps.rounds.whatif import ROUNDS, Simulation, simulate, simulation_lines, specs_after

DIFFERENT = 1
REFUSED = 2


class Command(BaseCommand):
    """Applies, compares or writes `oracle.yaml`."""

    help = "Apply oracle.yaml to the database, show what would change, or write the database out as oracle.yaml."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the verb, the file and --dry-run."""
        verbs = parser.add_subparsers(dest="verb", required=True, metavar="apply|diff|export|versions|rollback")
        apply = verbs.add_parser("apply", help="Bring the database to what the file says.")
        apply.add_argument("--dry-run", action="store_true", help="Check and show the changes, save nothing.")
        apply.add_argument("--author", default="", help="Recorded with the new version; default: the login name.")
        diff = verbs.add_parser("diff", help="Show what apply would change; exits 1 when there is something.")
        export = verbs.add_parser("export", help="Write the database out as the file.")
        diff.add_argument(
            "--simulate",
            type=int,
            nargs="?",
            const=ROUNDS,
            metavar="N",
            help=f"Also run the last N rounds under the file; default: {ROUNDS}.",
        )
        for verb in (apply, diff):
            verb.add_argument("file", nargs="?", default="oracle.yaml", help="Default: oracle.yaml.")
        export.add_argument("file", nargs="?", default="-", help="Default: standard output.")
        versions = verbs.add_parser("versions", help="List the configurations that were in force, newest first.")
        versions.add_argument("--limit", type=int, default=20, help="How many; default: 20.")
        rollback = verbs.add_parser("rollback", help="Go back to a version, as a new version.")
        rollback.add_argument("number", type=int, help="Number of the version, as `config versions` lists it.")
        rollback.add_argument("--dry-run", action="store_true", help="Show the changes, save nothing.")
        rollback.add_argument("--author", default="", help="Recorded with the new version; default: the login name.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the verb; refusals leave by exit code."""
        verb = options["verb"]
        if verb == "export":
            self._export(options["file"])
        elif verb == "versions":
            self._versions(limit=options["limit"])
        elif verb == "rollback":
            self._roll_back(options["number"], dry_run=options["dry_run"], author=options["author"] or _login())
        else:
            self._from_file(verb, Path(options["file"]), options)

    def _from_file(self, verb: str, path: Path, options: Mapping[str, Any]) -> None:
        dry_run = options.get("dry_run", False)
        simulation = None
        try:
            document = read_document(_text(path))
            if verb == "diff" or dry_run:
                changes = check_document(document, current=current_config())
                simulation = _simulated(document, limit=limit) if (limit := options.get("simulate")) else None
            else:
                changes = apply_document(document, author=options["author"] or _login())
        except ConfigError as exc:
            self._refuse([_line(path, complaint) for complaint in exc.complaints])
        except _Unreadable as exc:
            self._refuse([str(exc)])
        if simulation is not None:
            self._tell(simulation)
        self._show(changes, verb=verb, dry_run=dry_run)

    def _tell(self, simulation: Simulation) -> None:
        for line in simulation_lines(simulation):
            self.stdout.write(line)

    def _show(self, changes: Sequence[Change], *, verb: str, dry_run: bool) -> None:
        for change in changes:
            self.stdout.write(str(change))
        if verb == "diff":
            if changes:
                sys.exit(DIFFERENT)
            return
        version = current_config_version()
        count = f"{len(changes)} change{'' if len(changes) == 1 else 's'}"
        if dry_run:
            self.stdout.write(f"{count}, nothing saved (dry run)")
        else:
            self.stdout.write(f"{count}, configuration {version}")

    def _export(self, file: str) -> None:
        with transaction.atomic():
            text = exported_document()
        if file == "-":
            self.stdout.write(text, ending="")
            return
        try:
            Path(file).write_text(text, encoding="utf-8")
        except OSError as exc:
            self._refuse([f"{file}: cannot write: {exc.strerror}"])

    def _versions(self, *, limit: int) -> None:
        for version in ConfigVersion.objects.order_by("-number")[: max(limit, 0)]:
            note = f"  {version.note}" if version.note else ""
            self.stdout.write(f"{version}  {version.created_at:%Y-%m-%d %H:%M:%S}  {version.author}{note}")

    def _roll_back(self, number: int, *, dry_run: bool, author: str) -> None:
        try:
            version = config_version(number)
            changes = changes_back_to(version) if dry_run else roll_back(version, author=author)
        except ConfigVersion.DoesNotExist:
            self._refuse([f"no version {number}; `config versions` lists them"])
        except ConfigError as exc:
            self._refuse([f"v{number}: {complaint.message}" for complaint in exc.complaints])
        self._show(changes, verb="rollback", dry_run=dry_run)

    def _refuse(self, lines: Sequence[str]) -> NoReturn:
        for line in lines:
            self.stderr.write(line)
        sys.exit(REFUSED)


def _simulated(document: Document, *, limit: int) -> Simulation:
    before = feed_specs()
    after = specs_after(lambda: apply_document(document, author="simulation"))
    return simulate(before=before, after=after, limit=limit)


def _line(path: Path, complaint: Complaint) -> str:
    place = f"{path}:{complaint.line}" if complaint.line else str(path)
    return f"{place}: {complaint.message}"


class _Unreadable(ValueError):
    """The file cannot be read as text."""


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as exc:
        raise _Unreadable(f"{path}: cannot read: {exc.strerror}") from exc
    except UnicodeDecodeError as exc:
        raise _Unreadable(f"{path}: not UTF-8 text") from exc


def _login() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "config apply"
