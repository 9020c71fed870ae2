"""API keys of sources: how they go in, and that nothing gives them out again."""

from __future__ import annotations

import io
import json
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from apps.feeds.config import apply_document
from apps.feeds.document import read_document
from apps.feeds.keys import rotate_keys, set_key
from apps.feeds.models import ConfigVersion, Source, SourceKey
from apps.feeds.selectors import source_specs
from apps.feeds.services import exported_document
from apps.pricing.types import Ask
from apps.sources.board import Seat, round_board
from apps.sources.sealing import unseal
from tests.feeds.test_admin import errors_of, form_of

pytestmark = pytest.mark.django_db
KEY = "Sup3rSecret-Key-0123456789"
ORIGIN = "https://desk.example"
DESK = """\
version: 1
sources:
  desk:
    adapter: generic
    base_url: https://desk.example/v1
    options: {url: "/{ticker}", price: "$.price"}
"""


@pytest.fixture(autouse=True)
def desk(monkeypatch: pytest.MonkeyPatch, db: None, settings: Settings) -> Source:
    """A source that wants a key, in a live market."""
    settings.MARKET = "live"
    monkeypatch.setenv("SOURCE_KEYS_SECRET", "a-secret-of-more-than-thirty-two-characters")
    apply_document(read_document(DESK), author="tests")
    return Source.objects.get(slug="desk")


def give(desk: Source) -> None:
    """Set the key as a command would."""
    set_key(desk, KEY, set_by="ops", now=datetime(2026, 11, 25, 18, 0, tzinfo=UTC))


def run(*arguments: str) -> str:
    """Return what the command prints."""
    out = io.StringIO()
    call_command("source_key", *arguments, stdout=out, stderr=out)
    return out.getvalue()


def url_of(source: Source) -> str:
    """Return the address of the source's form."""
    return reverse("admin:feeds_source_change", args=[source.pk])


def opened(source: Source) -> str:
    """Return the key as the fetch worker gets it."""
    return unseal(source_specs([source.slug])[source.slug].sealed_key, origin=ORIGIN)


def test_a_key_reaches_the_fetch_worker_sealed(desk: Source) -> None:
    """The spec, and the seat on the board in Redis, hold a token; with the secret it opens to the key."""
    give(desk)
    spec = source_specs(["desk"])["desk"]
    round_id, board = str(uuid.uuid4()), round_board()
    seats = {"desk": Seat(spec, (Ask("BTC/USD", "BTC"),))}
    board.post(round_id, seats=seats, reserves={}, deadline=datetime.now(UTC) + timedelta(seconds=5))

    kept = str(board._redis.hgetall(f"oracle:round:{round_id}"))
    seat = board.seat(round_id, "desk")
    board.clear(round_id)

    assert KEY not in kept + repr(seat)
    assert unseal(seat.spec.sealed_key, origin=ORIGIN) == KEY


def test_no_table_holds_the_key_in_clear(desk: Source) -> None:
    """A database dump gives nobody a key."""
    give(desk)
    with connection.cursor() as cursor:
        cursor.execute("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'")
        names = [name for (name,) in cursor.fetchall()]
        for name in names:
            cursor.execute(f'SELECT count(*) FROM "{name}" AS row WHERE row::text LIKE %s', [f"%{KEY}%"])
            assert cursor.fetchone() == (0,), name
    assert "feeds_sourcekey" in names


def test_a_simulated_market_gets_no_key(desk: Source, settings: Settings) -> None:
    """What is asked there is the simulator, whoever wrote it."""
    give(desk)
    settings.MARKET = "simulated"
    settings.MARKET_SIMULATOR_URL = "http://127.0.0.1:8900"

    assert source_specs(["desk"])["desk"].sealed_key == ""


def test_the_configuration_neither_shows_nor_loses_the_key(desk: Source) -> None:
    """Export and versions are free of it, sealed or not, and applying a file leaves it in place."""
    give(desk)
    sealed = SourceKey.objects.get().sealed

    assert sealed not in exported_document()
    apply_document(read_document(DESK.replace("price:", "bid: '$.bid', price:")), author="tests")

    assert opened(desk) == KEY
    assert not any(sealed in version.document or KEY in version.document for version in ConfigVersion.objects.all())


