"""The price transport against servers that misbehave."""

from __future__ import annotations

import gzip
import socket
import ssl
import threading
import time
from http.server import BaseHTTPRequestHandler

import pytest

from apps.pricing.types import MissCode
from apps.sources import errors
from apps.sources.adapters.base import Reply
from apps.sources.http import USER_AGENT, Limits, Transport
from tests.sources.server import Answer, Server, drip, reply, serving

TIMEOUT_S = 0.6


def get(server: Server, path: str = "/", *, seconds: float = 2.0, max_body_bytes: int = 1_000_000) -> Reply:
    """Ask a test server through a transport that may reach it."""
    transport = Transport(extra_allowed=frozenset({server.host}), max_body_bytes=max_body_bytes)
    return transport.send(method="GET", url=server.url + path, headers={}, limits=Limits(seconds))


def test_a_reply_comes_whole_with_lower_case_headers() -> None:
    """Status, headers, body and the time of arrival are handed over."""
    with serving(lambda handler: reply(handler, b"{}", status=404, headers={"X-Thing": "1"})) as server:
        answer = get(server)

    assert (answer.status, answer.body, answer.headers["x-thing"]) == (404, b"{}", "1")
    assert answer.received_at.utcoffset() is not None
    assert server.headers[0]["User-Agent"] == USER_AGENT


def test_a_json_body_is_posted_as_it_is() -> None:
    """JSON-RPC travels as a POST with its type, beside the headers of the request."""
    with serving(lambda handler: reply(handler, b"{}")) as server:
        transport = Transport(extra_allowed=frozenset({server.host}))
        transport.send(method="POST", url=server.url, headers={"X-A": "1"}, body='{"id": 1}', limits=Limits(2.0))

    assert server.bodies == [b'{"id": 1}']
    assert (server.headers[0]["Content-Type"], server.headers[0]["X-A"]) == ("application/json", "1")


def _slow_body(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "1000000")
    handler.end_headers()
    drip(handler, prefix=b"{", seconds=4)


def _slow_headers(handler: BaseHTTPRequestHandler) -> None:
    drip(handler, prefix=b"HTTP/1.1 200 OK\r\nX-Slow: ", seconds=4, byte=b"x")


def _slow_body_without_length(handler: BaseHTTPRequestHandler) -> None:
    handler.close_connection = True
    drip(handler, prefix=b'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{"price": "1"}', seconds=4)


def _slow_gzip(handler: BaseHTTPRequestHandler) -> None:
    start = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 999999\r\n\r\n"
    drip(handler, prefix=start + b"\x1f\x8b\x08\x08\x00\x00\x00\x00\x00\xff", seconds=4, byte=b"n")


def _silence(handler: BaseHTTPRequestHandler) -> None:
    time.sleep(2)


@pytest.mark.parametrize(
    "answer",
    [_slow_body, _slow_headers, _slow_body_without_length, _slow_gzip, _silence],
    ids=["body", "headers", "no-length", "gzip", "silence"],
)
def test_a_dripping_server_is_cut_off_in_time(answer: Answer) -> None:
    """Bytes that keep coming slowly do not stretch the timeout."""
    with serving(answer) as server:
        started = time.monotonic()
        with pytest.raises(errors.SourceTimeout):
            get(server, seconds=TIMEOUT_S)

    assert time.monotonic() - started < TIMEOUT_S + 0.5


def test_the_deadline_is_told_apart_from_the_timeout() -> None:
    """What ran out decides the code."""
    with serving(_silence) as server:
        transport = Transport(extra_allowed=frozenset({server.host}))
        with pytest.raises(errors.DeadlineExceeded):
            transport.send(method="GET", url=server.url, headers={}, limits=Limits(0.2, is_deadline=True))


def test_no_request_is_sent_without_time() -> None:
    """A deadline in the past asks nobody."""
    with serving(lambda handler: reply(handler, b"{}")) as server:
        with pytest.raises(errors.DeadlineExceeded):
            get(server, seconds=-1)

        assert server.paths == []


def test_a_huge_body_is_refused() -> None:
    """Reading stops at the cap."""
    with serving(lambda handler: reply(handler, b"x" * 300_000)) as server, pytest.raises(errors.BodyTooLarge):
        get(server, max_body_bytes=100_000)


