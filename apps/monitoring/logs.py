"""Log lines: one JSON object each or plain text, with the fields of the round in hand, and without secrets.

Fields come from ``logger.info("...", extra={...})`` and from ``bound(round_id=...)`` around a piece of work.
Secrets are taken out of the finished line, tracebacks included, so no handler can forget to.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, quote_plus

HIDDEN = "***"
# Names under which 32 bytes of hex are public: they go into a line whole.
PUBLIC_HASHES = frozenset(
    {"tx_hash", "block_hash", "genesis_hash", "evidence_hash", "digest", "body_sha256", "sha256", "feed_id"}
)
_SECRET_NAME = re.compile(r"(?i)(password|passphrase|secret|private_?key|api_?key|token|authorization|mnemonic)")
_URL_CREDENTIALS = re.compile(r"(?i)\b([a-z][a-z0-9+.-]*://)[^\s/@\"']*@")
_URL_SECRET = re.compile(r"(?i)([?&][a-z0-9_-]*(?:key|token|secret|signature|password|auth)[a-z0-9_-]*=)[^&\s\"'#]+")
# Node services put the key into the path: https://host/v3/<key>.
_URL_PATH_KEY = re.compile(r"(?i)(https?://[^\s\"'?]*?/)(?=[a-z0-9_-]*\d)(?=[a-z0-9_-]*[a-z])[a-z0-9_-]{24,}")
_HEADER = re.compile(r"(?i)\b((?:api-key|bearer|basic)\s+)[a-z0-9._~+/=-]{6,}")
_NAMED_HEADER = re.compile(r"(?i)(\b(?:x-[a-z-]*(?:key|token|secret)|authorization)[\"']?\s*[:=]\s*[\"']?)[^\s\"',;}]+")
_NAMED_SECRET = re.compile(
    r"(?i)(\b[a-z_]*(?:password|passphrase|secret|private_?key|api_?key|token)[\"']?\s*[:=]\s*[\"']?)[^\s\"',;&}]+"
)
# 32 bytes may be a private key or a hash; ten digits are enough to find the hash and no use to a thief.
_HEX_32_BYTES = re.compile(r"\b(0x)?([0-9a-fA-F]{10})[0-9a-fA-F]{54}\b")
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}

# Secrets this process has opened, in each form they may take in a line; replaced wherever they stand.
_opened: dict[str, None] = {}

_fields: ContextVar[dict[str, object]] = ContextVar("log_fields", default={})  # noqa: B039 - never changed in place


@contextmanager
def bound(**fields: object) -> Iterator[None]:
    """Put these fields (round_id, submission_id, trace_id …) into every line logged inside the block."""
    token = _fields.set({**_fields.get(), **fields})
    try:
        yield
    finally:
        _fields.reset(token)


def hide(secret: str) -> None:
    """Keep this text out of every line from now on, whatever it looks like: plain, in a URL, in JSON."""
    for form in (secret, quote(secret, safe=""), quote(secret), quote_plus(secret), json.dumps(secret)[1:-1]):
        _opened.setdefault(form)


def without_opened(text: str) -> str:
    """Return the text with every secret this process has opened replaced by stars."""
    for form in tuple(_opened):
        text = text.replace(form, HIDDEN)
    return text


def body_without_opened(body: bytes) -> bytes:
    """Return a reply's body with every secret this process has opened replaced by stars."""
    for form in tuple(_opened):
        body = body.replace(form.encode(), HIDDEN.encode())
    return body


def censor(line: str) -> str:
    """Return the line with credentials and keys replaced by stars, and 32-byte hex cut to its head."""
    line = without_opened(line)
    line = _URL_CREDENTIALS.sub(rf"\1{HIDDEN}@", line)
    line = _URL_SECRET.sub(rf"\1{HIDDEN}", line)
    line = _URL_PATH_KEY.sub(rf"\1{HIDDEN}", line)
    line = _HEADER.sub(rf"\1{HIDDEN}", line)
    line = _NAMED_HEADER.sub(rf"\1{HIDDEN}", line)
    line = _NAMED_SECRET.sub(rf"\1{HIDDEN}", line)
    return _HEX_32_BYTES.sub(r"\1\2…", line)


def _censored_field(name: str, value: object) -> object:
    if name in PUBLIC_HASHES:
        return value
    if _SECRET_NAME.search(name):
        return HIDDEN
    if isinstance(value, bool | int | None):
        return value
    if isinstance(value, dict):
        return {str(key): _censored_field(str(key), item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_censored_field(name, item) for item in value]
    return censor(str(value))


def _fields_of(record: logging.LogRecord) -> dict[str, object]:
    own = {name: value for name, value in vars(record).items() if name not in _STANDARD}
    return {name: _censored_field(name, value) for name, value in {**_fields.get(), **own}.items()}


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time, level, logger, message, the fields, and the traceback under ``error``."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as JSON without secrets."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": censor(record.getMessage()),
        }
        if record.exc_info:
            line["error"] = censor(self.formatException(record.exc_info))
        return json.dumps(_fields_of(record) | line, default=str, ensure_ascii=False)


class TextFormatter(logging.Formatter):
    """A line for people: time, level, logger, message, then ``name=value`` fields."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as text without secrets."""
        fields = "".join(f" {name}={value}" for name, value in _fields_of(record).items())
        return censor(super().format(record)) + fields


def configuration(*, level: str, style: str) -> dict[str, Any]:
    """Return a logging.config dictionary that writes everything to stderr.

    level: name of a logging level.  style: ``json`` or ``text``.
    """
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "text": {"()": TextFormatter, "format": "%(asctime)s %(levelname)s %(name)s %(message)s"},
            "json": {"()": JsonFormatter},
        },
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "json" if style == "json" else "text"}},
        "root": {"handlers": ["console"], "level": level},
        # Celery says every task's arguments and result at INFO: the metrics count tasks, Flower shows them.
        "loggers": {name: {"level": "WARNING"} for name in ("celery.worker.strategy", "celery.app.trace")},
    }
