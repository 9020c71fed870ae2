"""Every error is a problem with a stable code."""

from __future__ import annotations

import logging
import re
from pathlib import Path

import pytest
from rest_framework.test import APIClient

from apps.api.problems import CONTENT_TYPE, KINDS, ProblemCode, flatten
from apps.api.views import feeds
from tests.api.factories import make_feed, make_key

ERRORS_PAGE = Path(__file__).parents[2] / "docs" / "errors.md"


def test_docs_list_every_code_with_its_status() -> None:
    """docs/errors.md has exactly the codes of the enum, each with its HTTP status."""
    rows = dict(re.findall(r"^\| `([a-z_]+)` \| (\d+) \|", ERRORS_PAGE.read_text(encoding="utf-8"), re.MULTILINE))

    assert rows == {code.value: str(kind.status) for code, kind in KINDS.items()}
    assert set(KINDS) == set(ProblemCode)


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("get", "/api/v1/nothing", 404, "not_found"),
        ("get", "/api/", 404, "not_found"),
        ("delete", "/api/v1/prices", 405, "method_not_allowed"),
        ("get", "/api/v1/feeds/XXX-USD", 404, "feed_unknown"),
        ("get", "/api/v1/feeds/%00-USD", 404, "feed_unknown"),
        ("get", "/api/v1/rounds/nonsense", 404, "round_unknown"),
        ("get", "/api/v1/rounds/00000000-0000-0000-0000-000000000000", 404, "round_unknown"),
        ("get", "/api/v1/rounds?status=LOST", 400, "parameter_invalid"),
        ("get", "/api/v1/rounds?cursor=%2B%2B", 400, "parameter_invalid"),
        ("get", "/api/v1/rounds?limit=0", 400, "parameter_invalid"),
        ("get", "/api/v1/rounds?feed=%00", 400, "parameter_invalid"),
        ("post", "/api/v1/rounds", 401, "unauthenticated"),
        ("delete", "/api/v1/rounds", 405, "method_not_allowed"),
        ("get", "/api/problems/unheard_of", 404, "not_found"),
    ],
)
def test_error_is_problem(client: APIClient, method: str, path: str, status: int, code: str) -> None:
    """Whatever goes wrong under /api/ answers problem+json with all its members."""
    reply = getattr(client, method)(path)

    assert (reply.status_code, reply.headers["Content-Type"]) == (status, CONTENT_TYPE)
    assert reply.json()["code"] == code
    assert reply.json().keys() >= {"type", "title", "status", "detail", "instance", "code"}
    assert reply.json()["status"] == status


def test_type_of_problem_can_be_read(client: APIClient) -> None:
    """The address in ``type`` answers with the code it stands for."""
    problem = client.get("/api/v1/feeds/XXX-USD").json()

    assert client.get(problem["type"]).json() == {"code": "feed_unknown", "status": 404, "title": "No such feed"}


@pytest.mark.parametrize(
    ("body", "content_type", "status", "code"),
    [
        ("{", "application/json", 400, "malformed_json"),
        ("feeds=BTC-USD", "application/x-www-form-urlencoded", 415, "unsupported_media_type"),
        ("[]", "application/json", 422, "validation_failed"),
        ("{}", "application/json", 422, "validation_failed"),
        ('{"feeds": []}', "application/json", 422, "validation_failed"),
        ('{"feeds": "BTC-USD"}', "application/json", 422, "validation_failed"),
        ('{"feeds": [["BTC-USD"]]}', "application/json", 422, "validation_failed"),
        ('{"feeds": ["' + "X" * 26 + '"]}', "application/json", 422, "validation_failed"),
        ('{"feeds": ["BTC-USD"], "feeds2": NaN}', "application/json", 400, "malformed_json"),
    ],
)
def test_bad_body_is_problem(writer: APIClient, body: str, content_type: str, status: int, code: str) -> None:
    """A body that cannot be used is refused before anything starts."""
    reply = writer.post("/api/v1/rounds", body, content_type=content_type)

    assert (reply.status_code, reply.json()["code"]) == (status, code)


def test_validation_errors_point_into_body(writer: APIClient) -> None:
    """Each error says by JSON pointer which member it means."""
    reply = writer.post("/api/v1/rounds", {"feeds": ["BTC-USD", ""]}, format="json")

    assert [error["pointer"] for error in reply.json()["errors"]] == ["/feeds/1"]