def test_a_body_of_just_the_cap_is_read() -> None:
    """The cap itself is allowed."""
    with serving(lambda handler: reply(handler, b"x" * 100_000)) as server:
        assert len(get(server, max_body_bytes=100_000).body) == 100_000


def test_a_gzip_bomb_is_refused() -> None:
    """The cap counts decompressed bytes, and decompression stops there."""
    bomb = gzip.compress(b"0" * 50_000_000)

    def answer(handler: BaseHTTPRequestHandler) -> None:
        reply(handler, bomb, headers={"Content-Encoding": "gzip"})

    with serving(answer) as server, pytest.raises(errors.BodyTooLarge):
        get(server)


def test_gzip_is_read() -> None:
    """Compressed bodies arrive decompressed."""
    packed = gzip.compress(b'{"price": "1"}' * 1000)

    with serving(lambda handler: reply(handler, packed, headers={"Content-Encoding": "gzip"})) as server:
        assert get(server).body == b'{"price": "1"}' * 1000


def test_broken_gzip_is_no_json() -> None:
    """A body that is not what its encoding says has its own code."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        reply(handler, b"{}", headers={"Content-Encoding": "gzip"})

    with serving(answer) as server, pytest.raises(errors.NotJson):
        get(server)


def _half(handler: BaseHTTPRequestHandler) -> None:
    handler.close_connection = True
    handler.wfile.write(b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"price":')


def test_a_connection_closed_half_way_is_a_failure() -> None:
    """A short body is not mistaken for a whole one."""
    with serving(_half) as server, pytest.raises(errors.ConnectionFailed):
        get(server)


def test_a_refused_connection_is_a_failure() -> None:
    """Nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{free.getsockname()[1]}"
        with pytest.raises(errors.ConnectionFailed):
            Transport(extra_allowed=frozenset({host})).send(
                method="GET", url=f"http://{host}/", headers={}, limits=Limits(1)
            )


@pytest.mark.parametrize("chunked", [False, True])
def test_connections_are_kept_and_shared(chunked: bool) -> None:
    """Requests one after the other use one connection, whichever thread sends them."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        if not chunked:
            return reply(handler, b"{}")
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        handler.wfile.write(b"2\r\n{}\r\n0\r\n\r\n")
        return None

    with serving(answer) as server:
        transport = Transport(extra_allowed=frozenset({server.host}))

        def ask() -> None:
            transport.send(method="GET", url=server.url, headers={}, limits=Limits(2))

        for _ in range(2):
            ask()
            thread = threading.Thread(target=ask)
            thread.start()
            thread.join()

    assert (len(server.paths), server.connections) == (4, 1)


def test_a_connection_the_server_closed_is_opened_anew() -> None:
    """An idle connection that the other end gave up costs no quote."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        reply(handler, b"{}")
        handler.close_connection = True

    with serving(answer) as server:
        transport = Transport(extra_allowed=frozenset({server.host}))
        for _ in range(2):
            assert transport.send(method="GET", url=server.url, headers={}, limits=Limits(2)).status == 200
            time.sleep(0.05)  # until the close has arrived

    assert server.connections == 2


def test_a_finished_exchange_is_not_cut_off_later() -> None:
    """The watch of one request never closes the connection of the next."""
    with serving(lambda handler: reply(handler, b"{}")) as server:
        transport = Transport(extra_allowed=frozenset({server.host}))
        transport.send(method="GET", url=server.url, headers={}, limits=Limits(0.2))
        time.sleep(0.3)
        transport.send(method="GET", url=server.url, headers={}, limits=Limits(2))

        assert server.connections == 1


def test_cookies_are_not_kept() -> None:
    """No exchange can mark our requests."""
    with serving(lambda handler: reply(handler, b"{}", headers={"Set-Cookie": "a=b"})) as server:
        transport = Transport(extra_allowed=frozenset({server.host}))
        for _ in range(2):
            transport.send(method="GET", url=server.url, headers={}, limits=Limits(2))

    assert "Cookie" not in server.headers[1]


def _redirect_to(target: str) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        if handler.path == "/there":
            reply(handler, b"there")
        else:
            reply(handler, b"", status=302, headers={"Location": target})

    return answer


def test_a_redirect_within_the_host_is_followed() -> None:
    """A moved path is found."""
    with serving(_redirect_to("/there")) as server:
        assert get(server).body == b"there"


