"""A simulator in a process of its own, for tests: ``with Simulator() as market: market.set_mode("kraken", "dead")``."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

ROOT = Path(__file__).resolve().parent.parent
STOP_TIMEOUT_S = 5
CALL_TIMEOUT_S = 10


class SimulatorFailed(RuntimeError):
    """The simulator did not start, or refused a control request; the message is its own."""


class Control:
    """The control endpoints of a running simulator; ``base_url`` is the simulator's own."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url

    def url(self, slug: str) -> str:
        """Return the base URL of one exchange."""
        return f"{self.base_url}/{slug}"

    def set_mode(self, slug: str, mode: str, **fields: object) -> dict[str, Any]:
        """Give a source, or all with ``*``, a mode: ``set_mode("kraken", "slow", delay_ms=3000)``."""
        return self._call(f"/_control/sources/{slug}", {"mode": mode, **fields})

    def reset(self) -> None:
        """Let all sources behave and all prices start again."""
        self._call("/_control/reset", {})

    def set_price(self, pair: str, price: str) -> dict[str, Any]:
        """Let a pair trade at this price from now on."""
        return self._call("/_control/market", {"pair": pair, "price": price})

    def multiply(self, factor: str, *, pair: str | None = None) -> dict[str, Any]:
        """Multiply the price of one pair's base, or of everything that is not money."""
        return self._call("/_control/market", {"multiply": factor, **({"pair": pair} if pair else {})})

    def freeze(self, *, frozen: bool = True) -> None:
        """Stop the walk, or let it go on."""
        self._call("/_control/freeze", {"frozen": frozen})

    def state(self) -> dict[str, Any]:
        """Return the market's prices and every source's mood."""
        return self._call("/_control/state")

    def quotes(self, **query: str) -> dict[str, Any]:
        """Return, by slug, what every source would say now: ``quotes()["kraken"]["tickers"]["XXBTZUSD"]["price"]``."""
        sources: dict[str, Any] = self._call(f"/_control/quotes?{urlencode(query)}")["sources"]
        return sources

    def served(self, *, since: float = 0, **query: str) -> list[dict[str, Any]]:
        """Return the prices served since a Unix time, oldest first."""
        rows: list[dict[str, Any]] = self._call(f"/_control/served?{urlencode({'since': since, **query})}")["served"]
        return rows

    def _call(self, path: str, body: dict[str, object] | None = None) -> dict[str, Any]:
        content = None if body is None else json.dumps(body).encode()
        request = Request(self.base_url + path, data=content, headers={"Content-Type": "application/json"})  # noqa: S310
        try:
            with urlopen(request, timeout=CALL_TIMEOUT_S) as reply:  # noqa: S310
                answer: dict[str, Any] = json.load(reply)
                return answer
        except HTTPError as error:
            raise SimulatorFailed(error.read().decode()) from error


class Simulator(Control):
    """Starts on a free port when entered, stops when left; ends by itself should the test process die.

    base_url is that of the simulator, url(slug) that of one exchange.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        seed: int = 1,
        volatility_bps_per_sqrt_s: float = 1.0,
        frozen: bool = False,
        served_kept: int = 50_000,
    ) -> None:
        """port: 0 takes a free one.  frozen: start with the walk stopped, at the start prices.

        served_kept: by default long enough for a minute of calls for all tickers, every second.
        """
        super().__init__("")
        self._arguments = ["--port", str(port), "--seed", str(seed), "--served-kept", str(served_kept)]
        self._arguments += ["--volatility-bps-per-sqrt-s", str(volatility_bps_per_sqrt_s)]
        self._arguments += ["--frozen"] if frozen else []
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> Self:
        """Start the process and wait until it answers.

        Raises:
            SimulatorFailed: it ended instead.
        """
        command = [sys.executable, "-m", "simulator", *self._arguments, "--until-eof"]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True)  # noqa: S603
        assert self._process.stdout is not None  # noqa: S101
        line = self._process.stdout.readline()
        if " on http://" not in line:
            self.stop()
            raise SimulatorFailed(f"the simulator did not start: {line!r}")
        self.base_url = line.split(" on ")[1].strip()
        return self

    def stop(self) -> None:
        """Stop the process; harmless when it has ended."""
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.communicate(timeout=STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()

    def __enter__(self) -> Self:
        """Start."""
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        self.stop()
