"""`manage.py backtest` on a small history of its own."""

from __future__ import annotations

import gzip
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from apps.rounds.history_csv import UnreadableHistory, read_series

CONFIG = """\
version: 1
sources: {one: {}, two: {}, three: {}}
feeds:
  BTC/USD:
    quorum: 2
    deviation_bps: 10
    listings:
      - {source: one, ticker: one_BTC}
      - {source: two, ticker: two_BTC}
      - {source: three, ticker: three_BTC}
"""


@pytest.fixture
def history(tmp_path: Path) -> Path:
    """Three sources over five minutes, one of them gzipped and once wrong, and a reference."""
    (tmp_path / "oracle.yaml").write_text(CONFIG)
    rows = [(1672531200 + 60 * index, 100 + index) for index in range(5)]
    for name in ("one_BTC", "two_BTC"):
        text = "t,open,close,volume\n" + "".join(f"{t},1,{price},{t % 7 + 1}.{name[0] == 'o':d}\n" for t, price in rows)
        (tmp_path / f"{name}.csv").write_text(text)
    wrong = "t,price\n" + "".join(f"{t},{price if price != 102 else 150}\n" for t, price in rows)
    (tmp_path / "three_BTC.csv.gz").write_bytes(gzip.compress(wrong.encode()))
    (tmp_path / "mid.csv").write_text("t,mid_close\n" + "".join(f"{t},{price}\n" for t, price in rows))
    return tmp_path


def run(folder: Path, *arguments: str) -> str:
    out = StringIO()
    call_command("backtest", folder / "oracle.yaml", folder, *arguments, stdout=out)
    return out.getvalue()


def test_it_reports_errors_refusals_and_updates(history: Path) -> None:
    """The wrong quote is refused and named, the price tracks the reference, updates are counted with their gas."""
    text = run(history, "--against", "BTC/USD=mid", "--gas", "1000")

    assert "BTC/USD: 5 rounds" in text
    assert "price against the reference: p50 0.00" in text
    assert "1 refused: three outlier" in text
    assert "5 updates, about 5000 gas" in text


def test_it_writes_a_page_with_a_picture(history: Path) -> None:
    """The page needs nothing but a browser."""
    run(history, "--against", "BTC/USD=mid", "--html", str(history / "out.html"))

    page = (history / "out.html").read_text()
    assert "<svg" in page
    assert "http" not in page


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(["--against", "BTC/USD=nothing"], "expected PAIR=SERIES"), (["--against", "ETH/USD=mid"], "PAIR=SERIES")],
)
def test_a_wrong_reference_is_named(history: Path, arguments: list[str], message: str) -> None:
    """A reference must be a series, of a feed that is there."""
    with pytest.raises(CommandError, match=message):
        run(history, *arguments)


def test_a_missing_file_is_named(history: Path) -> None:
    """A listing without its file would silently be a source less."""
    (history / "two_BTC.csv").unlink()

    with pytest.raises(CommandError, match="two_BTC"):
        run(history)


@pytest.mark.parametrize(
    ("text", "message"),
    [("a,b\n1,2\n", "needs the columns"), ("t,price\n1,x\n", ":2: not a row"), ("t,price\n1,0\n", "above zero")],
)
def test_a_file_that_cannot_be_used_says_where(tmp_path: Path, text: str, message: str) -> None:
    """The line is in the message."""
    (tmp_path / "bad.csv").write_text(text)

    with pytest.raises(UnreadableHistory, match=message):
        read_series(tmp_path / "bad.csv")
