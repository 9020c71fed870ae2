"""A draft that runs beside production: started, settled, compared, stopped, promoted."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.feeds.models import Feed, Listing
from apps.feeds.selectors import current_config_version
from apps.feeds.services import exported_document, record_config_version
from apps.rounds.models import Round
from apps.rounds.settling import settle
from apps.shadows.admin import BUTTON, NAME
from apps.shadows.models import Shadow, ShadowAnswer, ShadowRun
from apps.shadows.reports import divergence
from apps.shadows.runs import open_runs, settle_run
from apps.shadows.services import (
    NothingToShadow,
    StateMoved,
    promote_shadow,
    prune_shadow_runs,
    start_shadow,
    stop_shadow,
)
from apps.submissions.models import Submission
from tests.feeds.test_admin import form_of
from tests.rounds.test_services import NOW, btc, lane, opened

__all__ = ["btc"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def shadow(btc: Feed) -> Shadow:
    """A shadow that asks okx first: the feed's last source in production."""
    record_config_version("tests")
    text = exported_document()
    okx = next(line for line in text.splitlines(keepends=True) if "source: okx" in line)
    kraken = next(line for line in text.splitlines(keepends=True) if "source: kraken" in line)
    draft = text.replace(okx, "").replace(kraken, okx + kraken)
    return start_shadow(name="okx first", text=draft, author="tests")


def ran(shadow: Shadow, *lanes: dict[str, Any], seconds: int = 0) -> ShadowRun:
    """Open and settle one run of the shadow."""
    now = NOW + timedelta(seconds=seconds)
    run = ShadowRun.objects.create(shadow=shadow, opened_at=now)
    assert settle_run(run.pk, lanes, now=now + timedelta(seconds=1))
    run.refresh_from_db()
    return run


def test_a_shadow_prices_the_draft_and_sends_nothing(shadow: Shadow) -> None:
    """Its answer stands beside production's of the same second; no submission is made for it."""
    round_ = opened()
    settle(
        round_.pk,
        [lane("kraken", "100"), lane("gemini", "101"), lane("bitstamp", "102")],
        closed_by=Round.ClosedBy.CALLBACK,
        now=NOW + timedelta(seconds=1),
    )
    before = Submission.objects.count()

    run = ran(shadow, lane("okx", "103"), lane("kraken", "100"), lane("gemini", "101"))

    answer = ShadowAnswer.objects.get(run=run)
    assert (answer.answer, answer.production) == (101 * 10**8, 101 * 10**8)
    assert answer.sources_used == 3
    assert Submission.objects.count() == before
    assert Round.objects.count() == 1


def test_runs_are_opened_at_their_interval(shadow: Shadow, settings: Any) -> None:
    """A shadow is due SHADOW_INTERVAL_S after its last run, and only while it runs."""
    settings.SHADOW_INTERVAL_S = Decimal(30)
    now = timezone.now()

    assert len(open_runs(now=now)) == 1
    assert open_runs(now=now + timedelta(seconds=29)) == []
    assert len(open_runs(now=now + timedelta(seconds=30))) == 1
    stop_shadow(shadow, author="tests")
    assert open_runs(now=now + timedelta(hours=1)) == []


def test_settling_a_run_twice_changes_nothing(shadow: Shadow) -> None:
    """A redelivered task finds the run closed."""
    run = ran(shadow, lane("okx", "100"), lane("kraken", "100"))

    assert not settle_run(run.pk, [], now=NOW)
    assert ShadowAnswer.objects.count() == 1


def test_publications_are_counted_against_the_shadows_own_chain(shadow: Shadow) -> None:
    """The first price publishes, a small move does not, a large one does."""
    for seconds, price in ((0, "100"), (30, "100.1"), (60, "101")):
        lanes = [lane("okx", price), lane("kraken", price), lane("gemini", price)]
        for one in lanes:
            one["calls"][0]["outcomes"][0]["received_at"] = (NOW + timedelta(seconds=seconds)).isoformat()
        ran(shadow, *lanes, seconds=seconds)

    sent = ShadowAnswer.objects.order_by("run__opened_at").values_list("is_sent", flat=True)
    assert list(sent) == [True, False, True]
    assert divergence(shadow)[0].sent == (0, 2)


