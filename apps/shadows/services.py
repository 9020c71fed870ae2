"""Starting, stopping and promoting shadows: the only code that writes them, beside the settling of their runs.

Errors:
    NothingToShadow: the draft prices every feed as production does, or names sources that are not there yet.
    StateMoved: the shadow is no longer running.
    document.ConfigError: the draft is refused by the rules of the configuration.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from apps.feeds.changes import Change
from apps.feeds.config import apply_document, check_document
from apps.feeds.document import read_document
from apps.feeds.models import Source
from apps.feeds.selectors import current_config, feed_specs
from apps.pricing.plan import plan_round, plan_to_json
from apps.pricing.types import FeedSpec
from apps.pricing.whatif import affected, with_legs
from apps.rounds.whatif import specs_after
from apps.shadows.models import Shadow, ShadowRun

RETENTION = timedelta(days=7)
# A run that took so long has lost its chord.
LOST_AFTER = timedelta(minutes=2)


class NothingToShadow(ValueError):
    """The draft gives a shadow nothing to run."""


class StateMoved(Exception):
    """The shadow is no longer running."""


def start_shadow(*, name: str, text: str, author: str) -> Shadow:
    """Return a new running shadow of the draft ``text`` (oracle.yaml).

    Only what makes a price is compared: feeds and their listings. Sources must stand in the tables already; one
    without a listing changes nothing there.
    """
    document = read_document(text)
    before = feed_specs()
    after = specs_after(lambda: apply_document(document, author=author))
    pairs = affected(before, after)
    if not pairs:
        raise NothingToShadow("the draft prices every feed as production does")
    feeds = with_legs(after, pairs)
    _require_sources(feeds)
    return Shadow.objects.create(
        name=name, document=text, plan=plan_to_json(plan_round(feeds)), pairs=sorted(pairs), author=author
    )


def stop_shadow(shadow: Shadow, *, author: str) -> None:
    """End a shadow; its answers stay for their retention."""
    _end(shadow, state=Shadow.State.STOPPED, author=author)


def changes_by_promoting(shadow: Shadow) -> list[Change]:
    """Return what promoting would change now: the draft against the configuration in force today."""
    return check_document(read_document(shadow.document), current=current_config())


@transaction.atomic
def promote_shadow(shadow: Shadow, *, author: str) -> list[Change]:
    """Make the draft the configuration, as a new version that says where it came from; return what changed."""
    _end(shadow, state=Shadow.State.PROMOTED, author=author)
    return apply_document(
        read_document(shadow.document), author=author, note=f"promoted from shadow {shadow.name}"[:200]
    )


def prune_shadow_runs(*, now: datetime) -> int:
    """Delete runs past their retention and those that never came back; return how many went."""
    old = ShadowRun.objects.filter(opened_at__lt=now - RETENTION)
    lost = ShadowRun.objects.filter(closed_at__isnull=True, opened_at__lt=now - LOST_AFTER)
    return old.delete()[1].get("shadows.ShadowRun", 0) + lost.delete()[1].get("shadows.ShadowRun", 0)


def _require_sources(feeds: list[FeedSpec]) -> None:
    wanted = {listing.source for feed in feeds for listing in feed.listings}
    missing = wanted - set(Source.objects.filter(slug__in=wanted).values_list("slug", flat=True))
    if missing:
        raise NothingToShadow(f"not in the tables yet: {', '.join(sorted(missing))}; apply them without listings first")


def _end(shadow: Shadow, *, state: Shadow.State, author: str) -> None:
    running = Shadow.objects.filter(pk=shadow.pk, state=Shadow.State.RUNNING)
    if running.update(state=state, ended_at=timezone.now(), ended_by=author) != 1:
        raise StateMoved(f"{shadow.name} is no longer running")
