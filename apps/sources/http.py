"""The only file that opens a price socket: one request in, one complete and bounded reply out.

Guards, in the order a request meets them: the URL (https unless the host is listed, no user in it), the resolved
addresses (public ones only unless listed; the connection goes to the address that was checked, so a name that
resolves differently a moment later gains nothing), the clock (the source's timeout or what is left of the deadline,
whole exchange, however slowly the bytes drip), the size after decompression, and redirects (same host only, each
checked again).

Behind SOURCE_PROXY_URL the proxy resolves names and the pinning is its task; what is private as written is refused here
all the same, certificates are checked end to end, and hosts of PRICE_HOST_ALLOWLIST are asked directly. Proxies that
other programs' variables name (HTTPS_PROXY) are ignored.
"""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache, cached_property
from urllib.parse import SplitResult, urljoin, urlsplit

import certifi
import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.util.ssl_ import create_urllib3_context

from apps.monitoring import logs
from apps.sources import addresses, errors
from apps.sources.adapters.base import Reply
from apps.sources.names import addresses_of
from apps.sources.proxies import proxy_pools
from apps.sources.watch import Watch, watchdog
from oracle_project import env

MAX_BODY_BYTES = 8 * 2**20  # the largest bodies of all tickers take 1-3 MB
MAX_REDIRECTS = 2
MIN_TIMEOUT_S = 0.001
CHUNK_BYTES = 64 * 2**10
MAX_HOSTS = 128
MAX_IDLE_A_HOST = 64  # as many as a fetch worker has threads
USER_AGENT = "price-oracle/1.0"
HEADERS: Mapping[str, str] = {
    "User-Agent": USER_AGENT,
    "Accept": "application/json",
    "Accept-Encoding": "gzip, deflate",
}
FALLBACK_CONNECT_S = 5.0
TIMEOUTS = (TimeoutError, urllib3.exceptions.TimeoutError)
REDIRECTS = frozenset({301, 302, 303, 307, 308})
DEFAULT_PORTS: Mapping[str, int] = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Limits:
    """How long an exchange may take, in seconds; ``is_deadline`` when the round's deadline is the tighter bound."""

    seconds: float
    is_deadline: bool = False


@dataclass(frozen=True, slots=True)
class _Outgoing:
    """What goes out; ``body`` is JSON text, empty for none."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: str

    def all_headers(self) -> dict[str, str]:
        """Return the headers, with the body's type where there is a body."""
        return {**HEADERS, **({"Content-Type": "application/json"} if self.body else {}), **self.headers}


class _Local(threading.local):
    """What belongs to one thread of a transport."""

    watch: Watch | None = None


