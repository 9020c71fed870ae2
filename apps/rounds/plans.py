"""The plans rounds run with: stored once for all rounds that share one, and decoded once in each process.

A plan of a thousand feeds over twenty sources is three megabytes of JSON. Written with every round and read again to
settle it, it was most of what starting a round cost and a third of settling it.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections import OrderedDict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from apps.feeds.selectors import configuration_stamp, feed_specs
from apps.pricing.plan import RoundPlan, plan_from_json, plan_round, plan_to_json
from apps.rounds.models import Plan, Round

MAX_LISTINGS = 200_000  # of all plans that a process keeps, some 300 bytes each
NOTED_EVERY = timedelta(hours=1)
KEPT_UNUSED = timedelta(days=1)  # far longer than NOTED_EVERY, so that no plan goes while a round opens with it
DELETE_BATCH = 100


@dataclass(frozen=True, slots=True)
class KeptPlan:
    """A plan, and the hash it is stored under."""

    plan: RoundPlan
    sha256: str


class PlanCache:
    """The plans that were used last; the one unused for longest goes first. Shared by threads."""

    def __init__(self, max_listings: int = MAX_LISTINGS) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[Hashable, KeptPlan] = OrderedDict()
        self._room = max_listings

    def get(self, key: Hashable) -> KeptPlan | None:
        """Return what was put there, None when it has gone or never was."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def put(self, key: Hashable, kept: KeptPlan) -> None:
        """Keep a plan, at the cost of those unused for longest."""
        with self._lock:
            if key in self._kept:
                return
            self._kept[key] = kept
            self._room -= _listings(kept)
            while self._room < 0 and len(self._kept) > 1:
                self._room += _listings(self._kept.popitem(last=False)[1])


def plan_for(pairs: Sequence[str], *, now: datetime) -> KeptPlan:
    """Return the plan of a round over these pairs as the configuration stands, stored for rounds to point at."""
    # Specs must be made of nothing but the tables whose triggers change the stamp: feeds, sources and listings.
    # It is read before them: an edit in between leaves its plan under a number that nobody asks for again.
    key = (configuration_stamp(), tuple(sorted(pairs)))
    kept = plan_cache().get(key)
    if kept is None:
        kept = kept_plan(plan_round(feed_specs(pairs)))
        plan_cache().put(key, kept)
    store_plan(kept, now=now)
    return kept


def plan_of(round_: Round) -> RoundPlan:
    """Return the plan a round runs with."""
    if round_.shared_plan_id is None:
        return plan_from_json(round_.plan)
    kept = plan_cache().get(round_.shared_plan_id)
    if kept is None:
        kept = KeptPlan(plan_from_json(round_.plan), round_.shared_plan_id)
        plan_cache().put(round_.shared_plan_id, kept)
    return kept.plan


def kept_plan(plan: RoundPlan) -> KeptPlan:
    """Return the plan with its hash; the same feeds and listings give the same one."""
    text = json.dumps(plan_to_json(plan), sort_keys=True, separators=(",", ":"))
    return KeptPlan(plan, hashlib.sha256(text.encode()).hexdigest())


def store_plan(kept: KeptPlan, *, now: datetime) -> None:
    """Make sure the plan is stored and stays: one query, within an hour after another round opened with it."""
    if Plan.objects.filter(pk=kept.sha256, used_at__gt=now - NOTED_EVERY).exists():
        return
    if not Plan.objects.filter(pk=kept.sha256).update(used_at=now):
        document = plan_to_json(kept.plan)
        Plan.objects.bulk_create([Plan(kept.sha256, document, now)], ignore_conflicts=True)


def prune_plans(*, now: datetime) -> int:
    """Delete plans that no round points at any more, a batch at a time; return how many went."""
    unused = Plan.objects.filter(used_at__lt=now - KEPT_UNUSED, rounds=None).values_list("pk", flat=True)
    return Plan.objects.filter(pk__in=list(unused[:DELETE_BATCH]), used_at__lt=now - KEPT_UNUSED).delete()[0]


@cache
def plan_cache() -> PlanCache:
    """Return this process's plans."""
    return PlanCache()


def _listings(kept: KeptPlan) -> int:
    return sum(len(feed.listings) for feed in kept.plan.feeds) or 1