def test_pointer_escapes_names() -> None:
    """Slashes and tildes of member names are escaped as RFC 6901 wants."""
    assert [row["pointer"] for row in flatten({"a/b~c": ["wrong"], "non_field_errors": ["x"]})] == ["/a~1b~0c", ""]


def test_unforeseen_error_leaks_nothing(
    client: APIClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A bug answers 500 with an id only, and the log has the cause under that id."""

    def broken(pair: str) -> None:
        raise RuntimeError("secret in message")

    make_feed()
    monkeypatch.setattr(feeds, "latest_report", broken)
    with caplog.at_level(logging.ERROR):
        reply = client.get("/api/v1/reports/BTC-USD")

    assert (reply.status_code, reply.json()["code"]) == (500, "internal_error")
    assert "secret" not in reply.content.decode()
    assert reply.json()["error_id"] in {getattr(record, "error_id", "") for record in caplog.records}


def test_unacceptable_format_is_problem(client: APIClient) -> None:
    """Asking for anything but JSON is told so in JSON."""
    reply = client.get("/api/v1/feeds", HTTP_ACCEPT="text/csv")

    assert (reply.status_code, reply.json()["code"]) == (406, "not_acceptable")


@pytest.mark.parametrize(
    "header", ["Api-Key nonsense", "Api-Key a.b", "Bearer x.y", "Api-Key ", "Api-Key \x00.x", "Api-Key é.x"]
)
def test_wrong_key_is_refused(client: APIClient, header: str) -> None:
    """A key that is wrong is refused even where no key is needed."""
    reply = client.get("/api/v1/feeds", HTTP_AUTHORIZATION=header)

    assert (reply.status_code, reply.json()["code"]) == (401, "key_invalid")
    assert reply.headers["WWW-Authenticate"].startswith("Api-Key")


def test_missing_scope_is_named(client: APIClient) -> None:
    """A key without rounds:write is told which scope it lacks."""
    _, header = make_key(scopes=["read"])
    reply = client.post("/api/v1/rounds", {"feeds": ["BTC-USD"]}, format="json", HTTP_AUTHORIZATION=header)

    assert (reply.status_code, reply.json()["code"]) == (403, "scope_missing")
    assert "rounds:write" in reply.json()["detail"]


def test_disabled_key_is_refused(client: APIClient) -> None:
    """Switching a key off takes effect at once."""
    key, header = make_key()
    assert client.get("/api/v1/feeds", HTTP_AUTHORIZATION=header).status_code == 200
    key.enabled = False
    key.save()

    assert client.get("/api/v1/feeds", HTTP_AUTHORIZATION=header).status_code == 401


def test_reads_can_be_closed(client: APIClient, settings: object) -> None:
    """With API_OPEN_READS off a read needs a key of scope read."""
    settings.API_OPEN_READS = False  # type: ignore[attr-defined]
    _, header = make_key(scopes=["read"])

    assert client.get("/api/v1/feeds").json()["code"] == "unauthenticated"
    assert client.get("/api/v1/feeds", HTTP_AUTHORIZATION=header).status_code == 200


def test_quota_is_kept_per_key(client: APIClient) -> None:
    """The request over a key's quota is refused with Retry-After, other callers go on."""
    _, header = make_key(quota=2)
    statuses = [client.get("/api/v1/feeds", HTTP_AUTHORIZATION=header).status_code for _ in range(2)]
    refused = client.get("/api/v1/feeds", HTTP_AUTHORIZATION=header)

    assert statuses == [200, 200]
    assert (refused.status_code, refused.json()["code"]) == (429, "throttled")
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert client.get("/api/v1/feeds").status_code == 200


def test_quota_is_kept_per_address(client: APIClient, settings: object) -> None:
    """Callers without a key share their address's quota, whatever X-Forwarded-For claims."""
    settings.API_ADDRESS_QUOTA = 1  # type: ignore[attr-defined]
    first = client.get("/api/v1/feeds", HTTP_X_FORWARDED_FOR="1.1.1.1")
    second = client.get("/api/v1/feeds", HTTP_X_FORWARDED_FOR="2.2.2.2")

    assert (first.status_code, second.status_code) == (200, 429)
