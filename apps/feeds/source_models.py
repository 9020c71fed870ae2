"""Whom to ask: sources, their sealed keys, and how each did when it was last asked."""

from __future__ import annotations

from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from apps.feeds.destination_model import SLUG

MAX_CACHE_TTL_MS = 60_000


class Source(models.Model):
    """An exchange or aggregator with an HTTP price API."""

    slug = models.CharField(max_length=40, unique=True, validators=[SLUG])
    name = models.CharField(max_length=60)
    adapter = models.CharField(max_length=40, help_text="Built-in adapter, or `generic` for one described below.")
    base_url = models.URLField(max_length=300, blank=True, help_text="Empty: the adapter's own.")
    venue = models.CharField(
        max_length=40,
        blank=True,
        validators=[SLUG],
        help_text="What it fails with: sources of one venue count once. Empty: the adapter's own.",
    )
    enabled = models.BooleanField(default=True)
    timeout_s = models.DecimalField(
        max_digits=4,
        decimal_places=1,
        default=Decimal("2.5"),
        validators=[MinValueValidator(Decimal("0.1")), MaxValueValidator(Decimal(30))],
        help_text="Of one HTTP call.",
    )
    max_attempts = models.PositiveSmallIntegerField(
        default=3,
        validators=[MinValueValidator(1), MaxValueValidator(10)],
        help_text="Calls per request, the first included.",
    )
    rate_limit = models.CharField(
        max_length=100,
        blank=True,
        help_text="Shared by all workers, e.g. `20/second; 600/5 minute`, or `none`. Empty: the adapter's own.",
    )
    cache_ttl_ms = models.PositiveIntegerField(
        default=0,
        validators=[MaxValueValidator(MAX_CACHE_TTL_MS)],
        help_text="One reply serves every round that asks the same within this time; 0: each round asks.",
    )
    mirrors = models.JSONField(
        default=list,
        blank=True,
        help_text="Further base URLs of the same source, asked when the first fails. Empty: the adapter's own.",
    )
    options = models.JSONField(
        default=dict, blank=True, help_text="Settings of the generic adapter (URL template, JSON paths)."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["slug"]
        constraints = [
            models.CheckConstraint(condition=Q(timeout_s__gt=0), name="source_timeout_positive"),
            models.CheckConstraint(condition=Q(max_attempts__gte=1), name="source_attempts_positive"),
        ]

    def __str__(self) -> str:
        return self.name


class SourceKey(models.Model):
    """The API key a source is asked with, sealed; opened right before it is asked. No row: no key."""

    source = models.OneToOneField(Source, on_delete=models.CASCADE, related_name="key")
    sealed = models.TextField(help_text="Opens with SOURCE_KEYS_SECRET, for the origin only.")
    origin = models.CharField(max_length=300, help_text="Scheme, host and port the key may be sent to.")
    set_at = models.DateTimeField()
    set_by = models.CharField(max_length=150)

    class Meta:
        ordering = ["source"]

    def __str__(self) -> str:
        return f"key of {self.source_id}, set {self.set_at:%Y-%m-%d}"


class SourceState(models.Model):
    """How a source did when it was last asked. One row per source, written as rounds settle."""

    source = models.OneToOneField(Source, on_delete=models.CASCADE, related_name="state")
    last_asked_at = models.DateTimeField(null=True)
    last_ok_at = models.DateTimeField(null=True)
    last_code = models.CharField(max_length=40, blank=True, help_text="Empty when the last call gave quotes.")
    last_message = models.CharField(max_length=300, blank=True)
    last_latency_ms = models.PositiveIntegerField(null=True)
    consecutive_failures = models.PositiveIntegerField(default=0)
    quotes_ok = models.PositiveBigIntegerField(default=0)
    quotes_missed = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.source_id}: {self.last_code or 'ok'}"
