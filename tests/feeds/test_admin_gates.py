"""What admin shows of the gate, and the button that closes a breaker."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse
from pytest_django import Settings
from redis import RedisError

from apps.feeds.admin import gates
from apps.feeds.models import Source
from apps.pricing.types import MissCode, SourceSpec
from apps.sources.breaker import Judgement, Verdict, policy
from apps.sources.gate import RedisGate, gate_keys
from apps.sources.gate_state import gate_states
from apps.sources.retry import Pause
from oracle_project.redis_clients import shared_redis

pytestmark = pytest.mark.django_db
OKX = SourceSpec("okx", "okx", "https://www.okx.com", Decimal(1), 1)
LIST = "admin:feeds_source_changelist"


@pytest.fixture
def opened(small: str) -> Iterator[None]:
    """The breaker of okx is open after a geo-block, and bitstamp demanded a pause."""
    gate = RedisGate(shared_redis(), thresholds=policy())
    gate.report(OKX, Verdict(Judgement.PERMANENT, "geo_blocked", "HTTP 451: not here"), probe="", host=0)
    bitstamp = SourceSpec("bitstamp", "bitstamp", "https://x", Decimal(1), 1)
    gate.pause(bitstamp, Pause(90), code=MissCode.RATE_LIMITED, message="HTTP 429")
    yield
    shared_redis().delete(*gate_keys("okx"), *gate_keys("bitstamp"))


def test_the_list_shows_breakers_and_pauses(operator: Client, opened: None) -> None:
    """An operator sees at a glance who is not asked."""
    page = operator.get(reverse(LIST)).content.decode()

    assert ">open<" in page.replace("\n", "").replace(" ", "")
    assert "paused until" in page
    assert "closed" in page


def test_the_form_tells_the_story_and_what_to_do(operator: Client, opened: None, settings: Settings) -> None:
    """When it opened, with what, when it is probed, and the limit that holds."""
    settings.MARKET = "live"
    page = operator.get(reverse("admin:feeds_source_change", args=[Source.objects.get(slug="okx").pk])).content.decode()

    assert "Opened 1 times, last on" in page
    assert "geo_blocked: HTTP 451: not here" in page
    assert "use a mirror, SOURCE_PROXY_URL, or disable it" in page
    assert "20/2 second (the adapter&#x27;s own)" in page


def test_an_operator_closes_a_breaker_and_history_says_who(operator: Client, opened: None) -> None:
    """Both are asked again from the next round on; a source that was fine gets no line in its history."""
    chosen = list(Source.objects.filter(slug__in=["okx", "bitstamp", "kraken"]))
    posted = {"action": "close_breakers", "_selected_action": [source.pk for source in chosen]}

    page = operator.post(reverse(LIST), posted, follow=True).content.decode()

    assert "Asked again from the next round on: " in page
    states = gate_states(["okx", "bitstamp"])
    assert [(state.state, state.paused_until) for state in states.values()] == [("closed", None)] * 2
    entries = LogEntry.objects.filter(change_message__contains="Breaker closed")
    assert {entry.object_repr for entry in entries} == {"OKX", "Bitstamp"}
    assert {entry.user.get_username() for entry in entries} == {"operator"}


def test_pages_open_while_redis_is_away(operator: Client, small: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The state is unknown then, and the button says why it does nothing."""

    def away(*_: object) -> None:
        raise RedisError

    monkeypatch.setattr(gates, "gate_states", away)
    monkeypatch.setattr(gates, "close_gate", away)
    source = Source.objects.get(slug="okx")

    assert "Redis away" in operator.get(reverse(LIST)).content.decode()
    assert operator.get(reverse("admin:feeds_source_change", args=[source.pk])).status_code == 200
    posted = {"action": "close_breakers", "_selected_action": [source.pk]}
    assert "cannot be reached: RedisError" in operator.post(reverse(LIST), posted, follow=True).content.decode()