@pytest.mark.parametrize(
    "target",
    [
        "http://localhost:1/there",
        "//evil.example/there",
        "https://evil.example/",
        "http://169.254.169.254/latest/meta-data",
        "http://127.0.0.1:1/",
        "file:///etc/passwd",
        "ftp://127.0.0.1/",
    ],
)
def test_a_redirect_elsewhere_is_refused(target: str) -> None:
    """Another host, port or scheme is not followed, allowed or not."""
    with serving(_redirect_to(target)) as server, pytest.raises(errors.RedirectRefused):
        get(server)


def test_endless_redirects_end() -> None:
    """After two redirects it is enough."""
    with serving(_redirect_to("/again")) as server:
        with pytest.raises(errors.RedirectRefused):
            get(server)

        assert len(server.paths) == 3


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/",
        "https://localhost/",
        "https://10.0.0.1/",
        "https://192.168.1.1/",
        "https://169.254.169.254/latest/meta-data",
        "https://100.64.0.1/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[fe80::1]/",
        "https://0.0.0.0/",
        "https://2130706433/",
        "https://0x7f.1/",
        "http://example.com/",
    ],
)
def test_private_addresses_and_plain_http_are_refused(url: str) -> None:
    """Nothing inside the network is reached, however its address is written."""
    with pytest.raises(errors.AddressRefused):
        Transport().send(method="GET", url=url, headers={}, limits=Limits(1))


@pytest.mark.parametrize("url", ["ftp://example.com/", "https://", "https://user:pw@example.com/", "https://a:b/", "x"])
def test_an_impossible_url_is_misconfigured(url: str) -> None:
    """What cannot be asked is the operator's to mend."""
    with pytest.raises(errors.SourceMisconfigured):
        Transport().send(method="GET", url=url, headers={}, limits=Limits(1))


def test_the_allow_list_is_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """PRICE_HOST_ALLOWLIST opens a host, and only while it names it."""
    with serving(lambda handler: reply(handler, b"{}")) as server:
        monkeypatch.setenv("PRICE_HOST_ALLOWLIST", f"other.example, {server.host}")
        assert Transport().send(method="GET", url=server.url, headers={}, limits=Limits(1)).status == 200

        monkeypatch.setenv("PRICE_HOST_ALLOWLIST", "127.0.0.1:1")
        with pytest.raises(errors.AddressRefused):
            Transport().send(method="GET", url=server.url, headers={}, limits=Limits(1))


def test_a_name_that_is_partly_private_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """One private address among public ones spoils the name."""
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, 443)) for ip in ("93.184.215.14", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_kwargs: found)

    with pytest.raises(errors.AddressRefused):
        Transport().send(method="GET", url="https://rebind.example/", headers={}, limits=Limits(1))


def test_a_name_server_that_hangs_costs_no_more_than_the_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    """The system's lookup goes on; the call does not wait for it."""
    is_over = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_kwargs: is_over.wait(timeout=30) and [])

    with pytest.raises(errors.SourceTimeout):
        Transport().send(method="GET", url="https://price.example/", headers={}, limits=Limits(0.3))

    assert not is_over.is_set()
    is_over.set()


def test_the_connection_goes_to_the_address_that_was_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name is resolved once; the Host header keeps the name."""
    asked: list[str] = []

    def resolve(host: str, port: int, **_options: object) -> list[object]:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    with serving(lambda handler: reply(handler, b"{}")) as server:
        transport = Transport(extra_allowed=frozenset({"price.example"}))
        real = socket.getaddrinfo
        monkeypatch.setattr(
            socket,
            "getaddrinfo",
            lambda host, port, *a, **k: resolve(host, port) if host == "price.example" else real(host, port, *a, **k),
        )
        transport.send(method="GET", url=f"http://price.example:{server.port}/", headers={}, limits=Limits(1))

    assert asked == ["price.example"]
    assert server.headers[0]["Host"] == f"price.example:{server.port}"


def test_a_server_without_a_trusted_certificate_is_refused() -> None:
    """TLS is verified; speaking plain HTTP on a TLS port fails as TLS."""
    with serving(lambda handler: reply(handler, b"{}")) as server, pytest.raises(errors.TlsFailed) as caught:
        Transport(extra_allowed=frozenset({server.host})).send(
            method="GET", url=f"https://{server.host}/", headers={}, limits=Limits(1)
        )

    assert caught.value.code is MissCode.TLS_FAILED
    assert isinstance(caught.value.__cause__.__context__, Exception | ssl.SSLError)
