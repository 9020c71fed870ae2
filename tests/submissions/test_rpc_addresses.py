"""RPC URLs of the configuration must not reach into the network behind the oracle."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from apps.chain.errors import RpcUnavailable
from apps.feeds.models import Destination
from apps.feeds.options import destination_url_problems
from apps.feeds.selectors import current_config
from apps.submissions import clients, rpc_addresses
from apps.submissions.rpc_addresses import RpcAddressRefused, checked_addresses

pytestmark = pytest.mark.django_db


class Node(BaseHTTPRequestHandler):
    """Answers every call with chain id 1, or with a redirect to itself."""

    asked: int = 0
    redirects: bool = False

    def do_POST(self) -> None:
        """Answer."""
        type(self).asked += 1
        self.rfile.read(int(self.headers["Content-Length"]))
        body = b'{"jsonrpc":"2.0","id":0,"result":"0x1"}'
        self.send_response(307 if self.redirects else 200)
        self.send_header("Location", f"http://127.0.0.1:{self.server.server_port}/inside")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def node() -> Iterator[int]:
    """Return the port of a node on loopback."""
    Node.asked, Node.redirects = 0, False
    server = HTTPServer(("127.0.0.1", 0), Node)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    clients.forget()
    yield server.server_port
    clients.forget()
    server.shutdown()
    server.server_close()


def destination(url: str) -> None:
    """Let destination ``base`` have this endpoint, written past every form."""
    Destination.objects.create(name="base", chain_id=1, rpc_urls=[url])


@pytest.mark.parametrize("url", ["http://127.0.0.1:{port}", "http://localhost:{port}", "http://2130706433:{port}"])
def test_a_typed_url_reaches_nothing_private(node: int, url: str) -> None:
    """Whatever it spells: no byte arrives, and the refusal is a chain that cannot be asked."""
    destination(url.format(port=node))

    with pytest.raises(RpcUnavailable):
        clients.gateway("base").balance_wei("0x" + "11" * 20)

    assert Node.asked == 0


def test_a_name_is_judged_each_time_it_is_asked(node: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that led outside when it was saved and leads inside now is refused."""
    monkeypatch.setattr(rpc_addresses, "addresses_of", lambda *_, **__: ["93.184.216.34", "10.0.0.7"])
    destination("https://rebinding.example.org")

    with pytest.raises(RpcAddressRefused, match=r"leads to 10\.0\.0\.7"):
        checked_addresses("rebinding.example.org", 443)
    with pytest.raises(RpcUnavailable):
        clients.gateway("base").balance_wei("0x" + "11" * 20)


def test_a_listed_host_is_reached(node: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who runs a node inside lists it, as for sources."""
    monkeypatch.setenv("PRICE_HOST_ALLOWLIST", f"127.0.0.1:{node}")
    destination(f"http://127.0.0.1:{node}")

    assert clients.gateway("base").balance_wei("0x" + "11" * 20) == 1


def test_a_redirect_is_not_followed(node: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A node that answers elsewhere has not answered."""
    monkeypatch.setenv("PRICE_HOST_ALLOWLIST", f"127.0.0.1:{node}")
    Node.redirects = True
    destination(f"http://127.0.0.1:{node}")

    with pytest.raises(RpcUnavailable):
        clients.gateway("base").balance_wei("0x" + "11" * 20)

    assert Node.asked == 1


def test_the_environments_word_is_trusted(node: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable is set by who runs the oracle, who may well keep a node inside."""
    monkeypatch.setenv("BASE_RPC_URLS", f"http://127.0.0.1:{node}")
    destination("env:BASE_RPC_URLS")

    assert clients.gateway("base").balance_wei("0x" + "11" * 20) == 1


def test_a_variable_that_is_not_here_is_named(node: int) -> None:
    """The web process may lack a chain worker's variable; it says which."""
    destination("env:ABSENT_RPC_URLS")

    with pytest.raises(RpcUnavailable, match="ABSENT_RPC_URLS: neither it nor ABSENT_RPC_URLS_FILE is set"):
        clients.gateway("base")


def test_forms_and_files_refuse_what_is_written_private() -> None:
    """The refusal names the list and the way around it."""
    destination("http://10.0.0.7:8545")

    (problem,) = destination_url_problems(current_config())

    assert problem.code == "address_refused"
    assert "PRICE_HOST_ALLOWLIST" in problem.message
