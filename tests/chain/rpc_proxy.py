"""A JSON-RPC proxy that misbehaves on demand: it lags, lies, drops, answers late or not at all, and reorders.

Runs in threads of the test's own process before a real node. Each fault is a field that a test sets; ``weather`` draws
faults at random with a seed of its own for the chaos runs.
"""

from __future__ import annotations

import json
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import requests

RAW = "eth_sendRawTransaction"


@dataclass
class Weather:
    """How often a call meets a fault, from 0 to 1, by fault name."""

    rates: dict[str, float]
    seed: int = 1

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)
        self._lock = threading.Lock()

    def draw(self, method: str) -> str:
        """Return the fault this call meets, empty for none."""
        with self._lock:
            dice = self._random.random()
        for name, rate in self.rates.items():
            if name in ("drop", "reorder", "after_504") and method != RAW:
                continue
            if name == "lie" and method != "eth_call":
                continue
            if dice < rate:
                return name
            dice -= rate
        return ""


@dataclass
class RpcProxy:
    """``upstream``: URL of the real node. ``calls`` counts by method, ``faults`` by fault."""

    upstream: str
    port: int = 0
    down: bool = False
    lag_blocks: int = 0
    lies: bool = False
    drops: bool = False
    status_before: int = 0
    status_after: int = 0
    retry_after: str = ""
    delay_s: float = 0.0
    reorders: bool = False
    clock_offset_s: float = 0.0
    forge: Callable[[str, Any], Any] | None = None  # takes a transaction's hash and its true receipt, gives another
    hides_block_bodies: bool = False
    head_block: int = 0  # the number it gives the latest block, 0 for the true one
    weather: Weather | None = None
    calls: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    held: list[bytes] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Where clients find it; the path stands for an API key."""
        return f"http://127.0.0.1:{self.port}/v3/secret-key"

    def forward(self, body: bytes) -> bytes:
        """Return the node's reply."""
        headers = {"Content-Type": "application/json"}
        return requests.post(self.upstream, data=body, headers=headers, timeout=20).content

    def answer(self, body: bytes) -> tuple[int, bytes]:  # noqa: PLR0911 - a row of faults
        """Return status and body of the reply to one call."""
        question = json.loads(body)
        method = question["method"]
        self.calls[method] += 1
        drawn = self.weather.draw(method) if self.weather else ""
        if drawn:
            self.faults[drawn] += 1
        if self.delay_s or drawn == "slow":
            time.sleep(self.delay_s or 0.3)
        if self.status_before or drawn in ("busy", "error"):
            return self.status_before or {"busy": 429, "error": 502}[drawn], b"{}"
        if method == RAW and (self.drops or drawn == "drop"):
            return 200, _result(question, "0x" + "00" * 32)
        if method == RAW and (self.reorders or drawn == "reorder"):
            return 200, self._reordered(question, body)
        reply = self.forward(body)
        if method == RAW and (self.status_after or drawn == "after_504"):
            return self.status_after or 504, b"gateway timeout"
        if method == "eth_call" and (self.lies or drawn == "lie"):
            return 200, _zeroed(question, reply)
        if method == "eth_blockNumber" and (self.lag_blocks or drawn == "lag"):
            number = int(json.loads(reply)["result"], 16) - (self.lag_blocks or 20)
            return 200, _result(question, hex(max(0, number)))
        return 200, self._forged(question, reply)

    def _forged(self, question: dict[str, Any], reply: bytes) -> bytes:
        """Return the node's reply, or what was made of it: of a receipt, a block's body or the newest block."""
        if self.forge is None and not self.head_block and not self.hides_block_bodies:
            return reply  # also what is no JSON, of a node that dies
        method, params, truth = question["method"], question["params"], json.loads(reply).get("result")
        if method == "eth_getTransactionReceipt" and self.forge is not None:
            return _result(question, self.forge(params[0], truth))
        if method != "eth_getBlockByNumber" or truth is None:
            return reply
        number = {"number": hex(self.head_block)} if self.head_block and params[0] == "latest" else {}
        body: dict[str, Any] = {"transactions": []} if self.hides_block_bodies else {}
        return _result(question, {**truth, **number, **body}) if number or body else reply

    def _reordered(self, question: dict[str, Any], body: bytes) -> bytes:
        """Hold a transaction back until the next one has gone."""
        self.held.append(body)
        if len(self.held) > 1:
            for held in reversed(self.held):
                self.forward(held)
            self.held.clear()
        return _result(question, "0x" + "00" * 32)


def _result(question: dict[str, Any], result: object) -> bytes:
    return json.dumps({"jsonrpc": "2.0", "id": question["id"], "result": result}).encode()


def _zeroed(question: dict[str, Any], reply: bytes) -> bytes:
    """Return as many bytes as the truth has, all of them zero but the ABI's offsets, so that it decodes to nothing."""
    truth = json.loads(reply).get("result")
    if not isinstance(truth, str):
        return reply
    head, rest = truth[:130], truth[130:]  # offset and length of the array stay
    return _result(question, head + "0" * len(rest))


@contextmanager
def rpc_proxy(upstream: str, **faults: Any) -> Iterator[RpcProxy]:
    """Serve a proxy on a free port of loopback while the block runs."""
    proxy = RpcProxy(upstream, **faults)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if proxy.down:
                self.close_connection = True
                return
            try:
                status, reply = proxy.answer(body)
            except requests.RequestException:
                status, reply = 502, b"{}"
            self.send_response_only(status)
            self.send_header("Date", self.date_time_string(time.time() + proxy.clock_offset_s))
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(reply)))
            if proxy.retry_after:
                self.send_header("Retry-After", proxy.retry_after)
            self.end_headers()
            self.wfile.write(reply)

        def log_message(self, *arguments: object) -> None:
            """Stay quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    proxy.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        server.shutdown()
        server.server_close()