class Transport:
    """Sends price requests. Threads share its open connections: a source's next lane rarely runs in the same thread.

    extra_allowed: hosts or host:port that may be private, beside PRICE_HOST_ALLOWLIST.
    """

    def __init__(self, *, extra_allowed: frozenset[str] = frozenset(), max_body_bytes: int = MAX_BODY_BYTES) -> None:
        self._extra_allowed = extra_allowed
        self._max_body_bytes = max_body_bytes
        self._local = _Local()
        self._pools = _pool_manager(self)

    def send(self, *, method: str, url: str, headers: Mapping[str, str], limits: Limits, body: str = "") -> Reply:
        """Return the complete reply, whatever its status. Raises a TransportError or SourceMisconfigured.

        body: JSON text, sent as such; empty for none.
        """
        if limits.seconds <= MIN_TIMEOUT_S:
            raise errors.DeadlineExceeded("no time is left to ask")
        ends_at = time.monotonic() + limits.seconds
        outgoing = _Outgoing(method, url, headers, body)
        with watchdog().during(limits.seconds) as watch:
            self._local.watch = watch
            try:
                return self._follow(outgoing, ends_at)
            except (urllib3.exceptions.HTTPError, OSError, ValueError) as exc:
                raise _transport_error(exc, limits, is_over=watch.is_over or time.monotonic() >= ends_at) from exc

    def _follow(self, outgoing: _Outgoing, ends_at: float) -> Reply:
        for _ in range(MAX_REDIRECTS + 1):
            parts = urlsplit(outgoing.url)
            self._check_url(parts)
            reply = self._exchange_once(outgoing, parts, ends_at)
            if reply.status not in REDIRECTS:
                return reply
            outgoing = replace(outgoing, url=_redirect_target(outgoing.method, outgoing.url, reply))
        raise errors.RedirectRefused(f"more than {MAX_REDIRECTS} redirects")

    def _exchange_once(self, outgoing: _Outgoing, parts: SplitResult, ends_at: float) -> Reply:
        pools = self._pools_for(parts)
        pool = pools.connection_from_host(parts.hostname, port=parts.port, scheme=parts.scheme)
        response = pool.urlopen(
            outgoing.method,
            f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/",
            headers=outgoing.all_headers(),
            body=outgoing.body.encode() or None,
            timeout=_left(ends_at),
            retries=False,
            redirect=False,
            assert_same_host=False,
            preload_content=False,
            decode_content=False,
        )
        try:
            body = self._body(response, ends_at)
        except BaseException:
            response.close()  # a half-read connection must not go back to the pool
            raise
        response.release_conn()
        names = {name.lower(): value for name, value in response.headers.items()}
        return Reply(status=response.status, headers=names, body=body, received_at=datetime.now(UTC))

    def _body(self, raw: urllib3.BaseHTTPResponse, ends_at: float) -> bytes:
        """Return the decompressed body. Raises BodyTooLarge, or SourceTimeout between two chunks."""
        chunks: list[bytes] = []
        size = 0
        # read1 returns what one read of the socket gave; read would wait until a whole chunk has dripped in
        while chunk := raw.read1(CHUNK_BYTES, decode_content=True):
            size += len(chunk)
            if size > self._max_body_bytes:
                raise errors.BodyTooLarge(f"the body passes {self._max_body_bytes} bytes")
            chunks.append(chunk)
            _left(ends_at)
        _left(ends_at)  # a body that the watch cut off looks complete when it has no length
        return b"".join(chunks)

    def _allowed(self, host: str, port: int) -> bool:
        return addresses.is_listed(host, port, [*env.listing("PRICE_HOST_ALLOWLIST"), *self._extra_allowed])

    @cached_property
    def _proxy_pools(self) -> urllib3.ProxyManager | None:
        """Return the way through the proxy, None without one. Raises ValueError for a URL that cannot work."""
        return proxy_pools(env.text("SOURCE_PROXY_URL"), self, tls=_tls_context)

    def _pools_for(self, parts: SplitResult) -> urllib3.PoolManager:
        """Return the way to a host: through the proxy when there is one and the host is not listed as ours."""
        host, port = parts.hostname or "", parts.port or DEFAULT_PORTS[parts.scheme]
        if self._proxy_pools is None or self._allowed(host, port):
            return self._pools
        if addresses.is_private_by_name(host):
            raise errors.AddressRefused(f"{host} is inside the network, and PRICE_HOST_ALLOWLIST does not list it")
        return self._proxy_pools

    def _check_url(self, parts: SplitResult) -> None:
        """Raise for a URL that no request may have; ValueError of a malformed port becomes SourceMisconfigured."""
        try:
            port = parts.port or DEFAULT_PORTS.get(parts.scheme, 0)
        except ValueError as exc:
            raise errors.SourceMisconfigured(f"the URL's port is not a number: {parts.netloc[:60]!r}") from exc
        if parts.scheme not in DEFAULT_PORTS or not parts.hostname:
            raise errors.SourceMisconfigured(f"not a web address: {parts.geturl()[:60]!r}")
        if "@" in parts.netloc:
            raise errors.SourceMisconfigured("a URL cannot hold a user or password")
        if parts.scheme == "http" and not self._allowed(parts.hostname, port):
            raise errors.AddressRefused(
                f"plain http to {parts.hostname}:{port}, which PRICE_HOST_ALLOWLIST does not list"
            )

    def resolve(self, host: str, port: int, *, timeout_s: float) -> list[str]:
        """Return the addresses a connection may go to. Raises AddressRefused, ConnectionFailed, TimeoutError.

        One refused address refuses the host: a name that is half private is not to be trusted with the other half.
        """
        try:
            ips = addresses_of(host.strip("[]"), port, timeout_s=timeout_s)
        except (socket.gaierror, UnicodeError) as exc:
            raise errors.ConnectionFailed(f"{host} does not resolve") from exc
        refused = [ip for ip in ips if not addresses.is_public(ip)]
        if refused and not self._allowed(host, port):
            raise errors.AddressRefused(f"{host} leads to {refused[0]}, which PRICE_HOST_ALLOWLIST does not list")
        return ips

    def connect(self, host: str, port: int, timeout_s: float) -> socket.socket:
        """Return a socket to a checked address; every address gets its share of the time."""
        ends_at = time.monotonic() + timeout_s
        ips = self.resolve(host, port, timeout_s=timeout_s)
        for index, ip in enumerate(ips):
            share = (ends_at - time.monotonic()) / (len(ips) - index)
            try:
                sock = socket.create_connection((ip, port), timeout=max(share, MIN_TIMEOUT_S))
            except OSError:
                if index == len(ips) - 1:
                    raise
                continue
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            # what is left: a handshake that drips has an end, too
            sock.settimeout(max(ends_at - time.monotonic(), MIN_TIMEOUT_S))
            return sock
        raise errors.ConnectionFailed(f"{host} has no address")

    def hold(self, sock: socket.socket | None) -> None:
        """Tell the current exchange's watch which socket it waits on."""
        if self._local.watch is not None:
            self._local.watch.hold(sock)


