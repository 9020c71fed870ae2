"""The description of a generic source as fields of a form."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from apps.feeds.admin.generic_fields import AS_FIELDS, AS_JSON, PREFIX, GenericFieldsForm
from apps.feeds.models import Source
from apps.sources.adapters.generic_options import KEYS
from tests.feeds.test_admin import errors_of, form_of

pytestmark = pytest.mark.django_db
WHOLE: dict[str, Any] = {
    "url": "/q",
    "method": "POST",
    "body": {"ids": "{tickers}", "n": 1},
    "separator": ";",
    "headers": {"X-Client": "me", "Accept-Language": "en"},
    "key_header": "Authorization",
    "key_prefix": "Bearer ",
    "rows": "$.rows",
    "symbol": "$.id",
    "price": "$.p",
    "bid": "$.b",
    "ask": "$.a",
    "volume": "$.v",
    "scale": 2,
    "inverse": True,
    "time": "$.t",
    "time_unit": "ms",
    "time_of": "reply",
    "error": "$.code",
    "error_expected": "0",
    "error_message": "$.msg",
    "unknown_ticker": "no such",
}


def add(operator: Client, **fields: Any) -> Any:
    """Post the form of a new generic source."""
    url = reverse("admin:feeds_source_add")
    posted = form_of(operator, url) | {"slug": "own", "name": "Own", "adapter": "generic", "enabled": "on"}
    return operator.post(url, posted | {"base_url": "https://api.example", "described_as": AS_FIELDS} | fields)


def test_every_option_has_a_field() -> None:
    """What oracle.yaml can say, the form can say."""
    assert {name.removeprefix(PREFIX) for name in GenericFieldsForm.base_fields if name.startswith(PREFIX)} == set(KEYS)


def test_a_description_goes_through_the_form_unchanged(operator: Client, small: str) -> None:
    """Shown, saved and shown again, the options are the same."""
    source = Source.objects.create(
        slug="own", name="Own", adapter="generic", base_url="https://api.example", options=WHOLE
    )
    url = reverse("admin:feeds_source_change", args=[source.pk])
    posted = form_of(operator, url)

    assert posted["described_as"] == AS_FIELDS
    assert operator.post(url, posted).status_code == 302
    source.refresh_from_db()
    assert source.options == WHOLE


def test_what_stands_at_its_default_is_not_stored(operator: Client, small: str) -> None:
    """The configuration's document stays as short as what was typed."""
    response = add(operator, g_url="/t/{ticker}", g_price="$.p", g_method="GET", g_separator=",", g_scale="0")

    assert response.status_code == 302, errors_of(response)
    assert Source.objects.get(slug="own").options == {"url": "/t/{ticker}", "price": "$.p"}


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({"g_url": "/t/{pair}"}, "g_url", "did you mean {ticker} or {tickers}?"),
        ({"g_price": "last"}, "g_price", "did you mean &#x27;$.last&#x27;?"),
        ({"g_price": ""}, "g_price", "missing"),
        ({"g_method": "POST", "g_body": "{x"}, "g_body", "Not JSON"),
        ({"g_headers": "X-Client me"}, "g_headers", "Write a header as Name: value"),
        ({"g_headers": "A: 1\nA: 2"}, "g_headers", "A is given twice"),
        ({"g_time": "$.t"}, "g_time_unit", "must be one of"),
        ({"g_scale": "99"}, "g_scale", "from -36 to 36"),
    ],
)
def test_a_fault_stands_at_its_field(
    operator: Client, small: str, fields: dict[str, str], field: str, words: str
) -> None:
    """The operator reads what is wrong beside where it was typed."""
    response = add(operator, **{"g_url": "/t/{ticker}", "g_price": "$.p", **fields})

    assert words in str(response.context["adminform"].form.errors[field])
    assert not Source.objects.filter(slug="own").exists()


def test_raw_json_stays_possible(operator: Client, small: str) -> None:
    """Chosen, the JSON counts and the fields do not; left alone, its own faults do not matter."""
    as_json = add(operator, described_as=AS_JSON, options='{"url": "/j/{ticker}", "price": "$.j"}', g_url="nonsense")
    assert as_json.status_code == 302, errors_of(as_json)
    assert Source.objects.get(slug="own").options == {"url": "/j/{ticker}", "price": "$.j"}

    Source.objects.all().filter(slug="own").delete()
    as_fields = add(operator, options="{broken", g_url="/t/{ticker}", g_price="$.p")
    assert as_fields.status_code == 302, errors_of(as_fields)
    assert Source.objects.get(slug="own").options == {"url": "/t/{ticker}", "price": "$.p"}


def test_options_no_field_can_hold_are_shown_as_json(operator: Client, small: str) -> None:
    """A row written by other means is not silently cut to what the fields know."""
    source = Source.objects.create(slug="own", name="Own", adapter="generic", options={"colour": "red"})

    posted = form_of(operator, reverse("admin:feeds_source_change", args=[source.pk]))

    assert posted["described_as"] == AS_JSON
