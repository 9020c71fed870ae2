"""Draft configurations that run beside production, their runs, and what they would have answered."""

from __future__ import annotations

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from apps.pricing.types import AnswerReason, AnswerState
from apps.submissions.models import IntegerField256


class Shadow(models.Model):
    """A draft of some feeds. It is priced as production is, from quotes of its own, and never submitted."""

    class State(models.TextChoices):
        RUNNING = "RUNNING", "running"
        STOPPED = "STOPPED", "stopped"
        PROMOTED = "PROMOTED", "promoted: became the configuration"

    name = models.CharField(max_length=60, unique=True)
    state = models.CharField(max_length=8, choices=State, default=State.RUNNING)
    document = models.TextField(help_text="The whole draft as oracle.yaml; what promoting applies.")
    plan = models.JSONField(help_text="The feeds that differ from production, with the feeds they convert through.")
    pairs = ArrayField(models.CharField(max_length=25), help_text="Feeds that are compared.")
    author = models.CharField(max_length=150)
    created_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=150, blank=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="RUNNING", ended_at__isnull=True) | (~Q(state="RUNNING") & Q(ended_at__isnull=False)),
                name="shadow_ended_has_time",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ShadowRun(models.Model):
    """One round of a shadow. One that never comes back is forgotten: nobody waits for it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    shadow = models.ForeignKey(Shadow, on_delete=models.CASCADE, related_name="runs")
    opened_at = models.DateTimeField(db_index=True)
    closed_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return str(self.id)


class ShadowAnswer(models.Model):
    """What a shadow would have answered for a feed, beside the production answer nearest in time."""

    run = models.ForeignKey(ShadowRun, on_delete=models.CASCADE, related_name="answers")
    pair = models.CharField(max_length=25)
    state = models.CharField(max_length=8, choices=[(s.value, s.value.lower()) for s in AnswerState])
    reason = models.CharField(max_length=20, choices=[(r.value, r.value) for r in AnswerReason])
    answer = IntegerField256(null=True, help_text="Scaled by 10**decimals; null when no price could be formed.")
    decimals = models.PositiveSmallIntegerField()
    observed_at = models.DateTimeField(null=True)
    sources_used = models.PositiveSmallIntegerField()
    production = IntegerField256(null=True, help_text="Production's answer of about the same second; null without one.")
    is_sent = models.BooleanField(default=False, help_text="Would have been published, had the draft been in force.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "pair"], name="shadow_answer_once_per_run")]

    def __str__(self) -> str:
        return f"{self.pair} {self.state}"
