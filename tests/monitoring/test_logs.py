"""Log lines carry fields and never a secret."""

from __future__ import annotations

import io
import json
import logging
import logging.config

import pytest

from apps.monitoring import logs

KEY = "4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318"
HASH = f"0x{KEY}"


@pytest.mark.parametrize(
    ("line", "secret"),
    [
        ("connect postgres://oracle:hunter22@db:5432/oracle failed", "hunter22"),
        ("redis://:hunter22@redis:6379/0", "hunter22"),
        ("GET https://api.example.com/v1?symbol=BTC&api_key=abcdef0123456789 403", "abcdef0123456789"),
        ("POST https://mainnet.example.io/v3/0a1b2c3d4e5f60718293a4b5c6d7e8f9", "0a1b2c3d4e5f60718293a4b5c6d7e8f9"),
        ("Authorization: Api-Key pk_live_abcdef123456", "pk_live_abcdef123456"),
        ("Authorization: Bearer abc.def.ghi-123", "abc.def.ghi-123"),
        ("X-CG-Pro-Api-Key: CG-abcdef123", "CG-abcdef123"),
        ("KEYSTORE_PASSWORD=correcthorse", "correcthorse"),
        ('{"password": "correcthorse"}', "correcthorse"),
        (f"signing with {KEY}", KEY),
        (f"signing with 0x{KEY}", KEY),
    ],
)
def test_censor_removes_secrets(line: str, secret: str) -> None:
    """No usual way of writing a secret gets through."""
    assert secret not in logs.censor(line)


@pytest.mark.parametrize(
    "line",
    [
        "GET https://api.kraken.com/0/public/Ticker?pair=XBTUSD 200",
        "round 0b6cbb0e-7d2c-4b5e-9a53-0c9c5f2f7a11 closed by CALLBACK",
        "age 93 s exceeds max_age_s 60",
        "wallet 0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266 balance 0.04",
    ],
)
def test_censor_leaves_other_lines_alone(line: str) -> None:
    """What an engineer needs at night stays readable."""
    assert logs.censor(line) == line


def logged(style: str, message: str, **fields: object) -> str:
    """Return what one call of logger.error writes."""
    config = logs.configuration(level="INFO", style=style)
    stream = io.StringIO()
    formatter = config["formatters"][style]
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter["()"](formatter.get("format")))
    logger = logging.Logger("apps.test")
    logger.addHandler(handler)
    try:
        int(f"https://user:hunter22@node.example/?token={KEY}")
    except ValueError:
        logger.exception(message, extra=fields)
    return stream.getvalue()


@pytest.mark.parametrize("style", ["json", "text"])
def test_traceback_is_censored(style: str) -> None:
    """The line of an exception holds neither the URL's password nor its token."""
    line = logged(style, "node refused")

    assert "ValueError" in line
    assert "hunter22" not in line
    assert KEY not in line


def test_json_line_has_the_bound_round_and_its_own_fields() -> None:
    """A line inside a round's block names the round; a hash in a field of its own stays whole."""
    with logs.bound(round_id="r-1"):
        line = json.loads(logged("json", "sent", tx_hash=HASH, block_number=7, api_key="abc"))

    assert line["level"] == "ERROR"
    assert line["message"] == "sent"
    assert line["round_id"] == "r-1"
    assert line["tx_hash"] == HASH
    assert line["block_number"] == 7
    assert line["api_key"] == logs.HIDDEN


def test_bound_fields_end_with_their_block() -> None:
    """The next round's lines do not carry the last one's id."""
    with logs.bound(round_id="r-1"):
        pass

    assert "round_id" not in json.loads(logged("json", "later"))


def test_text_line_ends_with_fields() -> None:
    """People read the same fields as name=value."""
    assert "lane=kraken" in logged("text", "lane lost", lane="kraken")


def test_celery_does_not_write_every_result() -> None:
    """A thousand tasks a minute must not be two thousand lines with all quotes in them."""
    loggers = logs.configuration(level="INFO", style="json")["loggers"]

    assert {name: logger["level"] for name, logger in loggers.items()} == {
        "celery.worker.strategy": "WARNING",
        "celery.app.trace": "WARNING",
    }


def test_configuration_is_accepted_by_logging() -> None:
    """Both styles make a valid logging configuration."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        for style in ("json", "text"):
            logging.config.dictConfig(logs.configuration(level="INFO", style=style))
    finally:
        root.handlers[:], root.level = handlers, level
