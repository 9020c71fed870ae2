"""One supervisord and the talk with it: start parts, see how they are, end them all.

Errors:
    PartFailedError: a part could not be started, or died too often; carries the end of its log.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
import xmlrpc.client
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from supervisor.xmlrpc import SupervisorTransport

from local.launch import as_child
from local.parts import Part, supervisord_configuration
from local.state import Home, write_private

LOG_LINES = 30
LOG_TAIL_BYTES = 64 * 1024
READY_TIMEOUT_S = 15.0
STOP_TIMEOUT_S = 90.0
POLL_S = 0.05
# sockaddr_un holds 108 bytes on Linux and 104 on macOS; supervisord adds its pid while it makes the socket.
LONGEST_SOCKET_PATH = 88


class PartFailedError(RuntimeError):
    """A part is down for good. The message ends with the last lines of its log."""


@dataclass(frozen=True, slots=True)
class PartState:
    """How supervisord sees a part: ``state`` is one of its words, e.g. RUNNING, BACKOFF, FATAL."""

    name: str
    state: str
    pid: int
    since: int


class Supervisor:
    """The supervisord of one home."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._process: subprocess.Popen[bytes] | None = None
        self._parts: list[Part] = []

    def launch(self, parts: Sequence[Part], *, environment: Mapping[str, str]) -> None:
        """Start supervisord with ``parts`` known but not running; children inherit ``environment``."""
        self._parts = list(parts)
        self._socket.unlink(missing_ok=True)
        configuration = self._write_configuration()
        command = as_child([sys.executable, "-m", "supervisor.supervisord", "-n", "-c", str(configuration)])
        # A session of its own: Ctrl-C reaches the runner only, which then ends the parts in order.
        self._process = subprocess.Popen(
            command, env=dict(environment), start_new_session=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
        )
        self._await_answer()

    def add(self, parts: Sequence[Part]) -> None:
        """Make more parts known, of ranks not used yet; ``start`` starts them."""
        self._parts += parts
        self._write_configuration()
        self._remote.reloadConfig()
        for rank in sorted({part.rank for part in parts}):
            self._remote.addProcessGroup(f"rank{rank}")

    def _write_configuration(self) -> Path:
        path = self._home.path("supervisor", "supervisord.conf")
        write_private(path, supervisord_configuration(self._parts, home=self._home, socket=self._socket))
        return path

    @property
    def _socket(self) -> Path:
        """The control socket; in the temporary folder when the home's path is too long for a socket address."""
        near = self._home.path("supervisor", "supervisord.sock")
        if len(str(near).encode()) <= LONGEST_SOCKET_PATH:
            return near
        pointer = self._home.path("supervisor", "socket-folder")
        if not (pointer.exists() and Path(pointer.read_text(encoding="utf-8")).is_dir()):
            write_private(pointer, tempfile.mkdtemp(prefix="oracle-"))
        return Path(pointer.read_text(encoding="utf-8")) / "s.sock"

    @property
    def _remote(self) -> Any:
        """The XML-RPC interface of supervisord; untyped by nature."""
        transport = SupervisorTransport(None, None, f"unix://{self._socket}")
        return cast("Any", xmlrpc.client.ServerProxy("http://127.0.0.1", transport=transport)).supervisor

    def _await_answer(self) -> None:
        deadline = time.monotonic() + READY_TIMEOUT_S
        while time.monotonic() < deadline:
            if self._process is not None and self._process.poll() is not None:
                break
            try:
                self._remote.getState()
            except (OSError, xmlrpc.client.Error):
                time.sleep(POLL_S)
            else:
                return
        raise PartFailedError(f"supervisord did not start\n{tail(self._home.log('supervisord'))}")

    @property
    def pid(self) -> int:
        """The process id of supervisord, 0 before it was started."""
        return self._process.pid if self._process else 0

    def has_died(self) -> bool:
        """Say whether supervisord itself is gone."""
        return self._process is not None and self._process.poll() is not None

    def start(self, names: Iterable[str]) -> None:
        """Start parts without waiting for them."""
        for name in names:
            self._remote.startProcess(self._full_name(name), False)

    def restart(self, name: str) -> None:
        """Stop one part, wait for its end, and start it again."""
        self._remote.stopProcess(self._full_name(name), True)
        self._remote.startProcess(self._full_name(name), False)

    def _full_name(self, name: str) -> str:
        rank = next(part.rank for part in self._parts if part.name == name)
        return f"rank{rank}:{name}"

    def states(self) -> list[PartState]:
        """Return every part's state."""
        rows = self._remote.getAllProcessInfo()
        return [PartState(row["name"], row["statename"], int(row["pid"]), int(row["start"])) for row in rows]

    def check(self) -> list[PartState]:
        """Return every part's state. Raises PartFailedError when supervisord gave one up, or is gone itself."""
        if self.has_died():
            raise PartFailedError(f"supervisord ended\n{tail(self._home.log('supervisord'))}")
        states = self.states()
        for part in states:
            if part.state == "FATAL":
                raise PartFailedError(f"{part.name} keeps dying; its last lines:\n{tail(self._home.log(part.name))}")
        return states

    def stop(self) -> None:
        """End every part, the last started first, and supervisord."""
        if self._process is None:
            return
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._process = None
        self._socket.unlink(missing_ok=True)


def tail(log: Path, *, lines: int = LOG_LINES) -> str:
    """Return the last lines of a log, indented."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - LOG_TAIL_BYTES))
            text = file.read().decode("utf-8", errors="replace")
    except OSError:
        return "  (no log)"
    return "\n".join(f"  {line}" for line in text.splitlines()[-lines:]) or "  (empty log)"
