"""nginx's configuration, run by a real nginx on loopback before small stand-ins for web and Flower."""

from __future__ import annotations

import http.client
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY

CONFIGURATION = REPOSITORY / "compose" / "nginx" / "nginx.conf"
START_TIMEOUT_S = 5.0


@dataclass(frozen=True, slots=True)
class Door:
    """Ports of a running nginx."""

    http: int
    https: int


class Echo(BaseHTTPRequestHandler):
    """Answers with who it is and what nginx told it; its own security header must not come through twice."""

    def do_GET(self) -> None:
        """Answer any path."""
        forwarded = self.headers["X-Forwarded-For"], self.headers["X-Forwarded-Proto"]
        told = " ".join((str(self.server.server_port), self.path, *forwarded))
        body = told.encode()
        self.send_response(200)
        self.send_header("X-Frame-Options", "SAMEORIGIN")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Stay silent."""


def free_port() -> int:
    """Return a port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def make_certificate(folder: Path) -> None:
    """Write a self-signed certificate and its key."""
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost"]
    files = ["-keyout", str(folder / "key.pem"), "-out", str(folder / "certificate.pem")]
    subprocess.run([*command, *files], check=True, capture_output=True)


def wait_for(port: int) -> None:
    """Return when something listens on the port."""
    until = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < until:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    pytest.fail("nginx did not listen in time")


@pytest.fixture(scope="module")
def upstreams() -> Iterator[dict[str, int]]:
    """Yield the ports of stand-ins for web, Flower and Grafana."""
    servers = {name: ThreadingHTTPServer(("127.0.0.1", 0), Echo) for name in ("web", "flower", "grafana")}
    for server in servers.values():
        threading.Thread(target=server.serve_forever, daemon=True).start()
    yield {name: server.server_port for name, server in servers.items()}
    for server in servers.values():
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="module")
def door(tmp_path_factory, upstreams) -> Iterator[Door]:
    """Yield nginx running our configuration with only addresses and paths changed."""
    nginx = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if nginx is None or shutil.which("openssl") is None:
        pytest.skip("nginx or openssl is not installed (Debian packages nginx-light, openssl)")
    folder = tmp_path_factory.mktemp("nginx")
    make_certificate(folder)
    door = Door(free_port(), free_port())
    text = CONFIGURATION.read_text().replace("/tmp/", f"{folder}/").replace("/etc/nginx/tls", str(folder))
    text = text.replace("listen 8080", f"listen 127.0.0.1:{door.http}")
    text = text.replace("listen 8443", f"listen 127.0.0.1:{door.https}")
    for name, inner in (("web", 8000), ("flower", 5555), ("grafana", 3000)):
        text = text.replace(f"http://{name}:{inner}", f"http://127.0.0.1:{upstreams[name]}")
    file = folder / "nginx.conf"
    file.write_text(text)
    command = [nginx, "-p", str(folder), "-c", str(file), "-e", str(folder / "error.log")]
    checked = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    with (folder / "out.log").open("wb") as log:
        process = subprocess.Popen([*command, "-g", "daemon off;"], stdout=log, stderr=log)
    try:
        wait_for(door.https)
        yield door
    finally:
        process.terminate()
        process.wait(timeout=START_TIMEOUT_S)


def get(door: Door, path: str, **headers: str) -> http.client.HTTPResponse:
    """Return nginx's answer over TLS."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    connection = http.client.HTTPSConnection("127.0.0.1", door.https, context=context, timeout=5)
    connection.request("GET", path, headers=headers)
    return connection.getresponse()


def test_plain_http_is_sent_to_tls(door) -> None:
    """Nothing is served without TLS but the container's own health."""
    connection = http.client.HTTPConnection("127.0.0.1", door.http, timeout=5)
    connection.request("GET", "/api/v1/prices?x=1", headers={"Host": "oracle.example"})
    response = connection.getresponse()

    assert response.status == 301
    assert response.headers["Location"] == "https://oracle.example/api/v1/prices?x=1"


@pytest.mark.parametrize("path", ["/metrics", "/metrics/", "/metrics?x", "//metrics"])
def test_metrics_stay_inside(door, path: str) -> None:
    """Balances and queue lengths are nobody's business outside."""
    assert get(door, path).status == 404


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/", "web"),
        ("/api/v1/prices/BTC-USD", "web"),
        ("/api/v1/stream?feeds=BTC-USD", "web"),
        ("/flower/tasks", "flower"),
        ("/grafana/d/price-oracle", "grafana"),
    ],
)
def test_each_path_leads_to_its_part(door, upstreams, path: str, name: str) -> None:
    """The path arrives unchanged, query included."""
    answer = get(door, path).read().decode().split()

    assert answer[:2] == [str(upstreams[name]), path]


def test_a_client_cannot_choose_its_address(door) -> None:
    """What a client claims in X-Forwarded-For is replaced, so quotas by address hold."""
    answer = get(door, "/", **{"X-Forwarded-For": "203.0.113.7"}).read().decode().split()

    assert answer[2:] == ["127.0.0.1", "https"]


def test_security_headers_come_once(door) -> None:
    """nginx's headers stand, the upstream's copy is dropped."""
    response = get(door, "/")

    assert response.headers.get_all("X-Frame-Options") == ["DENY"]
    assert response.headers["Strict-Transport-Security"] == "max-age=31536000"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "nginx/" not in (response.headers["Server"] or "")
