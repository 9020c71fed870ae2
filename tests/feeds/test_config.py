"""Applying, comparing and exporting oracle.yaml."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.management import call_command

from apps.feeds.changes import changes_between
from apps.feeds.config import apply_document, set_enabled
from apps.feeds.document import ConfigError, read_document
from apps.feeds.models import ConfigVersion, Feed, Listing, Source
from apps.feeds.selectors import current_config, current_config_version
from apps.feeds.services import exported_document, record_config_version
from tests.feeds.conftest import REPOSITORY

pytestmark = pytest.mark.django_db


def apply(text: str) -> list[str]:
    """Apply a text and return its diff as lines."""
    return [str(change) for change in apply_document(read_document(text), author="tests")]


def test_applying_twice_changes_nothing_the_second_time(small: str) -> None:
    """Apply is idempotent and makes one version."""
    assert apply(small) == []
    assert ConfigVersion.objects.count() == 1


def test_the_diff_names_what_was_added_removed_and_changed(small: str) -> None:
    """Each line says what, from which value to which."""
    changed = (
        small.replace("quorum: 2\n    active_sources: 3", "quorum: 1\n    active_sources: 3\n    min_answer: 10")
        .replace("      - {source: bitstamp, ticker: btcusd}\n", "")
        .replace("  okx: {name: OKX}", "  okx: {name: OKX Spot}\n  gemini:")
        .replace("ticker: XBTUSD}", "ticker: BTCUSD}\n      - {source: gemini, ticker: btcusd}")
    )

    assert apply(changed) == [
        "+ source gemini",
        "~ source okx name: OKX -> OKX Spot",
        "~ feed BTC/USD quorum: 2 -> 1",
        "~ feed BTC/USD min_answer: none -> 10",
        "- feed BTC/USD listing bitstamp btcusd",
        "~ feed BTC/USD listing kraken ticker: XBTUSD -> BTCUSD",
        "+ feed BTC/USD listing gemini btcusd (priority 2)",
    ]


def test_reordering_the_list_changes_priorities_only(small: str) -> None:
    """Rows swap places under the unique constraint, and keep their identity."""
    before = dict(Listing.objects.filter(feed__pair="BTC/USD").values_list("source__slug", "pk"))
    kraken, bitstamp = (
        "      - {source: kraken, ticker: XBTUSD}\n",
        "      - {source: bitstamp, ticker: btcusd}\n",
    )

    diff = apply(small.replace(kraken + bitstamp, bitstamp + kraken))

    assert diff == ["~ feed BTC/USD order: kraken, bitstamp, binance, okx -> bitstamp, kraken, binance, okx"]
    rows = Listing.objects.filter(feed__pair="BTC/USD").order_by("priority")
    assert [(row.source.slug, row.priority) for row in rows] == [
        ("bitstamp", 1),
        ("kraken", 2),
        ("binance", 3),
        ("okx", 4),
    ]
    assert dict(rows.values_list("source__slug", "pk")) == before


def test_a_feed_or_source_that_leaves_the_file_is_disabled_not_deleted(small: str) -> None:
    """Rounds and the contract still speak of it."""
    wanted = (
        "version: 1\nsources:\n  kraken: {name: Kraken}\n  bitstamp: {name: Bitstamp}\nfeeds:\n"
        + small[small.index("  USDT/USD:") :]
    )

    diff = apply(wanted)

    assert diff == [
        "- source binance (disabled, kept for its history)",
        "- source okx (disabled, kept for its history)",
        "- feed BTC/USD (disabled, kept for its history)",
    ]
    assert not Feed.objects.get(pair="BTC/USD").enabled
    assert not Source.objects.get(slug="okx").enabled
    assert apply(wanted) == []


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("quorum: 2\n    active", "quorum: 4\n    active_sources: 9 #", 9, "quorum 4 is above the 3 enabled"),
        ("source: bitstamp, ticker: btcusd", "source: kraken, ticker: btcusd", 13, "kraken is listed twice"),
        ("ticker: usdtusd}", "ticker: usdtusd, conversion: BTC/USD}", 14, "conversion cycle"),
        ("quorum: 2\n    active", "decimals: 6\n    quorum: 2\n    active", 9, "8 cannot become 6"),
        ("{name: OKX}", "{adapter: okex}", 6, "unknown adapter 'okex'"),
        ("{name: OKX}", "{adapter: generic, options: {url: 5}}", 6, "url: must be text"),
    ],
)
def test_nonsense_is_refused_whole_and_names_the_line(small: str, old: str, new: str, line: int, words: str) -> None:
    """A refused file changes nothing, not even its good parts."""
    before = exported_document()
    text = small.replace(old, new, 1).replace("{name: Kraken}", "{name: Changed}")

    with pytest.raises(ConfigError) as caught:
        apply(text)

    assert any(c.line == line and words in c.message for c in caught.value.complaints), caught.value.complaints
    assert exported_document() == before
    assert ConfigVersion.objects.count() == 1


def test_what_is_exported_applies_as_no_change() -> None:
    """Export and apply are inverse, for the file that is shipped."""
    apply((REPOSITORY / "oracle.yaml").read_text(encoding="utf-8"))

    exported = exported_document()

    assert apply(exported) == []
    assert read_document(exported).config == current_config()
    assert changes_between(current_config(), read_document(exported).config) == []


def test_a_version_is_made_only_when_the_document_changed(small: str) -> None:
    """The same configuration is the same version, whoever saved it."""
    first = record_config_version("somebody")
    Source.objects.filter(slug="okx").update(max_attempts=5)
    second = record_config_version("somebody else")

    assert (first.number, first.author) == (1, "tests")
    assert (second.number, second.author) == (2, "somebody else")
    assert "max_attempts: 5" in second.document
    assert current_config_version() == second


def test_switching_a_source_off_below_a_quorum_is_refused(small: str) -> None:
    """The error names the feed that would starve."""
    with pytest.raises(ConfigError, match="quorum 2 is above the 1 enabled listings of enabled sources of USDT/USD"):
        set_enabled(Source.objects.filter(slug="kraken"), enabled=False, author="tests")

    assert Source.objects.get(slug="kraken").enabled


class TestCommand:
    """`manage.py config`, as a shell sees it."""

    def run(self, capsys: pytest.CaptureFixture[str], *args: str) -> tuple[int, str, str]:
        """Return exit code, output and errors."""
        code = 0
        try:
            call_command("config", *args)
        except SystemExit as exc:
            code = int(str(exc.code))
        shown = capsys.readouterr()
        return code, shown.out, shown.err

    def test_diff_apply_and_export(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """Diff exits 1 with differences and 0 without; a dry run saves nothing; export writes what applies."""
        file = str(REPOSITORY / "oracle.yaml")
        out = tmp_path / "out.yaml"

        assert self.run(capsys, "diff", file)[0] == 1
        code, shown, _ = self.run(capsys, "apply", "--dry-run", file)
        assert (code, Feed.objects.count()) == (0, 0)
        assert "nothing saved" in shown
        code, shown, _ = self.run(capsys, "apply", file)
        assert code == 0
        assert "+ feed BTC/USD (12 listings)" in shown
        assert "configuration v1" in shown
        assert self.run(capsys, "diff", file) == (0, "", "")
        assert self.run(capsys, "export", str(out))[0] == 0
        assert self.run(capsys, "diff", str(out))[0] == 0
        assert self.run(capsys, "export")[1] == out.read_text(encoding="utf-8")

    def test_errors_are_one_line_each_and_exit_2(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """A refused file, an absent one and a broken one all say so in plain lines."""
        bad = tmp_path / "bad.yaml"
        bad.write_text("version: 1\nfeeds:\n  BTC/USD:\n    quorom: 3\n    decimals: 19\n", encoding="utf-8")

        code, _, errors = self.run(capsys, "apply", str(bad))
        assert code == 2
        assert errors.splitlines() == [
            f"{bad}:4: unknown key 'quorom' in feed BTC/USD; did you mean 'quorum'?",
        ]
        code, _, errors = self.run(capsys, "diff", str(tmp_path / "absent.yaml"))
        assert code == 2
        assert errors.splitlines() == [f"{tmp_path / 'absent.yaml'}: cannot read: No such file or directory"]
