"""`manage.py replay ROUND`: compute a past round again from its evidence."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.evidence.replaying import NotReplayable, Replayed, replay
from apps.feeds.selectors import feed_specs
from apps.rounds.models import Round
from apps.rounds.retention import REJECTED_RETENTION
from apps.rounds.selectors import get_round


class Command(BaseCommand):
    """Says whether the same integers come out, and what differs."""

    help = "Compute a past round again from its evidence, with its configuration or today's."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("round", help="id of the round")
        parser.add_argument("--today", action="store_true", help="with today's configuration instead of the round's")

    def handle(self, *args: Any, **options: Any) -> None:
        """Replay and report; exit 1 when the round's own configuration gives anything else."""
        try:
            round_ = get_round(uuid.UUID(options["round"]))
            feeds = feed_specs(round_.pairs) if options["today"] else None
            result = replay(round_, feeds=feeds)
        except Round.DoesNotExist as exc:
            raise CommandError(_gone(options["round"])) from exc
        except (ValueError, ValidationError, NotReplayable) as exc:
            raise CommandError(str(exc)) from exc
        for feed in result.feeds:
            self._say(feed)
        for name in result.unlike:
            self.stdout.write(f"  {name}: the body says something else than the stored observation")
        if not result.is_same and not options["today"]:
            raise CommandError("the round does not come out as it was")

    def _say(self, feed: Replayed) -> None:
        verdict = "same" if feed.is_same else "DIFFERENT"
        read = f"{feed.from_bodies} quotes from bodies, {feed.from_records} from records"
        self.stdout.write(f"{feed.pair}: was {feed.was}, is {feed.now}: {verdict} ({read})")
        for source in sorted(feed.refusals_was.keys() | feed.refusals_now.keys()):
            was, now = feed.refusals_was.get(source, "used"), feed.refusals_now.get(source, "used")
            if was != now:
                self.stdout.write(f"  {source}: was {was}, is {now}")


def _gone(name: str) -> str:
    """Return why there may be no such round: an id does not tell its age, so every policy that deletes is named."""
    rejected_h = int(REJECTED_RETENTION.total_seconds()) // 3600
    return (
        f"round_unknown: there is no round {name}. If there was one, its time is over: rounds without news are deleted "
        f"after QUIET_ROUND_RETENTION_S ({settings.QUIET_ROUND_RETENTION_S} s), scheduled ones that were rejected or "
        f"held after {rejected_h} h, others after ROUND_RETENTION_DAYS ({settings.ROUND_RETENTION_DAYS} days)"
    )
