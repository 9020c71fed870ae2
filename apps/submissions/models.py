"""What was sent: deployments, wallets, submissions, their signed transactions, and what the contract says now."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.feeds.destination_model import MAIN


class IntegerField256(models.DecimalField):  # type: ignore[type-arg]
    """An ``int`` as wide as the EVM's words, kept as NUMERIC(78, 0)."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["max_digits"] = 78
        kwargs["decimal_places"] = 0
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        name, path, args, kwargs = super().deconstruct()
        del kwargs["max_digits"], kwargs["decimal_places"]
        return name, path, list(args), kwargs

    def from_db_value(self, value: Any, _expression: Any, _connection: Any) -> int | None:
        return None if value is None else int(value)

    def to_python(self, value: Any) -> Any:
        return None if value is None else int(value)


def configured_chain_id() -> int:
    """Return the chain of the environment: where a report goes when nobody says otherwise."""
    return int(settings.CHAIN_ID)


class Deployment(models.Model):
    """A destination's PriceOracle. At most one of each is active; a reset local chain leaves its old one inactive."""

    destination = models.CharField(max_length=40, default=MAIN, help_text="Whose contract it is.")
    chain_id = models.PositiveBigIntegerField()
    address = models.CharField(max_length=42)
    is_active = models.BooleanField(default=True)
    is_local = models.BooleanField(
        default=False, help_text="A development chain: the only kind that may carry simulated prices."
    )
    signers = models.JSONField(default=list, help_text="Addresses of the signer set, ascending.")
    threshold = models.PositiveSmallIntegerField()
    signer_set_version = models.PositiveIntegerField()
    proxies = models.JSONField(default=dict, help_text="Pair to FeedProxy address.")
    places = models.JSONField(default=dict, help_text="Pair to place in reports; a place never changes.")
    contract_version = models.PositiveSmallIntegerField(
        default=2, help_text="Of the wire format; contracts of other versions cannot be written to."
    )
    source_hash = models.CharField(
        max_length=66, blank=True, help_text="SHA-256 of the Solidity it was built from; empty if another deployed it."
    )
    timelock = models.CharField(
        max_length=42, blank=True, help_text="The TimelockController that the admin's office was offered to."
    )
    tx_hash = models.CharField(max_length=66)
    block_number = models.PositiveBigIntegerField()
    genesis_hash = models.CharField(
        max_length=66, help_text="Hash of block 0, which tells a reset chain from the old one."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    retired_at = models.DateTimeField(null=True, blank=True)
    retired_reason = models.CharField(max_length=200, blank=True)
    reconciled_block = models.PositiveBigIntegerField(
        null=True, help_text="Up to this block the contract's events were compared with what is stored."
    )

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["destination", "chain_id"],
                condition=Q(is_active=True),
                name="deployment_one_active_per_destination",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.address} on {self.chain_id}"


class Wallet(models.Model):
    """A transmitter address on a chain and the next nonce to give out. The row is locked while one is taken."""

    chain_id = models.PositiveBigIntegerField()
    address = models.CharField(max_length=42)
    genesis_hash = models.CharField(max_length=66)
    next_nonce = models.PositiveBigIntegerField()
    balance_wei = IntegerField256(null=True)
    balance_read_at = models.DateTimeField(null=True)
    mined_nonce = models.PositiveBigIntegerField(null=True, help_text="The chain's count of mined transactions.")
    pending_nonce = models.PositiveBigIntegerField(null=True, help_text="The same with those that wait.")
    nonces_read_at = models.DateTimeField(null=True)
    paused_at = models.DateTimeField(null=True, help_text="Set: nothing new is sent and nothing repriced.")
    paused_by = models.CharField(max_length=150, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["chain_id", "address", "genesis_hash"], name="wallet_once_per_chain"),
        ]

    def __str__(self) -> str:
        return f"{self.address} on {self.chain_id}"