def _pool_manager(transport: Transport) -> urllib3.PoolManager:
    """Return the pools of a transport: one a host, whose connections are made, and watched, by the transport."""
    manager = urllib3.PoolManager(num_pools=MAX_HOSTS, maxsize=MAX_IDLE_A_HOST, ssl_context=_tls_context())
    manager.pool_classes_by_scheme = _pool_classes(transport)
    return manager


@cache
def _tls_context() -> ssl.SSLContext:
    """Return what verifies certificates, made once: loading the authorities takes some 20 ms."""
    context = create_urllib3_context(cert_reqs=ssl.CERT_REQUIRED)
    context.load_verify_locations(certifi.where())
    return context


def _pool_classes(transport: Transport) -> dict[str, type[HTTPConnectionPool]]:
    """Return urllib3's pools with connections that reach checked addresses only.

    Overriding where the socket is made keeps Host header, SNI and certificate check on the name.
    """

    class Plain(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            return transport.connect(self.host, self.port, _seconds(self.timeout))

        def getresponse(self) -> urllib3.HTTPResponse:  # type: ignore[override]  # urllib3 types it as its base
            transport.hold(self.sock)
            return super().getresponse()

    class Secure(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            return transport.connect(self.host, self.port or DEFAULT_PORTS["https"], _seconds(self.timeout))

        def getresponse(self) -> urllib3.HTTPResponse:  # type: ignore[override]  # urllib3 types it as its base
            transport.hold(self.sock)
            return super().getresponse()

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = Secure

    return {"http": PlainPool, "https": SecurePool}


def _seconds(timeout: object) -> float:
    return float(timeout) if isinstance(timeout, int | float) else FALLBACK_CONNECT_S


def _transport_error(exc: Exception, limits: Limits, *, is_over: bool) -> errors.SourceError:
    """Return the error of ours that a lower library's stands for."""
    told = f"{exc.__class__.__name__}: {logs.without_opened(str(exc))[:160]}"  # before the cut: half a key is one too
    if is_over or isinstance(exc, TIMEOUTS):
        kind = errors.DeadlineExceeded if limits.is_deadline else errors.SourceTimeout
        return kind(f"no complete reply within {limits.seconds:.2f} s")
    if isinstance(exc, urllib3.exceptions.SSLError):
        return errors.TlsFailed(told)
    if isinstance(exc, urllib3.exceptions.DecodeError):
        return errors.NotJson(told)
    if isinstance(exc, ValueError):  # a host, header or path that cannot be sent
        return errors.SourceMisconfigured(told)
    return errors.ConnectionFailed(told)


def _redirect_target(method: str, url: str, reply: Reply) -> str:
    """Return where a redirect leads. Raises RedirectRefused unless it is the same host, not downgraded."""
    target = urljoin(url, reply.headers.get("location", ""))
    here, there = urlsplit(url), urlsplit(target)
    is_upgrade = (here.scheme, there.scheme) == ("http", "https")
    same_host = here.hostname == there.hostname and (is_upgrade or here.netloc == there.netloc)
    if method != "GET" or not same_host or not (is_upgrade or here.scheme == there.scheme):
        raise errors.RedirectRefused(f"from {here.netloc} to {there.scheme}://{there.netloc}")
    return target


def _left(ends_at: float) -> float:
    """Return the seconds left. Raises TimeoutError when there are none."""
    left = ends_at - time.monotonic()
    if left <= 0:
        raise TimeoutError("time is up")
    return left
