"""A small HTTP server on loopback whose answers a test writes itself, down to the byte."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Answer = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class Server:
    """The server under way: ``paths`` as asked, ``connections`` as opened; answers come from ``answer``."""

    port: int
    answer: Answer
    paths: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    connections: int = 0

    @property
    def url(self) -> str:
        """Base URL without a trailing slash."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def host(self) -> str:
        """``host:port``, as the allow-list has it."""
        return f"127.0.0.1:{self.port}"


def reply(
    handler: BaseHTTPRequestHandler, body: bytes, *, status: int = 200, headers: dict[str, str] | None = None
) -> None:
    """Send one whole reply."""
    handler.send_response(status)
    handler.send_header("Content-Length", str(len(body)))
    for name, value in (headers or {}).items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(body)


def drip(handler: BaseHTTPRequestHandler, *, prefix: bytes, seconds: float, byte: bytes = b" ") -> None:
    """Send a prefix, then one byte every 50 ms."""
    handler.wfile.write(prefix)
    ends_at = time.monotonic() + seconds
    while time.monotonic() < ends_at:
        handler.wfile.write(byte)
        handler.wfile.flush()
        time.sleep(0.05)


@contextmanager
def serving(answer: Answer) -> Iterator[Server]:
    """Serve on a free loopback port until the block ends."""
    state = Server(port=0, answer=answer)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            state.connections += 1
            super().setup()

        def do_POST(self) -> None:
            state.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.do_GET()

        def do_GET(self) -> None:
            state.paths.append(self.path)
            state.headers.append(dict(self.headers.items()))
            try:
                state.answer(self)
            except OSError:  # the client hung up, as many tests want it to
                self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's signature
            """Say nothing."""

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            """Say nothing: clients that hang up are what these tests are about."""

    server = Quiet(("127.0.0.1", 0), Handler)
    state.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)
