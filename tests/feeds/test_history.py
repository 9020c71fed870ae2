"""The configuration's versions: what each changed, and the way back."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from apps.feeds.config import apply_document
from apps.feeds.document import ConfigError, read_document
from apps.feeds.history import changes_back_to, changes_of, config_version, roll_back
from apps.feeds.models import ConfigVersion, Feed
from apps.feeds.selectors import current_config, current_config_version

pytestmark = pytest.mark.django_db


@pytest.fixture
def two_versions(small: str) -> str:
    """Apply a second version: another quorum for BTC/USD."""
    changed = small.replace("quorum: 2\n    active_sources: 3", "quorum: 1\n    active_sources: 3")
    assert changed != small
    apply_document(read_document(changed), author="second")
    return small


def test_a_version_tells_what_it_changed(two_versions: str) -> None:
    """Against the one before, and the first against nothing."""
    assert [str(change) for change in changes_of(config_version(2))] == ["~ feed BTC/USD quorum: 2 -> 1"]
    assert all(change.sign == "+" for change in changes_of(config_version(1)))


def test_rolling_back_restores_every_value_as_a_new_version(two_versions: str) -> None:
    """The tables are as they were, and the history has one entry more, with its reason."""
    first = config_version(1)

    changes = roll_back(first, author="operator")

    newest = current_config_version()
    assert [str(change) for change in changes] == ["~ feed BTC/USD quorum: 1 -> 2"]
    assert current_config() == read_document(two_versions).config
    assert newest is not None
    assert (newest.number, newest.author, newest.note) == (3, "operator", "rolled back to v1")
    assert newest.sha256 == first.sha256
    assert changes_back_to(first) == []


def test_feed_that_came_later_is_disabled_not_lost(small: str) -> None:
    """Going back before a feed existed keeps its row, because the contract still has it."""
    extra = "  SOL/USD:\n    quorum: 1\n    active_sources: 1\n    listings:\n"
    extra += "      - {source: kraken, ticker: SOLUSD}\n"
    apply_document(read_document(small.rstrip("\n") + "\n" + extra), author="second")

    roll_back(config_version(1), author="operator")

    assert not Feed.objects.get(pair="SOL/USD").enabled


def test_version_that_todays_rules_refuse_changes_nothing(two_versions: str) -> None:
    """An old document that is not sound any more is refused whole."""
    broken = ConfigVersion.objects.create(
        number=9, sha256="0" * 64, author="x", document=two_versions.replace("quorum: 2", "quorum: 20")
    )
    before = current_config()

    with pytest.raises(ConfigError):
        roll_back(broken, author="operator")

    assert current_config() == before


def test_command_lists_versions_and_rolls_back(two_versions: str, capsys: pytest.CaptureFixture[str]) -> None:
    """`config versions` and `config rollback` do as the admin does; a dry run saves nothing."""
    call_command("config", "rollback", "1", "--dry-run")
    assert ConfigVersion.objects.count() == 2
    call_command("config", "rollback", "1", "--author", "me")
    call_command("config", "versions")

    told = capsys.readouterr().out
    assert "1 change, nothing saved (dry run)" in told
    assert "1 change, configuration v3" in told
    assert "me  rolled back to v1" in told


def test_command_refuses_a_version_that_is_not_there(small: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The exit code is that of a refusal, and the message says where to look."""
    with pytest.raises(SystemExit) as left:
        call_command("config", "rollback", "77")

    assert left.value.code == 2
    assert "no version 77" in capsys.readouterr().err


def roll_back_url(number: int) -> str:
    """Return the address of the button."""
    version = ConfigVersion.objects.get(number=number)
    return reverse("admin:feeds_configversion_change", args=[version.pk]).replace("change", "roll-back")


def test_admin_shows_the_diff_and_rolls_back_on_post(two_versions: str, admin_client: Client) -> None:
    """The page asks first; the button does it."""
    page = admin_client.get(roll_back_url(1))
    assert "feed BTC/USD quorum: 1 -&gt; 2" in page.content.decode()
    assert ConfigVersion.objects.count() == 2

    answer = admin_client.post(roll_back_url(1), follow=True)

    assert "1 change; now v3." in answer.content.decode()
    assert Feed.objects.get(pair="BTC/USD").quorum == 2


def test_admin_list_and_page_tell_what_changed(two_versions: str, admin_client: Client) -> None:
    """Every version shows its own diff."""
    version = ConfigVersion.objects.get(number=2)

    listed = admin_client.get(reverse("admin:feeds_configversion_changelist")).content.decode()
    page = admin_client.get(reverse("admin:feeds_configversion_change", args=[version.pk])).content.decode()

    assert "second" in listed
    assert "feed BTC/USD quorum: 2 -&gt; 1" in page


def test_who_may_only_look_cannot_roll_back(two_versions: str, client: Client, django_user_model: Any) -> None:
    """Viewing versions does not include going back to one."""
    viewer: User = django_user_model.objects.create_user("viewer", password="x", is_staff=True)
    viewer.user_permissions.add(Permission.objects.get(codename="view_configversion"))
    client.force_login(viewer)

    answer = client.post(roll_back_url(1))

    assert answer.status_code in {302, 403}
    assert Feed.objects.get(pair="BTC/USD").quorum == 1
