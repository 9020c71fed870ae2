"""The OpenAPI document is true: valid, complete, and what the server does."""

from __future__ import annotations

import pytest
import schemathesis
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.schemas import BaseSchema
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from apps.api.models import Scope
from oracle_project.wsgi import application
from tests.api.conftest import FakeChain
from tests.api.factories import confirmed_round, make_feed, make_key, make_source, reading, snapshot

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
EXAMPLES = settings(max_examples=8, deadline=None, database=None, suppress_health_check=list(HealthCheck))
pytestmark = pytest.mark.django_db(transaction=True)


def test_schema_has_no_warnings(tmp_path: object) -> None:
    """Every call and every type of the schema is known, so that generated clients are whole."""
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", f"{tmp_path}/openapi.yaml")


def test_docs_page_needs_no_other_host(client: Client) -> None:
    """The docs page loads its files from this server only."""
    page = client.get("/api/docs/").content.decode()

    assert "swagger-ui" in page
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert "https://" not in page


@pytest.fixture
def api(chain: FakeChain, published: list[str]) -> BaseSchema:
    """The schema as served, over the app in this process, with one feed that has everything."""
    feed = make_feed()
    make_source("kraken", feed=feed)
    round_ = confirmed_round()
    chain.snapshot = snapshot(BTC_USD=reading(round_.answers.get().observed_at))
    return schemathesis.openapi.from_wsgi("/api/schema/?format=json", application)


def test_server_does_what_schema_says(api: BaseSchema) -> None:
    """Whatever a client sends, the reply has a status, a content type and a form that the schema promises."""
    key, header = make_key("fuzzer", scopes=Scope.values, quota=100_000)
    key.owner = User.objects.create(username="fuzzer", is_superuser=True)
    key.save()

    def check(case: schemathesis.Case) -> None:
        case.call_and_validate(headers={"Authorization": header}, checks=CHECKS)

    operations = [result.ok() for result in api.get_all_operations()]
    for operation in operations:
        EXAMPLES(given(operation.as_strategy())(check))()
    assert len(operations) == 18
