"""How well sources did, summed up in buckets of time."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models


class SourceScore(models.Model):
    """What one source did for one feed in one bucket of time; ``pair`` empty: for all its feeds, and by its calls.

    Every flush adds to the buckets of all three tiers, so a window is a sum over few rows and nothing is rolled up.
    """

    class Tier(models.IntegerChoices):
        FINE = 300, "5 minutes, for the last hour"
        HOUR = 3_600, "an hour, for the last day"
        QUARTER_DAY = 21_600, "6 hours, for the last week"

    tier_s = models.PositiveIntegerField(choices=Tier)
    start = models.DateTimeField()
    source = models.CharField(max_length=40)
    pair = models.CharField(max_length=25, blank=True)
    asked = models.PositiveBigIntegerField(default=0, help_text="Tickers asked.")
    quotes = models.PositiveBigIntegerField(default=0, help_text="Tickers answered with a price.")
    used = models.PositiveBigIntegerField(default=0, help_text="Quotes an answer rests on.")
    refusals = models.JSONField(default=dict, help_text="Misses and refused quotes, by code.")
    compared = models.PositiveBigIntegerField(default=0, help_text="Quotes compared with the answer of their round.")
    bias_cbps = models.BigIntegerField(default=0, help_text="Sum of the signed distances, in 1/100 basis point.")
    deviation = ArrayField(models.PositiveIntegerField(), help_text="Quotes by distance; see histograms.")
    latency = ArrayField(models.PositiveIntegerField(), help_text="Calls by duration; see histograms.")
    breaker_openings = models.PositiveIntegerField(default=0, help_text="Only where pair is empty.")

    class Meta:
        verbose_name = "scorecard"
        constraints = [
            models.UniqueConstraint(fields=["pair", "tier_s", "start", "source"], name="score_once_a_bucket")
        ]
        indexes = [
            models.Index(fields=["source", "tier_s", "start"], name="score_of_source"),
            models.Index(fields=["tier_s", "start"], name="score_age"),
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.pair or 'all'} {self.start:%Y-%m-%d %H:%M}"


class BreakerMark(models.Model):
    """How many openings of a source's breaker the scores already hold."""

    source = models.CharField(max_length=40, primary_key=True)
    openings = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.source}: {self.openings}"
