"""What `make run` keeps under ORACLE_HOME: folders, secrets, the run's own lock, and the pids of its parts.

Everything is private to the user (0700 folders, 0600 files).
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from oracle_project import running

SECRET_BYTES = 24
FOLDERS = ("logs", "metrics", "keys", "postgres", "valkey", "chain", "beat", "static", "supervisor")


class AlreadyRunningError(RuntimeError):
    """Another `make run` holds this ORACLE_HOME; ``pid`` is its process."""

    def __init__(self, pid: int) -> None:
        super().__init__(f"the oracle runs already here (pid {pid})")
        self.pid = pid


@dataclass(frozen=True, slots=True)
class Home:
    """The folder of one local oracle."""

    folder: Path

    def path(self, *parts: str) -> Path:
        """Return a path below the folder."""
        return self.folder.joinpath(*parts)

    def make_folders(self) -> None:
        """Create what is missing, empty the metrics of an earlier run, and forget what it said of itself."""
        for path in (self.folder, *(self.folder / name for name in FOLDERS)):
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
        for stale in self.path("metrics").glob("*.db"):
            stale.unlink()
        self.forget_run()

    def forget_run(self) -> None:
        """Delete what programs find a running oracle by."""
        for name in ("run.json", running.FILE):
            self.path(name).unlink(missing_ok=True)

    def log(self, part: str) -> Path:
        """Return a part's log file."""
        return self.path("logs", f"{part}.log")


def write_private(path: Path, content: str) -> None:
    """Write a 0600 file at once: readers see the old content or the new one."""
    scratch = path.with_name(f".{path.name}.new")
    scratch.unlink(missing_ok=True)
    with os.fdopen(os.open(scratch, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(content)
    scratch.replace(path)


def read_json(path: Path) -> dict[str, Any]:
    """Return the object in a JSON file; empty when there is none or it is not one."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


@dataclass(frozen=True, slots=True)
class Secrets:
    """Passwords and keys of one local oracle, made once. ``api_key`` is ``prefix.secret``, as clients send it."""

    secret_key: str
    postgres_password: str
    redis_password: str
    keystore_password: str
    flower_password: str
    admin_password: str
    source_keys_secret: str
    api_key: str

    @staticmethod
    def load(path: Path) -> Secrets:
        """Return the secrets in ``path``; missing ones are made and written first."""
        fresh = {name: secrets.token_hex(SECRET_BYTES) for name in Secrets.__slots__}
        fresh["admin_password"] = secrets.token_urlsafe(15)
        fresh["flower_password"] = secrets.token_urlsafe(15)
        fresh["api_key"] = f"{secrets.token_hex(4)}.{secrets.token_urlsafe(32)}"
        known = read_json(path)
        values = {name: str(known.get(name) or fresh[name]) for name in Secrets.__slots__}
        if values != known:
            write_private(path, json.dumps(values, indent=2) + "\n")
        return Secrets(**values)


class RunLock:
    """The one `make run` of a home: the kernel gives the lock back when its process ends, however it ends."""

    def __init__(self, home: Home) -> None:
        self._path = home.path("run.lock")
        self._file: TextIO | None = None

    def take(self) -> None:
        """Take the lock. Raises AlreadyRunningError."""
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = self._path.open("a+", encoding="utf-8")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as exc:
            file.close()
            raise AlreadyRunningError(self._recorded_pid()) from exc
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        self._file = file

    def holder(self) -> int:
        """Return the pid of the running oracle, 0 when none runs."""
        if not self._path.exists():
            return 0
        with self._path.open("a+", encoding="utf-8") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return self._recorded_pid()
        return 0

    def _recorded_pid(self) -> int:
        text = self._path.read_text(encoding="utf-8").strip()
        return int(text) if text.isdigit() else 0
