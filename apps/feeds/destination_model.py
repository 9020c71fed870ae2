"""Where feeds are published: a contract on a chain, with everything that chain has its own way about."""

from __future__ import annotations

from decimal import Decimal

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q

SLUG = RegexValidator(r"^[a-z][a-z0-9_]{1,39}$", "A slug has lower-case letters, digits and underscores.")
ADDRESS = RegexValidator(r"^0x[0-9a-fA-F]{40}$", "An address is written 0x and 40 hex digits.")
# The destination that ETH_RPC_URLS, CHAIN_ID and the other variables describe; it has no row.
MAIN = "main"
FEE_STRATEGIES = ("auto", "eip1559", "legacy")
DATA_FEES = ("none", "optimism", "arbitrum")
FINALITIES = ("depth", "safe", "finalized")


class Destination(models.Model):
    """One destination. The environment's own chain, named ``main``, has no row."""

    name = models.CharField(max_length=40, unique=True, validators=[SLUG], help_text="For example base or scroll.")
    description = models.CharField(max_length=120, blank=True)
    enabled = models.BooleanField(default=True, help_text="Off: nothing is planned for it and nobody follows it.")
    paused = models.BooleanField(
        default=False, help_text="On: nothing new is sent there; what is on its way is still confirmed."
    )
    is_default = models.BooleanField(
        "default",
        default=False,
        help_text="Feeds that name no destination go here, and prices are read here, not at main.",
    )
    required = models.BooleanField(
        default=False, help_text="Readiness fails while a required feed is too old here too."
    )
    chain_id = models.PositiveBigIntegerField(help_text="The endpoints must answer for it; anything else is refused.")
    rpc_urls = ArrayField(
        models.CharField(max_length=300),
        verbose_name="RPC URLs",
        default=list,
        help_text="JSON-RPC endpoints: URLs without a key in them, or env:NAME_RPC_URLS, the variable that holds them.",
    )
    read_agreement = models.PositiveSmallIntegerField(
        default=1, validators=[MinValueValidator(1)], help_text="Endpoints that must agree on a contract read."
    )
    receipt_patience_s = models.PositiveIntegerField(
        default=60, help_text="Seconds to wait for a second endpoint to show a receipt, where there are several."
    )
    contract_address = models.CharField(
        max_length=42, blank=True, validators=[ADDRESS], help_text="Empty: the one deploy_contract recorded."
    )
    transmitters = ArrayField(
        models.CharField(max_length=300),
        default=list,
        blank=True,
        help_text="References to the keys that pay: keystore files or keys in a service. None: the environment's.",
    )
    signers = ArrayField(
        models.CharField(max_length=300),
        default=list,
        blank=True,
        help_text="References to the keys that sign reports. None: the environment's.",
    )
    signer_threshold = models.PositiveSmallIntegerField(
        default=0, help_text="Signatures a report needs, for deploying. 0: SIGNER_THRESHOLD."
    )
    admin_key = models.CharField(
        max_length=300, blank=True, help_text="Reference to the contract admin's key. Empty: ADMIN_KEYSTORE."
    )
    fee_strategy = models.CharField(max_length=10, choices=[(c, c) for c in FEE_STRATEGIES], default="auto")
    data_fee = models.CharField(
        max_length=10, choices=[(c, c) for c in DATA_FEES], default="none", help_text="Which rollup bills the bytes."
    )
    max_fee_gwei = models.PositiveIntegerField(
        default=500, validators=[MinValueValidator(1)], help_text="Absolute ceiling of a transaction's fee cap."
    )
    min_balance_eth = models.DecimalField(
        max_digits=20,
        decimal_places=9,
        default=Decimal("0.05"),
        validators=[MinValueValidator(Decimal(0))],
        help_text="Transmitter balance below which an alarm is raised.",
    )
    bump_after_blocks = models.PositiveIntegerField(
        default=3, validators=[MinValueValidator(1)], help_text="A transaction that waits so long is paid better."
    )
    timeout_s = models.PositiveIntegerField(
        default=15, validators=[MinValueValidator(1)], help_text="Unmined bytes are sent again after so long."
    )
    max_in_flight = models.PositiveIntegerField(
        default=16, validators=[MinValueValidator(1)], help_text="Of one key, waiting to be mined at a time."
    )
    finality = models.CharField(
        max_length=10,
        choices=[(c, c) for c in FINALITIES],
        default="depth",
        help_text="When a submission is final: so many confirmations deep, or the chain's own tag.",
    )
    confirmations = models.PositiveIntegerField(default=12, validators=[MinValueValidator(1)])
    sequencer_feed = models.CharField(
        max_length=42, blank=True, validators=[ADDRESS], help_text="Uptime feed of a rollup's sequencer."
    )
    sequencer_grace_s = models.PositiveIntegerField(
        default=300, help_text="Seconds after the sequencer is back before publishing goes on."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        app_label = "feeds"
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["is_default"], condition=Q(is_default=True), name="destination_one_default"
            ),
            models.CheckConstraint(condition=Q(chain_id__gte=1), name="destination_chain_id_positive"),
            models.CheckConstraint(condition=~Q(name=MAIN), name="destination_main_is_the_environments"),
        ]

    def __str__(self) -> str:
        return self.name