def test_divergence_names_the_distance_from_production(shadow: Shadow) -> None:
    """The report compares answers of about the same second."""
    round_ = opened()
    lanes = [lane("kraken", "100"), lane("gemini", "101"), lane("bitstamp", "102")]
    settle(round_.pk, lanes, closed_by=Round.ClosedBy.CALLBACK, now=NOW + timedelta(seconds=1))

    ran(shadow, lane("okx", "102.01"), lane("kraken", "102.01"))

    found = divergence(shadow)[0]
    assert found.pair == "BTC/USD"
    assert found.max_bps == 100
    assert found.sent[0] == 1


def test_draft_that_changes_no_price_is_refused(btc: Feed) -> None:
    """Nothing to compare: nothing is started."""
    with pytest.raises(NothingToShadow, match="as production does"):
        start_shadow(name="same", text=exported_document(), author="tests")


def test_promoting_makes_the_draft_the_configuration(shadow: Shadow) -> None:
    """Once, as a version that says where it came from."""
    promote_shadow(shadow, author="operator")

    first = Listing.objects.filter(feed__pair="BTC/USD").order_by("priority").first()
    version = current_config_version()
    assert first is not None
    assert first.source.slug == "okx"
    assert version is not None
    assert (version.author, version.note) == ("operator", "promoted from shadow okx first")
    with pytest.raises(StateMoved):
        promote_shadow(shadow, author="operator")


def test_old_and_lost_runs_are_pruned(shadow: Shadow) -> None:
    """Storage stays bounded; a run whose chord was lost leaves nothing behind."""
    ran(shadow, lane("okx", "100"), lane("kraken", "100"))
    ShadowRun.objects.create(shadow=shadow, opened_at=NOW)

    assert prune_shadow_runs(now=NOW + timedelta(minutes=5)) == 1
    assert prune_shadow_runs(now=NOW + timedelta(days=8)) == 1
    assert ShadowAnswer.objects.count() == 0


def test_admin_starts_a_shadow_from_an_edit_and_leaves_production_alone(btc: Feed, admin_client: Client) -> None:
    """The edit of the form becomes the draft; the feed keeps its rules; the page shows the report."""
    record_config_version("tests")
    url = reverse("admin:feeds_feed_change", args=[btc.pk])
    posted = {**form_of(admin_client, url), "quorum": "3", NAME: "strict", BUTTON: ""}

    answer = admin_client.post(url, posted, follow=True)

    shadow = Shadow.objects.get(name="strict")
    assert "strict runs beside production" in answer.content.decode()
    assert "quorum: 3" in shadow.document or shadow.plan["feeds"][0]["quorum"] == 3
    assert Feed.objects.get(pk=btc.pk).quorum == 2
    assert "No round of it has come back yet" in answer.content.decode()


def test_admin_promotes_after_showing_the_changes_and_stops(shadow: Shadow, admin_client: Client) -> None:
    """Promote asks first; a shadow that ended cannot be stopped again."""
    promote = reverse("admin:shadows_shadow_change", args=[shadow.pk]).replace("/change/", "/promote/")
    assert "feed BTC/USD order" in admin_client.get(promote).content.decode()

    admin_client.post(promote)
    shadow.refresh_from_db()
    stopped = admin_client.get(promote.replace("/promote/", "/stop/"), follow=True)

    assert shadow.state == Shadow.State.PROMOTED
    assert "no longer running" in stopped.content.decode()


def test_command_starts_reports_and_stops(shadow: Shadow, capsys: pytest.CaptureFixture[str]) -> None:
    """The terminal does what the admin does; what is not there is refused."""
    ran(shadow, lane("okx", "100"), lane("kraken", "100"))

    call_command("shadow", "report", "okx first")
    call_command("shadow", "stop", "okx first")
    call_command("shadow", "list")
    with pytest.raises(SystemExit) as left:
        call_command("shadow", "report", "nobody")

    told = capsys.readouterr()
    assert "BTC/USD: 1 rounds" in told.out
    assert "okx first  STOPPED" in told.out
    assert left.value.code == 2
    assert "no shadow 'nobody'" in told.err
