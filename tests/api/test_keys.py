"""Making, using and pruning keys and idempotency records."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from apps.api.models import ApiKey, IdempotencyRecord
from apps.api.services import (
    KeyFormatError,
    create_api_key,
    ensure_api_key,
    new_key_text,
    note_use,
    prune_idempotency_records,
)
from tests.api.factories import make_key


def test_command_prints_key_that_works(client: APIClient) -> None:
    """The key on stdout authenticates; only its hash is stored."""
    out = StringIO()
    call_command("create_api_key", "mobile", "--scopes", "read", "rounds:write", stdout=out, stderr=StringIO())
    text = out.getvalue().strip()

    key = ApiKey.objects.get(name="mobile")
    assert client.get("/api/v1/feeds", HTTP_AUTHORIZATION=f"Api-Key {text}").status_code == 200
    assert key.scopes == ["read", "rounds:write"]
    assert text.split(".", 1)[1] not in {key.prefix, key.secret_sha256}


def test_command_refuses_second_key_of_name(db: None) -> None:
    """A name in use is refused with a message, not a traceback."""
    create_api_key("mobile")

    with pytest.raises(CommandError, match="Name"):
        call_command("create_api_key", "mobile", stderr=StringIO())


def test_ensured_key_follows_its_secret(client: APIClient) -> None:
    """Ensuring a key twice changes nothing; a new secret replaces the old one."""
    old, new = new_key_text(), new_key_text()
    ensure_api_key("local", old)
    ensure_api_key("local", old)
    ensure_api_key("local", new)

    assert ApiKey.objects.count() == 1
    statuses = [client.get("/api/v1/feeds", HTTP_AUTHORIZATION=f"Api-Key {key}").status_code for key in (old, new)]
    assert statuses == [401, 200]


@pytest.mark.parametrize("text", ["", "nodot", ".secret", "prefix.", "x" * 17 + ".secret"])
def test_malformed_key_is_not_stored(db: None, text: str) -> None:
    """A key that could never be sent is refused."""
    with pytest.raises(KeyFormatError):
        ensure_api_key("local", text)


def test_use_is_noted_once_a_minute(db: None) -> None:
    """Reads with a key write its time of use at most once a minute."""
    key, _ = make_key()
    first = timezone.now()
    for seconds in (0, 30, 61):
        note_use(ApiKey.objects.get(pk=key.pk), now=first + timedelta(seconds=seconds))
        if seconds == 30:
            assert ApiKey.objects.get(pk=key.pk).last_used_at == first

    assert ApiKey.objects.get(pk=key.pk).last_used_at == first + timedelta(seconds=61)


def test_old_records_are_pruned(db: None) -> None:
    """Records leave after 24 hours."""
    key, _ = make_key()
    now = timezone.now()
    for hours in (1, 23, 25):
        IdempotencyRecord.objects.create(
            api_key=key, key=str(hours), request_sha256="", created_at=now - timedelta(hours=hours)
        )

    assert prune_idempotency_records(now=now) == 1
    assert set(IdempotencyRecord.objects.values_list("key", flat=True)) == {"1", "23"}


def test_admin_shows_new_key_once(admin_client: Client) -> None:
    """A key made in admin appears on the page after saving and nowhere later."""
    form = {"name": "desk", "scopes": ["read"], "quota_per_minute": "60", "enabled": "on"}
    page = admin_client.post("/admin/api/apikey/add/", form, follow=True).content.decode()

    key = ApiKey.objects.get(name="desk")
    text = page[page.index(f"{key.prefix}.") :].split()[0].split("<")[0]
    assert key.accepts(text.split(".", 1)[1])
    changed = admin_client.get(f"/admin/api/apikey/{key.pk}/change/").content.decode()
    assert f"{key.prefix}." not in changed
    assert key.secret_sha256 not in changed