def test_a_key_is_set_from_a_file_and_from_standard_input(
    desk: Source, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A trailing newline is no part of it, and the command does not print it."""
    (tmp_path / "key").write_text(KEY + "\n")

    told = run("set", "desk", "--file", str(tmp_path / "key"))
    assert (told, opened(desk)) == (f"desk: key set, for {ORIGIN}\n", KEY)

    monkeypatch.setattr("sys.stdin", io.StringIO(KEY[::-1] + "\n"))
    run("set", "desk")
    assert opened(desk) == KEY[::-1]


@pytest.mark.parametrize(
    ("arguments", "stdin", "words"),
    [
        (["set", "nobody"], KEY, "no source 'nobody'"),
        (["set", "desk"], "", "12 to 1000 printable"),
        (["set", "desk", "--file", "/nowhere"], "", "cannot read /nowhere"),
    ],
)
def test_what_cannot_be_a_key_is_refused(
    monkeypatch: pytest.MonkeyPatch, arguments: list[str], stdin: str, words: str
) -> None:
    """Exit code 2 and one sentence."""
    monkeypatch.setattr("sys.stdin", io.StringIO(stdin))

    with pytest.raises(CommandError, match=words) as caught:
        run(*arguments)

    assert caught.value.returncode == 2


def test_keys_are_listed_without_being_shown(desk: Source) -> None:
    """Since when, by whom, for where, and whether it can be used."""
    assert run("list") == ""
    give(desk)

    told = run("list")

    assert told == f"desk: set 2026-11-25 18:00 UTC by ops, for {ORIGIN}, opens with the first secret\n"
    Source.objects.update(base_url="https://moved.example")
    assert "but the source is asked at https://moved.example now" in run("list")


def test_a_key_can_be_removed(desk: Source) -> None:
    """Then the source is asked without one."""
    give(desk)

    assert (run("clear", "desk"), run("clear", "desk")) == ("desk: key removed\n", "desk: had no key\n")
    assert source_specs(["desk"])["desk"].sealed_key == ""


def test_rotation_moves_every_key_to_the_first_secret(desk: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    """Afterwards the old secret can go; the date of setting stays."""
    give(desk)
    old, new = "a-secret-of-more-than-thirty-two-characters", "another-secret-of-more-than-thirty-two-characters"
    monkeypatch.setenv("SOURCE_KEYS_SECRET", f"{new},{old}")
    assert "does not open with the first secret: rotate" in run("list")

    assert run("rotate") == "1 keys sealed under the first secret\n"

    monkeypatch.setenv("SOURCE_KEYS_SECRET", new)
    assert opened(desk) == KEY
    assert SourceKey.objects.get().set_at == datetime(2026, 11, 25, 18, 0, tzinfo=UTC)


def test_rotation_names_what_no_secret_opens(desk: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    """It leaves that key alone and exits with 1."""
    give(desk)
    monkeypatch.setenv("SOURCE_KEYS_SECRET", "another-secret-of-more-than-thirty-two-characters")

    assert rotate_keys().unreadable == ("desk",)
    with pytest.raises(SystemExit) as caught:
        run("rotate")
    assert caught.value.code == 1


@pytest.fixture
def form(operator: Client, desk: Source) -> dict[str, Any]:
    """What a browser would post from the source's page unchanged."""
    return form_of(operator, url_of(desk)) | {"options": json.dumps(desk.options)}


def post(client: Client, source: Source, form: dict[str, Any]) -> Any:
    """Post the form."""
    return client.post(url_of(source), form)


@pytest.fixture
def pages(operator: Client, desk: Source) -> Iterator[list[str]]:
    """Collect admin pages; in the end none of them may show the key, nor its token."""
    shown: list[str] = []
    yield shown
    sealed = [key.sealed for key in SourceKey.objects.all()]
    shown += [operator.get(url).content.decode() for url in (url_of(desk), reverse("admin:feeds_source_changelist"))]
    assert not [page for page in shown for text in (KEY, *sealed) if text in page]
    assert not LogEntry.objects.filter(change_message__contains=KEY).exists()


def test_admin_takes_a_key_and_shows_only_that_there_is_one(
    operator: Client, desk: Source, form: dict[str, Any], pages: list[str]
) -> None:
    """The page says when, by whom and for where; the change is in the history by its field's name."""
    response = post(operator, desk, form | {"new_key": KEY})

    assert response.status_code == 302, errors_of(response)
    assert opened(desk) == KEY
    page = operator.get(url_of(desk)).content.decode()
    pages.append(page)
    assert f"by operator, for {ORIGIN}" in page
    assert "API key" in LogEntry.objects.get().get_change_message()


def test_admin_keeps_a_key_that_is_not_touched_and_removes_it_on_request(
    operator: Client, desk: Source, form: dict[str, Any], pages: list[str]
) -> None:
    """An empty field means: as it is."""
    give(desk)

    post(operator, desk, form | {"name": "Our desk"})
    assert opened(desk) == KEY

    post(operator, desk, form | {"clear_key": "on"})
    assert not SourceKey.objects.exists()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"new_key": "short"}, "12 to 1000 printable"),
        ({"new_key": KEY, "clear_key": "on"}, "Either a new key or none"),
        ({"base_url": "https://evil.example/v1"}, "The key was set for https://desk.example"),
    ],
)
def test_admin_refuses_a_key_that_could_not_be_used(  # noqa: PLR0917
    operator: Client, desk: Source, form: dict[str, Any], pages: list[str], change: dict[str, str], words: str
) -> None:
    """The page comes back with the reason and without what was typed; the old key stays."""
    give(desk)

    response = post(operator, desk, form | change)

    pages.append(response.content.decode())
    assert words in errors_of(response)
    assert opened(desk) == KEY


def test_admin_says_when_there_is_no_secret(
    operator: Client, desk: Source, form: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without SOURCE_KEYS_SECRET nothing is stored at all."""
    monkeypatch.delenv("SOURCE_KEYS_SECRET")

    response = post(operator, desk, form | {"new_key": KEY})

    assert "SOURCE_KEYS_SECRET" in errors_of(response)
    assert not SourceKey.objects.exists()


def test_a_place_for_the_key_in_the_url_passes_admin_and_file(
    operator: Client, desk: Source, form: dict[str, Any]
) -> None:
    """Node services want their key in the path; admin says so and `config apply` takes it."""
    node = "https://eth-mainnet.example/v2/{key}"

    response = post(operator, desk, form | {"base_url": node, "new_key": KEY})

    assert response.status_code == 302, errors_of(response)
    assert SourceKey.objects.get().origin == "https://eth-mainnet.example"
    apply_document(read_document(exported_document()), author="tests")
    assert Source.objects.get(slug="desk").base_url == node


def test_admin_says_that_an_api_needs_a_key(operator: Client) -> None:
    """A plan with a host of its own wants one, the free plan does not."""
    free = Source.objects.create(slug="coinpaprika", name="P", adapter="coinpaprika")
    paid = Source.objects.create(slug="paid", name="P", adapter="coinpaprika", options={"plan": "pro"})

    assert "this API needs one" not in operator.get(url_of(free)).content.decode()
    assert "this API needs one" in operator.get(url_of(paid)).content.decode()
