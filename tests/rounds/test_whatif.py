"""A draft configuration on rounds of a real database: from admin and from a file, and nothing is saved."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from apps.feeds.models import ConfigVersion, Feed, Listing
from apps.feeds.selectors import feed_specs
from apps.feeds.services import exported_document, record_config_version
from apps.rounds.models import Answer, Round
from apps.rounds.recorded import outcome_of, recorded_rounds
from apps.rounds.settling import settle
from apps.rounds.whatif import simulate, specs_after
from apps.rounds.whatif_admin import BUTTON
from apps.sources.wire import outcome_from_json
from tests.feeds.test_admin import form_of
from tests.rounds.test_services import btc, lane, opened

__all__ = ["btc"]
pytestmark = pytest.mark.django_db
START = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.fixture
def recorded(btc: Feed) -> Feed:
    """Five settled rounds in which kraken says 100, gemini 101, bitstamp 102 and okx nothing."""
    for number in range(5):
        now = START + timedelta(seconds=5 * number)
        round_ = opened(now=now)
        lanes = [lane("kraken", "100"), lane("gemini", "101"), lane("bitstamp", "102")]
        for one in lanes:
            one["calls"][0]["outcomes"][0]["received_at"] = now.isoformat()
        settle(round_.pk, lanes, closed_by=Round.ClosedBy.CALLBACK, now=now + timedelta(seconds=1))
    record_config_version("tests")
    return btc


def test_what_was_recorded_reads_back_as_it_came(recorded: Feed) -> None:
    """A stored observation becomes the very quote or miss that the lane brought."""
    stored = {row["source"]: outcome_of(row) for row in Answer.objects.latest("pk").observations}

    sent = lane("gemini", "101")["calls"][0]["outcomes"][0]
    sent["received_at"] = (START + timedelta(seconds=20)).isoformat()
    assert stored["gemini"] == outcome_from_json(sent)
    assert [round_.at for round_ in recorded_rounds(["BTC/USD"], limit=2)] == [
        START + timedelta(seconds=16),
        START + timedelta(seconds=21),
    ]


def test_simulation_tells_the_difference_and_saves_nothing(recorded: Feed) -> None:
    """Without kraken the middle of the other two is the price; the tables are as they were."""
    before = feed_specs()

    after = specs_after(lambda: Listing.objects.filter(source__slug="kraken").update(enabled=False))
    found = simulate(before=before, after=after)

    assert found.rounds == 5
    assert feed_specs() == before
    comparison = found.feeds[0]
    assert (comparison.steps[0].before, comparison.steps[0].after) == (101 * 10**8, Decimal("101.5") * 10**8)
    assert comparison.unseen == ("okx",)
    assert (found.new, found.gone) == ((), ())


def test_feed_without_rounds_is_new(recorded: Feed) -> None:
    """What nothing is recorded for is said to be unknown, not equal."""
    before = feed_specs()

    after = specs_after(lambda: Feed.objects.create(pair="SOL/USD", quorum=1, active_sources=1))

    assert simulate(before=before, after=after).new == ("SOL/USD",)


def page(client: Client, **changes: Any) -> Any:
    """Press *Simulate* on the feed's form after some changes."""
    url = reverse("admin:feeds_feed_change", args=[Feed.objects.get(pair="BTC/USD").pk])
    return client.post(url, {**form_of(client, url), **changes, BUTTON: ""})


def test_admin_button_shows_the_simulation_and_leaves_everything_as_it_was(
    recorded: Feed, admin_client: Client
) -> None:
    """The page names lost rounds; neither the feed nor the versions changed."""
    answer = page(admin_client, quorum="4", active_sources="4")

    html = answer.content.decode()
    assert answer.status_code == 200
    assert "Nothing is saved yet" in html
    assert "was changed successfully" not in html
    assert '<svg viewBox="0 0 720 160"' in html
    assert answer.context["feeds"][0]["lost"] == 5
    assert Feed.objects.get(pair="BTC/USD").quorum == 2
    assert ConfigVersion.objects.count() == 1


def test_save_on_the_simulations_page_saves_the_very_edit(recorded: Feed, admin_client: Client) -> None:
    """The page carries the whole form on."""
    fields = page(admin_client, quorum="3").context["fields"]
    posted: dict[str, Any] = {}
    for name, value in fields:
        posted.setdefault(name, []).append(value)
    url = reverse("admin:feeds_feed_change", args=[Feed.objects.get(pair="BTC/USD").pk])

    answer = admin_client.post(url, {**posted, "_save": ""})

    assert answer.status_code == 302
    assert Feed.objects.get(pair="BTC/USD").quorum == 3
    assert ConfigVersion.objects.count() == 2


def test_nonsense_is_refused_by_simulate_as_by_save(recorded: Feed, admin_client: Client) -> None:
    """The form comes back with its errors."""
    answer = page(admin_client, quorum="9")

    assert "simulation" not in answer.context
    assert answer.context["errors"]


def test_config_diff_simulates_a_file(recorded: Feed, tmp_path: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """`config diff --simulate` tells the same as the admin's page, and saves nothing."""
    file = tmp_path / "oracle.yaml"
    text = exported_document()
    file.write_text(text.replace("quorum: 2", "quorum: 4").replace("active_sources: 3", "active_sources: 4"))

    with pytest.raises(SystemExit) as left:
        call_command("config", "diff", str(file), "--simulate", "3")

    told = capsys.readouterr().out
    assert left.value.code == 1
    assert "simulated on 3 rounds since 2026-11-24 12:00:11 UTC" in told
    assert "3 rounds lose their price, 0 gain one" in told
    assert "~ feed BTC/USD quorum: 2 -> 4" in told
    assert exported_document() == text