class Submission(models.Model):
    """A report on its way to a chain."""

    class State(models.TextChoices):
        PLANNED = "PLANNED", "planned: waits for the chain worker"
        IN_PROGRESS = "IN_PROGRESS", "in progress: signed and committed, being broadcast"
        UNCONFIRMED = "UNCONFIRMED", "unconfirmed: broadcast, not yet mined"
        MISSING = "MISSING", "missing: its nonce is mined, by a transaction no node shows us"
        CONFIRMED = "CONFIRMED", "confirmed: mined and read back"
        FINAL = "FINAL", "final: deep enough to stay"
        REPLACED = "REPLACED", "replaced: a newer report of the same feeds took its place"
        FATAL = "FATAL", "fatal: will never land"

    IN_FLIGHT = (State.IN_PROGRESS, State.UNCONFIRMED, State.MISSING)
    UNFINISHED = (State.PLANNED, *IN_FLIGHT)
    LANDED = (State.CONFIRMED, State.FINAL)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    state = models.CharField(max_length=12, choices=State, default=State.PLANNED)
    destination = models.CharField(max_length=40, default=MAIN, help_text="Where it is to be published.")
    chain_id = models.PositiveBigIntegerField(default=configured_chain_id, help_text="Chain of that destination.")
    simulated = models.BooleanField(help_text="Prices of the market simulator; may only go to a local chain.")
    evidence_hash = models.CharField(max_length=66)
    answers = models.JSONField(
        help_text='[{"pair", "answer" (string), "observed_at" (unix s)}], the order of the report.'
    )
    deployment = models.ForeignKey(Deployment, on_delete=models.PROTECT, null=True, related_name="submissions")
    wallet = models.ForeignKey(Wallet, on_delete=models.PROTECT, null=True, related_name="submissions")
    nonce = models.PositiveBigIntegerField(null=True)
    signer_set_version = models.PositiveIntegerField(null=True)
    digest = models.CharField(max_length=66, blank=True, help_text="EIP-712 digest the signers signed.")
    signatures = models.JSONField(default=list)
    signed_for = models.JSONField(
        default=dict,
        help_text="What the report was encoded and signed for: places of its feeds, signers and threshold of the time.",
    )
    tx_hash = models.CharField(max_length=66, blank=True, db_index=True, help_text="Of the attempt that was mined.")
    block_number = models.PositiveBigIntegerField(null=True)
    block_hash = models.CharField(max_length=66, blank=True)
    gas_used = models.PositiveBigIntegerField(null=True)
    cost_wei = IntegerField256(null=True, help_text="What the mined transaction cost, a rollup's data fee included.")
    landed = models.JSONField(default=list, help_text="Pairs whose answer was read back from the contract as sent.")
    skipped = models.JSONField(default=dict, help_text="Pair to the contract's reason for skipping it.")
    failure_code = models.CharField(max_length=40, blank=True)
    failure_message = models.TextField(blank=True)
    resends = models.PositiveSmallIntegerField(
        default=0, help_text="Times it was opened again after the chain lost it."
    )
    witnesses = models.PositiveSmallIntegerField(
        null=True, help_text="Endpoints that showed the receipt it ended by; 1 of several: the others were silent."
    )
    doubted_since = models.DateTimeField(
        null=True, help_text="Set: too few endpoints show its receipt, since then; see RECEIPT_PATIENCE_S."
    )
    doubt = models.CharField(
        max_length=300, blank=True, db_default="", help_text="Who showed that receipt and who denied it."
    )
    replaced_by = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, related_name="replaces", help_text="The newer report."
    )
    lost_blocks = models.JSONField(
        default=list,
        help_text='Blocks that left the chain with it: [{"tx_hash", "block_number", "block_hash"}].',
    )
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)
    updated_at = models.DateTimeField(auto_now=True)
    broadcast_at = models.DateTimeField(null=True)
    confirmed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["wallet", "nonce"], condition=~Q(state="REPLACED"), name="submission_nonce_once_per_wallet"
            ),
        ]
        indexes = [
            models.Index(
                fields=["created_at"],
                name="submission_unfinished",
                condition=Q(state__in=["PLANNED", "IN_PROGRESS", "UNCONFIRMED", "MISSING"]),
            ),
            models.Index(fields=["created_at"], name="submission_confirmed", condition=Q(state="CONFIRMED")),
        ]

    def __str__(self) -> str:
        return f"{self.id} {self.state}"


