"""What to price: feeds, the ordered list of the sources that quote each, and the configurations that were in force."""

from __future__ import annotations

from decimal import Decimal

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q

from apps.feeds.destination_model import Destination
from apps.feeds.source_models import Source, SourceKey, SourceState
from apps.pricing.storage import Storage
from apps.pricing.types import Estimator, OnExpiry, Weighting

__all__ = [
    "ConfigVersion",
    "ConfigurationStamp",
    "Destination",
    "Feed",
    "Listing",
    "Source",
    "SourceKey",
    "SourceState",
]

MAX_DECIMALS = 18
PAIR = RegexValidator(r"^[A-Z0-9]{1,12}/[A-Z0-9]{1,12}$", "A pair is written BASE/QUOTE, for example BTC/USD.")


class Feed(models.Model):
    """One pair published on chain, and the rules an answer must pass."""

    pair = models.CharField(max_length=25, unique=True, validators=[PAIR], help_text="BASE/QUOTE, e.g. BTC/USD.")
    enabled = models.BooleanField(
        default=True, help_text="Off: no scheduled rounds and no requests; the chain keeps its last value."
    )
    required = models.BooleanField(
        default=True, help_text="Readiness fails while this feed is older than heartbeat + grace."
    )
    decimals = models.PositiveSmallIntegerField(
        default=8,
        validators=[MaxValueValidator(MAX_DECIMALS)],
        help_text="Of the on-chain integer; fixed for the life of a feed.",
    )
    quorum = models.PositiveSmallIntegerField(
        default=3, validators=[MinValueValidator(1)], help_text="Sources an answer needs after filtering."
    )
    active_sources = models.PositiveSmallIntegerField(
        default=5,
        validators=[MinValueValidator(1)],
        help_text="Sources asked first; the rest of the list are reserves.",
    )
    max_age_s = models.PositiveIntegerField(
        default=90, validators=[MinValueValidator(1)], help_text="Oldest usable quote, in seconds."
    )
    heartbeat_s = models.PositiveIntegerField(
        default=3600, validators=[MinValueValidator(1)], help_text="Publish at least this often."
    )
    deviation_bps = models.PositiveIntegerField(
        default=50,
        validators=[MinValueValidator(1)],
        help_text="Publish when this far from the chain's value (1 bp = 0.01 %).",
    )
    outlier_k = models.DecimalField(
        max_digits=5,
        decimal_places=2,
        default=Decimal(3),
        validators=[MinValueValidator(Decimal("0.5"))],
        help_text="Multiples of the scaled median absolute deviation a quote may lie from the median.",
    )
    outlier_floor_bps = models.PositiveIntegerField(
        default=50, help_text="Quotes this near to the median are never outliers."
    )
    min_answer = models.DecimalField(
        max_digits=38, decimal_places=18, null=True, blank=True, help_text="Lowest believable price."
    )
    max_answer = models.DecimalField(
        max_digits=38, decimal_places=18, null=True, blank=True, help_text="Highest believable price."
    )
    storage = models.CharField(
        max_length=10,
        choices=[(s.value, s.value) for s in Storage],
        default=Storage.AUTO.value,
        help_text=(
            "How a contract keeps it, fixed when it is added there. auto: shared if the highest price fits 47 bits at "
            "its decimals, else wide. shared: in a slot with others; alone: in one by itself; wide: any size, dearest."
        ),
    )
    estimator = models.CharField(
        max_length=20,
        choices=[(e.value, e.value) for e in Estimator],
        default=Estimator.MEDIAN.value,
        help_text="How one price is made of the quotes that passed the filter.",
    )
    weighting = models.CharField(
        max_length=10,
        choices=[(w.value, w.value) for w in Weighting],
        default=Weighting.LISTING.value,
        help_text="What a quote weighs: its row's weight, or that times its volume. Never more than twice the median.",
    )
    max_spread_bps = models.PositiveIntegerField(
        default=100, help_text="Books wider than this are refused; 0 for any width."
    )
    freeze_bps = models.PositiveIntegerField(
        default=50, help_text="An unchanged quote is frozen once its peers moved this far; 0 never."
    )
    peg = models.DecimalField(
        max_digits=38,
        decimal_places=18,
        null=True,
        blank=True,
        help_text="What the base is meant to be worth (1 for USDT/USD); empty for no peg.",
    )
    depeg_bps = models.PositiveIntegerField(
        default=100,
        validators=[MinValueValidator(1)],
        help_text="This far below its peg, markets converted through this feed are left out while others remain.",
    )
    camp_bps = models.PositiveIntegerField(
        default=200, help_text="Gap between prices that parts sources into camps; 0 for off."
    )
    lean_bps = models.PositiveIntegerField(
        default=20,
        help_text="How far quotes refused as outliers or for their conversion may move the answer; 0 for any distance.",
    )
    jump_bps = models.PositiveIntegerField(
        default=1000,
        help_text="Furthest move from the chain's value within a minute without a person; grows with age. 0: off.",
    )
    agree_bps = models.PositiveIntegerField(
        default=200, help_text="A move beyond this within a minute needs agreeing sources; grows with age. 0: off."
    )
    agree_sources = models.PositiveSmallIntegerField(
        default=5, validators=[MinValueValidator(1)], help_text="How many (at most the active ones)."
    )
    min_interval_s = models.PositiveIntegerField(
        default=0, help_text="Shortest time between publications; requests are answered all the same."
    )
    quiet_hours = models.CharField(
        max_length=11, blank=True, help_text="UTC, e.g. 22:00-06:00: only heartbeats and requests publish then."
    )
    hold_expiry_s = models.PositiveIntegerField(
        default=3600, validators=[MinValueValidator(60)], help_text="How long a held price waits for a person."
    )
    hold_on_expiry = models.CharField(
        max_length=10,
        choices=[(choice.value, choice.value) for choice in OnExpiry],
        default=OnExpiry.REJECT.value,
        help_text="What becomes of a held price nobody decided about: rejected, or released as if approved.",
    )
    two_persons = models.BooleanField(default=False, help_text="Approving a held price takes two people.")
    destinations = ArrayField(
        models.CharField(max_length=40),
        default=list,
        blank=True,
        help_text="Where it is published: one report each, with its own triggers. None: the default destination.",
    )
    description = models.CharField(max_length=120, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["pair"]
        constraints = [
            models.CheckConstraint(condition=Q(decimals__lte=MAX_DECIMALS), name="feed_decimals_at_most_18"),
            models.CheckConstraint(condition=Q(quorum__gte=1), name="feed_quorum_positive"),
            models.CheckConstraint(
                condition=Q(active_sources__gte=F("quorum")), name="feed_active_sources_reach_quorum"
            ),
            models.CheckConstraint(condition=Q(max_age_s__gte=1), name="feed_max_age_positive"),
            models.CheckConstraint(condition=Q(heartbeat_s__gte=1), name="feed_heartbeat_positive"),
            models.CheckConstraint(condition=Q(deviation_bps__gte=1), name="feed_deviation_positive"),
            models.CheckConstraint(
                condition=Q(min_answer__isnull=True) | Q(min_answer__gt=0), name="feed_min_answer_positive"
            ),
            models.CheckConstraint(
                condition=Q(min_answer__isnull=True) | Q(max_answer__isnull=True) | Q(max_answer__gt=F("min_answer")),
                name="feed_bounds_ordered",
            ),
            models.CheckConstraint(condition=Q(peg__isnull=True) | Q(peg__gt=0), name="feed_peg_positive"),
            models.CheckConstraint(
                condition=Q(min_interval_s__lt=F("heartbeat_s")), name="feed_interval_below_heartbeat"
            ),
        ]

    def __str__(self) -> str:
        return self.pair

    @property
    def slug(self) -> str:
        """The pair as it stands in URLs: ``BTC-USD``."""
        return self.pair.replace("/", "-")


class Listing(models.Model):
    """One line of a feed's source list: who quotes it, under which ticker, and where it stands in the feed's list."""

    feed = models.ForeignKey(Feed, on_delete=models.CASCADE, related_name="listings")
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="listings")
    ticker = models.CharField(max_length=120, help_text="The source's own symbol, e.g. XBTUSD.")
    priority = models.PositiveIntegerField(
        default=0, db_index=True, help_text="1 is asked first. Drag rows to reorder."
    )
    weight = models.DecimalField(
        max_digits=6, decimal_places=2, default=Decimal(1), validators=[MinValueValidator(Decimal("0.01"))]
    )
    enabled = models.BooleanField(default=True)
    invert = models.BooleanField(default=False, help_text="The ticker is quoted the other way round; use 1 / price.")
    conversion = models.ForeignKey(
        Feed,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="converts",
        help_text="Feed that turns the ticker's quote currency into this feed's, e.g. USDT/USD.",
    )

    class Meta:
        ordering = ["feed", "priority"]
        constraints = [
            models.UniqueConstraint(fields=["feed", "source"], name="listing_source_once_per_feed"),
            models.UniqueConstraint(
                fields=["feed", "priority"], name="listing_priority_unique", deferrable=models.Deferrable.DEFERRED
            ),
            models.CheckConstraint(condition=Q(weight__gt=0), name="listing_weight_positive"),
            models.CheckConstraint(
                condition=Q(conversion__isnull=True) | ~Q(conversion=F("feed")),
                name="listing_converts_through_another_feed",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source_id}:{self.ticker}"


class ConfigVersion(models.Model):
    """A configuration that was in force: every round points at the one it ran with. Never changed, never deleted."""

    number = models.PositiveIntegerField(unique=True)
    sha256 = models.CharField(max_length=64)
    document = models.TextField(help_text="oracle.yaml as it would be exported.")
    author = models.CharField(max_length=150)
    note = models.CharField(max_length=200, blank=True, help_text="Why, when it was not an ordinary edit.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-number"]

    def __str__(self) -> str:
        return f"v{self.number}"


class ConfigurationStamp(models.Model):
    """One row whose number is another one after every change of feeds, sources or listings, whoever made it.

    Triggers of these tables write it, so that also an edit past this program is seen by whoever keeps a plan in memory.
    A number never comes back, not even after a transaction was rolled back.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    value = models.BigIntegerField()

    def __str__(self) -> str:
        return str(self.value)
