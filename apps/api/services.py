"""Making keys, noting their use, and remembering answers to repeated requests."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from apps.api.models import DEFAULT_QUOTA_PER_MINUTE, ApiKey, IdempotencyRecord, Scope, hash_secret

# Of keys for programs. Deciding about held prices is for people: such a key is made on purpose and has an owner.
ALL_SCOPES: tuple[str, ...] = (Scope.READ.value, Scope.ROUNDS_WRITE.value)
IDEMPOTENCY_RETENTION = timedelta(hours=24)
# A request that still "runs" after this died with its process: the longest wait is 30 s.
IDEMPOTENCY_ABANDONED = timedelta(seconds=90)
_USE_NOTED_EVERY = timedelta(minutes=1)
_PREFIX_BYTES = 5
_SECRET_BYTES = 32


class KeyFormatError(ValueError):
    """A key is not written ``prefix.secret``."""


class IdempotencyKeyReusedError(Exception):
    """The key came before with another method, path or body."""


class IdempotencyKeyInFlightError(Exception):
    """The first request with this key has not been answered yet."""


@dataclass(frozen=True, slots=True)
class CreatedKey:
    """A new key. ``text`` is what the caller sends; it cannot be had again."""

    api_key: ApiKey
    text: str


def new_key_text() -> str:
    """Return a fresh key, ``prefix.secret``, with 256 random bits."""
    return f"{secrets.token_hex(_PREFIX_BYTES)}.{secrets.token_urlsafe(_SECRET_BYTES)}"


def split_key_text(text: str) -> tuple[str, str]:
    """Return prefix and secret of a key. Raises KeyFormatError when it is not ``prefix.secret``."""
    prefix, dot, secret = text.partition(".")
    if not (prefix and dot and secret) or len(prefix) > 16:
        raise KeyFormatError("a key is written prefix.secret, the prefix at most 16 characters")
    return prefix, secret


def create_api_key(
    name: str,
    *,
    scopes: Sequence[str] = ALL_SCOPES,
    quota_per_minute: int = DEFAULT_QUOTA_PER_MINUTE,
    owner: User | None = None,
) -> CreatedKey:
    """Store a new key under ``name`` and return it with its text, the only time that is known."""
    text = new_key_text()
    prefix, secret = split_key_text(text)
    api_key = ApiKey(
        name=name,
        prefix=prefix,
        secret_sha256=hash_secret(secret),
        scopes=list(scopes),
        quota_per_minute=quota_per_minute,
        owner=owner,
    )
    api_key.full_clean()
    api_key.save()
    return CreatedKey(api_key, text)


def ensure_api_key(name: str, secret: str, *, scopes: Sequence[str] = ALL_SCOPES) -> ApiKey:
    """Return the key called ``name``, made or changed so that it accepts ``secret``: ``prefix.secret``, as sent."""
    prefix, bare = split_key_text(secret)
    api_key, _ = ApiKey.objects.update_or_create(
        name=name,
        defaults={"prefix": prefix, "secret_sha256": hash_secret(bare), "scopes": list(scopes), "enabled": True},
    )
    return api_key


def note_use(api_key: ApiKey, *, now: datetime) -> None:
    """Write ``last_used_at``, at most once a minute so that reads do not become writes."""
    before = now - _USE_NOTED_EVERY
    if api_key.last_used_at is not None and api_key.last_used_at > before:
        return
    old = Q(last_used_at__isnull=True) | Q(last_used_at__lte=before)
    ApiKey.objects.filter(old, pk=api_key.pk).update(last_used_at=now)


def request_hash(*, method: str, path: str, body: object) -> str:
    """Return the hash by which a repeated request is recognised; the order of JSON members does not count."""
    canonical = json.dumps([method, path, body], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def claim_idempotency_key(api_key: ApiKey, *, key: str, request_sha256: str, now: datetime) -> IdempotencyRecord:
    """Return the record of this key: fresh (``status`` null, now ours to fill) or answered.

    Raises:
        IdempotencyKeyReusedError: the key belongs to another request.
        IdempotencyKeyInFlightError: the same request is still running elsewhere.
    """
    try:
        with transaction.atomic():
            return IdempotencyRecord.objects.create(
                api_key=api_key, key=key, request_sha256=request_sha256, created_at=now
            )
    except IntegrityError:
        return _known_record(api_key, key=key, request_sha256=request_sha256, now=now)


def _known_record(api_key: ApiKey, *, key: str, request_sha256: str, now: datetime) -> IdempotencyRecord:
    record = IdempotencyRecord.objects.filter(api_key=api_key, key=key).first()
    if record is None:
        raise IdempotencyKeyInFlightError(key)  # released between our insert and our read: the client may try again
    if record.request_sha256 != request_sha256:
        raise IdempotencyKeyReusedError(key)
    if record.status is not None:
        return record
    abandoned = IdempotencyRecord.objects.filter(
        pk=record.pk, status__isnull=True, created_at__lt=now - IDEMPOTENCY_ABANDONED
    )
    if abandoned.update(created_at=now) != 1:
        raise IdempotencyKeyInFlightError(key)
    return record


def answer_idempotency_key(record: IdempotencyRecord, *, status: int, body: Any, headers: Mapping[str, str]) -> None:
    """Keep the answer, so that the same request gets it again."""
    IdempotencyRecord.objects.filter(pk=record.pk).update(status=status, body=body, headers=dict(headers))


def release_idempotency_key(record: IdempotencyRecord) -> None:
    """Forget a request that started nothing, so that it may be corrected and sent again under the same key."""
    IdempotencyRecord.objects.filter(pk=record.pk, status__isnull=True).delete()


def prune_idempotency_records(*, now: datetime | None = None) -> int:
    """Delete records older than 24 hours and return how many."""
    before = (now or timezone.now()) - IDEMPOTENCY_RETENTION
    deleted, _ = IdempotencyRecord.objects.filter(created_at__lt=before).delete()
    return deleted