class Attempt(models.Model):
    """One signed transaction. Its bytes are committed before they are sent and never change.

    Without a submission it only uses up a nonce that nothing else held.
    """

    class Kind(models.TextChoices):
        REPORT = "REPORT", "carries the report"
        CANCEL = "CANCEL", "a transfer of nothing to itself, which uses up the nonce"

    submission = models.ForeignKey(Submission, on_delete=models.CASCADE, null=True, related_name="attempts")
    wallet = models.ForeignKey(Wallet, on_delete=models.PROTECT, null=True, related_name="attempts")
    deployment = models.ForeignKey(Deployment, on_delete=models.PROTECT, null=True, related_name="attempts")
    kind = models.CharField(max_length=6, choices=Kind, default=Kind.REPORT)
    nonce = models.PositiveBigIntegerField()
    tx_hash = models.CharField(max_length=66, unique=True)
    raw = models.BinaryField(help_text="Signed transaction, ready to broadcast again.")
    gas_limit = models.PositiveBigIntegerField()
    max_fee_wei = IntegerField256()
    tip_wei = IntegerField256()
    is_legacy = models.BooleanField(default=False, help_text="Pays one gas price: the chain has no base fee.")
    head_block = models.PositiveBigIntegerField(null=True, help_text="Newest block when it was signed.")
    nodes = models.CharField(max_length=300, blank=True, help_text="Hosts that took it when it was last sent.")
    broadcasts = models.PositiveIntegerField(default=0)
    last_error = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    broadcast_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["created_at"]
        indexes = [models.Index(fields=["wallet", "nonce"], name="attempt_nonce")]

    def __str__(self) -> str:
        return self.tx_hash


class OperatorAction(models.Model):
    """What a person asked of a submission or a lane, and what came of it. Never changed by hand, never deleted."""

    class Kind(models.TextChoices):
        BUMP = "BUMP", "pay better now"
        CANCEL = "CANCEL", "use up the nonce with a transfer of nothing"
        RESEND_FRESH = "RESEND_FRESH", "let the freshest report take its place"
        PAUSE = "PAUSE", "pause the lane"
        RESUME = "RESUME", "resume the lane"

    class State(models.TextChoices):
        REQUESTED = "REQUESTED", "waits for the chain worker"
        DONE = "DONE", "done"
        REFUSED = "REFUSED", "refused"

    kind = models.CharField(max_length=12, choices=Kind)
    state = models.CharField(max_length=9, choices=State, default=State.REQUESTED)
    actor = models.CharField(max_length=150)
    reason = models.CharField(max_length=300, blank=True)
    submission = models.ForeignKey(Submission, on_delete=models.SET_NULL, null=True, related_name="actions")
    wallet = models.ForeignKey(Wallet, on_delete=models.PROTECT, null=True, related_name="actions")
    outcome = models.CharField(max_length=300, blank=True)
    requested_at = models.DateTimeField(auto_now_add=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-requested_at"]
        indexes = [models.Index(fields=["requested_at"], name="action_open", condition=Q(state="REQUESTED"))]

    def __str__(self) -> str:
        return f"{self.kind} by {self.actor}"


class ChainDifference(models.Model):
    """Where the contract's events and our records disagree, and what was done about it."""

    class Kind(models.TextChoices):
        MISSING = "MISSING", "stored as landed, but the contract has no such event"
        EXTRA = "EXTRA", "an event that no stored submission explains"
        DIFFERENT = "DIFFERENT", "an event with another answer than was stored"

    deployment = models.ForeignKey(Deployment, on_delete=models.CASCADE, related_name="differences")
    kind = models.CharField(max_length=9, choices=Kind)
    pair = models.CharField(max_length=32)
    tx_hash = models.CharField(max_length=66)
    block_number = models.PositiveBigIntegerField()
    ours = IntegerField256(null=True, help_text="The answer as stored.")
    theirs = IntegerField256(null=True, help_text="The answer of the event.")
    submission = models.ForeignKey(Submission, on_delete=models.SET_NULL, null=True, related_name="differences")
    healing = models.CharField(max_length=200, blank=True, help_text="What was done; empty: nothing could be.")
    found_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-found_at"]
        constraints = [
            models.UniqueConstraint(fields=["deployment", "kind", "tx_hash", "pair"], name="difference_once"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pair} in {self.tx_hash}"


class OnChainPrice(models.Model):
    """What the active contract says about a feed, as last read from it at ``block_number``."""

    deployment = models.ForeignKey(Deployment, on_delete=models.CASCADE, related_name="prices")
    pair = models.CharField(max_length=25)
    answer = IntegerField256()
    decimals = models.PositiveSmallIntegerField()
    round_id = models.PositiveBigIntegerField(help_text="The contract's round of this feed, from 1.")
    observed_at = models.DateTimeField()
    updated_at = models.DateTimeField(help_text="Time of the block that carried it.")
    block_number = models.PositiveBigIntegerField()
    submission = models.ForeignKey(Submission, on_delete=models.SET_NULL, null=True, related_name="prices")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["deployment", "pair"], name="on_chain_price_once_per_feed")]

    def __str__(self) -> str:
        return f"{self.pair} #{self.round_id}"
