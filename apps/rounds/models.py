"""What happened: rounds and their answers."""

from __future__ import annotations

import uuid
from typing import Any, cast

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.functional import cached_property

from apps.feeds.models import ConfigVersion
from apps.pricing.types import AnswerReason, AnswerState, Grade
from apps.rounds.packing import ByPair, unpack_inputs
from apps.submissions.models import IntegerField256, Submission


class Plan(models.Model):
    """Feeds and listings as rounds ran with them, stored once however many rounds share it. Never changed."""

    sha256 = models.CharField(max_length=64, primary_key=True, help_text="Of the document.")
    document = models.JSONField(help_text="Feeds and listings; lanes and reserves follow from them.")
    used_at = models.DateTimeField(help_text="When a round last opened with it, give or take an hour.")

    def __str__(self) -> str:
        return self.sha256[:12]


class Round(models.Model):
    """One run of the pipeline over one or more feeds.

    The row is the truth and the chord only the fast path: whoever moves OPEN to CLOSED first settled the round.
    """

    class State(models.TextChoices):
        OPEN = "OPEN", "open"
        CLOSED = "CLOSED", "closed"

    class Outcome(models.TextChoices):
        SENT = "SENT", "a report went to the chain worker"
        HELD = "HELD", "nothing was sent and at least one price waits for a person"
        QUIET = "QUIET", "no feed had news"
        REJECTED = "REJECTED", "nothing could be sent and at least one feed was refused"

    class Trigger(models.TextChoices):
        SCHEDULED = "SCHEDULED", "scheduled"
        REQUESTED = "REQUESTED", "requested by a client"
        ADMIN = "ADMIN", "started in admin"

    class ClosedBy(models.TextChoices):
        CALLBACK = "CALLBACK", "the chord's callback"
        WATCHDOG = "WATCHDOG", "the watchdog"

    class Market(models.TextChoices):
        LIVE = "LIVE", "live"
        SIMULATED = "SIMULATED", "simulated"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    state = models.CharField(max_length=6, choices=State, default=State.OPEN)
    outcome = models.CharField(max_length=8, choices=Outcome, blank=True)
    trigger = models.CharField(max_length=9, choices=Trigger)
    market = models.CharField(max_length=9, choices=Market)
    requested_by = models.CharField(max_length=150, blank=True)
    pairs = ArrayField(models.CharField(max_length=25), help_text="Feeds priced, conversion feeds included.")
    requested = ArrayField(
        models.CharField(max_length=25),
        default=list,
        help_text="Feeds somebody asked for, who therefore gets an answer on chain whatever the triggers say.",
    )
    shared_plan = models.ForeignKey(
        Plan,
        on_delete=models.PROTECT,
        null=True,
        related_name="rounds",
        help_text="Feeds and listings as they stood when the round opened.",
    )
    own_plan = models.JSONField(
        null=True, db_column="plan", help_text="The same, of rounds from before plans were shared."
    )
    config_version = models.ForeignKey(ConfigVersion, on_delete=models.PROTECT, null=True, related_name="rounds")
    opened_at = models.DateTimeField()
    deadline = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    closed_by = models.CharField(max_length=8, choices=ClosedBy, blank=True)
    lanes = models.JSONField(
        default=list, help_text="What every lane brought back: calls, attempts, quotes and misses."
    )
    inputs = models.JSONField(
        default=dict,
        help_text="What was known beside the quotes: chain values, last answers, frozen sources, releases.",
    )
    evidence_hash = models.CharField(max_length=66, blank=True, help_text="Merkle root over the evidence.")
    evidence_kept_at = models.DateTimeField(null=True, help_text="When the reply bodies were stored; empty: not yet.")
    trimmed_at = models.DateTimeField(null=True, help_text="When what did not matter was deleted.")
    submission = models.OneToOneField(
        Submission,
        on_delete=models.PROTECT,
        null=True,
        related_name="round",
        help_text="Its report for the default destination, or for the first that had news.",
    )
    elsewhere = models.ManyToManyField(
        Submission, related_name="rounds_elsewhere", help_text="Its reports for the other destinations."
    )

    class Meta:
        ordering = ["-opened_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="OPEN", closed_at__isnull=True) | Q(state="CLOSED", closed_at__isnull=False),
                name="round_closed_has_time",
            ),
            models.CheckConstraint(
                condition=Q(shared_plan__isnull=False) | Q(own_plan__isnull=False), name="round_has_plan"
            ),
        ]
        indexes = [
            models.Index(fields=["-opened_at"], name="round_newest"),
            models.Index(fields=["deadline"], name="round_open", condition=Q(state="OPEN")),
            models.Index(fields=["opened_at"], name="round_quiet", condition=Q(outcome="QUIET")),
            models.Index(
                fields=["closed_at"], name="round_untrimmed", condition=Q(outcome="SENT", trimmed_at__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.id} {self.outcome or self.state}"

    @property
    def plan(self) -> dict[str, Any]:
        """The plan as plain JSON, of a thousand feeds some megabytes: ``plans.plan_of`` has it decoded and cached."""
        document = self.own_plan if self.shared_plan is None else self.shared_plan.document
        return cast("dict[str, Any]", document)  # one of the two is there: round_has_plan

    @plan.setter
    def plan(self, document: dict[str, Any]) -> None:
        self.own_plan = document

    def packed_rows(self, pair: str) -> list[dict[str, Any]]:
        """Return the observations of an answer that did not matter; none once the round was trimmed."""
        packed: PackedObservations | None = getattr(self, "packed", None)
        return [] if packed is None else packed.by_pair.rows(pair)

    @property
    def packed_inputs(self) -> dict[str, Any]:
        """What the answers that did not matter were judged with; empty once the round was trimmed."""
        packed: PackedObservations | None = getattr(self, "packed", None)
        return {} if packed is None else unpack_inputs(packed.inputs)


class Answer(models.Model):
    """What became of one feed in a round, with every observation behind it."""

    round = models.ForeignKey(Round, on_delete=models.CASCADE, related_name="answers")
    pair = models.CharField(max_length=25)
    state = models.CharField(max_length=8, choices=[(s.value, s.value.lower()) for s in AnswerState])
    reason = models.CharField(max_length=20, choices=[(r.value, r.value) for r in AnswerReason])
    message = models.CharField(max_length=300, blank=True)
    answer = IntegerField256(null=True, help_text="Scaled by 10**decimals; null when no price could be formed.")
    decimals = models.PositiveSmallIntegerField()
    observed_at = models.DateTimeField(null=True)
    sources_used = models.PositiveSmallIntegerField(default=0)
    quorum = models.PositiveSmallIntegerField()
    confidence = IntegerField256(
        null=True, help_text="Half the interquartile range of the used quotes, same scale as the answer."
    )
    grade = models.CharField(
        max_length=8,
        blank=True,
        choices=[(g.value, g.value) for g in Grade],
        help_text="How well the price is supported; empty without one.",
    )
    decisions = models.JSONField(
        default=dict,
        help_text="State, reason and message at each destination, where the default one is not the only one.",
    )
    own_observations = models.JSONField(
        null=True,
        default=list,
        db_column="observations",
        help_text="Used, refused and missed, each with its reason; null: packed with the round's others.",
    )

    class Meta:
        ordering = ["pair"]
        constraints = [models.UniqueConstraint(fields=["round", "pair"], name="answer_once_per_round")]
        indexes = [models.Index(fields=["pair", "-observed_at"], name="answer_history", condition=Q(state="ACCEPTED"))]

    def __str__(self) -> str:
        return f"{self.pair} {self.state}"

    @property
    def observations(self) -> list[dict[str, Any]]:
        """What became of every source's word: used, refused and missed, each with its reason."""
        if self.own_observations is None:
            return self.round.packed_rows(self.pair)
        return cast("list[dict[str, Any]]", self.own_observations)

    @observations.setter
    def observations(self, rows: list[dict[str, Any]]) -> None:
        self.own_observations = rows


class PackedObservations(models.Model):
    """What did not matter of a round, observations and inputs, packed; gone when the round is trimmed.

    The observations of a thousand feeds are eight megabytes of JSON, hardly ever read and soon deleted.
    """

    round = models.OneToOneField(Round, on_delete=models.CASCADE, primary_key=True, related_name="packed")
    rows = models.BinaryField(help_text="As packing.pack writes them.")
    inputs = models.BinaryField(default=b"", help_text="As packing.pack_inputs writes them; empty in older rounds.")

    def __str__(self) -> str:
        return f"observations of {self.round_id}"

    @cached_property
    def by_pair(self) -> ByPair:
        """The observations by pair, each pair's read when it is asked for."""
        return ByPair(self.rows)


class Hold(models.Model):
    """A price that a guard stopped and a person must judge: at most one waits per feed."""

    class State(models.TextChoices):
        WAITING = "WAITING", "waits for a person"
        APPROVED = "APPROVED", "approved"
        REJECTED = "REJECTED", "rejected"
        EXPIRED = "EXPIRED", "expired"
        RESOLVED = "RESOLVED", "resolved: the price passed the guards again"

    pair = models.CharField(max_length=25)
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    reason = models.CharField(max_length=20, choices=[(r.value, r.value) for r in AnswerReason])
    message = models.CharField(max_length=300, help_text="What the guard compared.")
    answer = IntegerField256(help_text="The newest held answer, scaled by 10**decimals.")
    decimals = models.PositiveSmallIntegerField()
    round = models.ForeignKey(Round, on_delete=models.PROTECT, related_name="holds", help_text="The newest held round.")
    rounds_held = models.PositiveIntegerField(default=1)
    two_persons = models.BooleanField()
    tolerance_bps = models.PositiveIntegerField(help_text="How far from the approved price an approval reaches.")
    opened_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    first_approval_by = models.CharField(max_length=150, blank=True)
    decided_by = models.CharField(max_length=150, blank=True)
    closed_at = models.DateTimeField(null=True)
    release_until = models.DateTimeField(null=True, help_text="Until then prices near the approved one pass.")

    class Meta:
        ordering = ["-opened_at"]
        constraints = [
            models.UniqueConstraint(fields=["pair"], condition=Q(state="WAITING"), name="hold_one_waits_per_feed"),
        ]
        indexes = [models.Index(fields=["release_until"], name="hold_released", condition=Q(state="APPROVED"))]

    def __str__(self) -> str:
        return f"{self.pair} {self.state}"


class HoldEvent(models.Model):
    """One step in the life of a hold, for the audit. Never changed, never deleted."""

    hold = models.ForeignKey(Hold, on_delete=models.PROTECT, related_name="events")
    at = models.DateTimeField()
    action = models.CharField(max_length=20)
    who = models.CharField(max_length=150, blank=True, help_text="Empty: the oracle itself.")
    note = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.action} {self.who}".strip()
