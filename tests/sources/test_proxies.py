"""Price requests through the operator's proxy."""

from __future__ import annotations

import base64
import socket
import ssl
import threading
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from urllib3.connection import HTTPSConnection

from apps.sources import errors, http
from apps.sources.http import Limits, Transport
from apps.sources.proxies import proxy_fault, proxy_pools
from tests.sources.proxy import certificate, proxying, tls_serving
from tests.sources.server import reply, serving

HOST = "api.example.com"


@pytest.fixture
def pem(tmp_path: Path) -> Path:
    """A certificate of the exchange."""
    return certificate(tmp_path, HOST)


@pytest.fixture
def trusted(pem: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Trust that certificate, and no other."""
    context = ssl.create_default_context(cafile=str(pem))
    monkeypatch.setattr(http, "_tls_context", lambda: context)


def get(url: str) -> bytes:
    """Ask through whatever the environment says."""
    return Transport().send(method="GET", url=url, headers={}, limits=Limits(3)).body


def test_the_proxy_is_asked_for_the_name_and_tls_is_ours(
    pem: Path, trusted: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The proxy gets host and port and its own password, the exchange is verified end to end."""
    with tls_serving(pem, b'{"ok": 1}') as port, proxying(port) as proxy:
        monkeypatch.setenv("SOURCE_PROXY_URL", proxy.url.replace("//", "//user:p%40ss@"))
        assert get(f"https://{HOST}/v1/price?a=b") == b'{"ok": 1}'

    assert proxy.requests[0].startswith(f"CONNECT {HOST}:443 ")
    assert base64.b64encode(b"user:p@ss").decode() in proxy.requests[0]


def test_a_certificate_nobody_vouches_for_is_refused_behind_a_proxy(pem: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy that breaks TLS open is noticed."""
    with tls_serving(pem, b"{}") as port, proxying(port) as proxy:
        monkeypatch.setenv("SOURCE_PROXY_URL", proxy.url)
        with pytest.raises(errors.TlsFailed):
            get(f"https://{HOST}/")


@pytest.mark.parametrize(
    "url",
    [
        *("https://169.254.169.254/", "https://localhost/", "https://127.1/", "https://[::ffff:10.0.0.1]/"),
        *("https://metadata.google.internal/", "http://api.example.com/"),
    ],
)
def test_what_is_private_as_written_never_reaches_the_proxy(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The proxy stands inside the network, so it must not be asked for its neighbours."""
    with proxying(1) as proxy:
        monkeypatch.setenv("SOURCE_PROXY_URL", proxy.url)
        with pytest.raises(errors.AddressRefused):
            get(url)

        assert proxy.requests == []


def test_listed_hosts_are_asked_directly(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is allowed to be private is near, not behind the proxy."""
    with serving(lambda handler: reply(handler, b"near")) as server, proxying(1) as proxy:
        monkeypatch.setenv("SOURCE_PROXY_URL", proxy.url)
        monkeypatch.setenv("PRICE_HOST_ALLOWLIST", server.host)

        assert get(server.url) == b"near"
        assert proxy.requests == []


def test_other_programs_proxies_are_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    """HTTPS_PROXY of the shell is not ours."""
    with proxying(1) as proxy:
        for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        with pytest.raises(errors.SourceError):
            get("https://nosuch.invalid/")

        assert proxy.requests == []


def test_a_proxy_that_refuses_is_a_failed_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its password stands in no message."""
    with proxying(1, status="407 Proxy Authentication Required") as proxy:
        monkeypatch.setenv("SOURCE_PROXY_URL", proxy.url.replace("//", "//user:secret@"))
        with pytest.raises(errors.ConnectionFailed) as caught:
            get(f"https://{HOST}/")

    assert "407" in str(caught.value)
    assert "secret" not in str(caught.value)


def test_an_exchange_behind_a_proxy_spoken_to_by_tls_can_be_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """The watch gets the socket beneath: TLS within TLS is none, and shutting it down would end the watchdog."""
    held: list[object] = []
    holder = SimpleNamespace(hold=held.append)
    pools = proxy_pools("https://proxy.example:8443", holder, tls=ssl.create_default_context)
    monkeypatch.setattr(HTTPSConnection, "getresponse", lambda _: None)

    assert pools is not None
    connection: Any = pools.connection_from_host(HOST, scheme="https").ConnectionCls(HOST)
    beneath = SimpleNamespace()
    for connection.sock in (beneath, SimpleNamespace(socket=beneath)):
        connection.getresponse()

    assert held == [beneath, beneath]


@pytest.mark.parametrize("url", ["socks5://h:1", "h:1", "http://", "http://h", "http://h:x"])
def test_a_proxy_that_cannot_work_is_named_without_its_password(url: str) -> None:
    """The check of the environment says it before the first round."""
    assert proxy_fault(url)
    assert proxy_fault(url.replace("//", "//u:secret@")).find("secret") == -1


def test_a_handshake_that_drips_has_an_end() -> None:
    """A server that sends its TLS greeting byte by byte is cut off in time."""
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]

    def drip() -> None:
        client, _ = listener.accept()
        try:
            client.sendall(b"\x16\x03\x03\x40\x00")
            for _ in range(100):
                client.sendall(b"\x02")
                time.sleep(0.05)
        except OSError:
            pass

    threading.Thread(target=drip, daemon=True).start()
    started = time.monotonic()
    with pytest.raises(errors.SourceTimeout):
        Transport(extra_allowed=frozenset({f"127.0.0.1:{port}"})).send(
            method="GET", url=f"https://127.0.0.1:{port}/", headers={}, limits=Limits(0.6)
        )
    listener.close()

    assert time.monotonic() - started < 1.2
