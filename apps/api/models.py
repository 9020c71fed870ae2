"""Who may call the API, and the answers already given to repeated requests."""

from __future__ import annotations

import hashlib
import hmac

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q

DEFAULT_QUOTA_PER_MINUTE = 600


class Scope(models.TextChoices):
    """What a key may do."""

    READ = "read", "read: prices, feeds, rounds, sources, reports"
    ROUNDS_WRITE = "rounds:write", "rounds:write: start rounds"
    HOLDS_DECIDE = "holds:decide", "holds:decide: approve and reject held prices, in its owner's name"


class ApiKey(models.Model):
    """A caller of the API. Only a hash of the secret is kept, so a lost key is replaced, never read back."""

    name = models.CharField(max_length=60, unique=True, help_text="Whose key this is; shown with the rounds it starts.")
    prefix = models.CharField(max_length=16, unique=True, editable=False, help_text="Public part of the key.")
    secret_sha256 = models.CharField(max_length=64, editable=False)
    scopes = ArrayField(models.CharField(max_length=20, choices=Scope), default=list)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="api_keys",
        help_text="The person it decides for; needed for holds:decide, with the permission to change holds.",
    )
    enabled = models.BooleanField(default=True)
    quota_per_minute = models.PositiveIntegerField(
        default=DEFAULT_QUOTA_PER_MINUTE, validators=[MinValueValidator(1)], help_text="Requests a minute."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, editable=False, help_text="To the minute.")

    class Meta:
        ordering = ["name"]
        verbose_name = "API key"
        constraints = [
            models.CheckConstraint(condition=Q(quota_per_minute__gte=1), name="api_key_quota_positive"),
            models.CheckConstraint(condition=Q(scopes__contained_by=Scope.values), name="api_key_scopes_known"),
        ]

    def __str__(self) -> str:
        return self.name

    def accepts(self, secret: str) -> bool:
        """Return whether ``secret`` is this key's, comparing in constant time."""
        return hmac.compare_digest(self.secret_sha256, hash_secret(secret))


class IdempotencyRecord(models.Model):
    """The answer given to a request with an Idempotency-Key. ``status`` is null while the request runs."""

    api_key = models.ForeignKey(ApiKey, on_delete=models.CASCADE, related_name="idempotency_records")
    key = models.CharField(max_length=255)
    request_sha256 = models.CharField(max_length=64, help_text="Of method, path and body.")
    status = models.PositiveSmallIntegerField(null=True)
    body = models.JSONField(null=True)
    headers = models.JSONField(default=dict)
    created_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["api_key", "key"], name="idempotency_key_once_per_api_key")]

    def __str__(self) -> str:
        return f"{self.key} {self.status or 'running'}"


def hash_secret(secret: str) -> str:
    """Return the SHA-256 of a key's secret. Secrets are 256 random bits, so no slow hash is needed."""
    return hashlib.sha256(secret.encode()).hexdigest()
