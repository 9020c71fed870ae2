"""One JSON-RPC connection over a pool of endpoints that are not trusted to be up, current or truthful.

- The endpoint that answered last is asked first; one that fails is passed by, and left alone when it keeps failing.
- No read is answered by an endpoint whose head is behind what any endpoint has shown, by more than ``head_lag``.
- A signed transaction goes to every endpoint: sending the same bytes twice is safe, one node may drop them.
- With ``agreement`` 2 a contract read counts only when two endpoints give the same bytes for the same block.
- Receipts and heads that end a report are heard from a panel of endpoints, see ``testimony``.

An endpoint is asked for its chain id before its first use and after trouble, so that a stray URL can never carry a
transaction elsewhere.

Errors:
    RpcUnavailable: no endpoint answered.  WrongChain: those that answered are on another chain.
    ChainReadInconsistent: endpoints contradict each other, and no two of three agree.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from statistics import median_low
from typing import Any

from web3.providers.base import JSONBaseProvider
from web3.types import RPCEndpoint, RPCResponse

from apps.chain.endpoints import Endpoint, EndpointFailed, Quarantine, host_of
from apps.chain.errors import ChainReadInconsistent, RpcUnavailable, WrongChain
from apps.chain.guarded import Resolve

__all__ = ["EndpointPool", "host_of"]

log = logging.getLogger(__name__)
HEAD_LAG_BLOCKS = 3
HEAD_CHECK_S = 2.0  # a head older than this is asked again before an endpoint may answer a read
BEHIND_PATIENCE_S = 30.0  # when every endpoint is behind for so long, the chain itself went back
HEADLESS = frozenset({"eth_chainId", "web3_clientVersion", "net_version", "eth_blockNumber"})
AGREED = "eth_call"


class EndpointPool(JSONBaseProvider):
    """web3 provider over several endpoints."""

    def __init__(  # noqa: PLR0913 - the options of one pool
        self,
        urls: Sequence[str],
        *,
        chain_id: int,
        timeout_s: float,
        agreement: int = 1,
        guarded: Mapping[str, Resolve] | None = None,
        head_lag: int = HEAD_LAG_BLOCKS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__()
        self._chain_id = chain_id
        self._agreement = agreement
        self._head_lag = head_lag
        self._clock = clock
        self._endpoints = [Endpoint(url, timeout_s, clock, resolve=(guarded or {}).get(url)) for url in urls]
        self._current = 0
        self._highest = -1
        self._behind_since: float | None = None

    def make_request(self, method: RPCEndpoint, params: Any) -> RPCResponse:
        """Return the reply of the first endpoint that may and does answer; of two that agree for a contract read."""
        if method == AGREED and self._agreement > 1:
            return self._agreed(method, params)
        _, reply = next(self._replies(method, params))
        return reply

    def everywhere(self, method: str, params: Any) -> Iterator[tuple[str, RPCResponse]]:
        """Yield the reply of every endpoint that answers, with its host. Raises RpcUnavailable when none does."""
        for endpoint, reply in self._replies(method, params, needs_head=False):
            yield endpoint.host, reply

    def first(self, method: str, params: Any) -> tuple[str, RPCResponse]:
        """Return host and reply of the first endpoint that may and does answer. Raises RpcUnavailable or WrongChain."""
        endpoint, reply = next(self._replies(RPCEndpoint(method), params))
        return endpoint.host, reply

    def panel(self, *, behind: bool) -> list[Endpoint]:
        """Return one endpoint of each host to be heard, the current one first; none that fails, is busy or lied.

        behind: those too, whose head is behind another's: one that lies about its head would silence all others.
        """
        allowed = {Quarantine.BEHIND.value} if behind else set()
        heard: dict[str, Endpoint] = {}
        for endpoint in self._turned():
            if not endpoint.is_quarantined or endpoint.reason in allowed:
                heard.setdefault(endpoint.host, endpoint)
        return list(heard.values())

    def hosts(self) -> set[str]:
        """Return the hosts of all endpoints: two URLs of one host are one voice."""
        return {endpoint.host for endpoint in self._endpoints}

    def told(self, endpoint: Endpoint, method: str, params: Any) -> Any:
        """Return what one endpoint of the panel answers. Raises EndpointFailed, also for a JSON-RPC error."""
        try:
            self._verify(endpoint)
        except WrongChain as exc:
            raise EndpointFailed("wrong_chain", str(exc)) from None
        reply = endpoint.ask(method, params)
        if "error" in reply:
            raise EndpointFailed("refused", f"{endpoint.host}: {str(reply['error'])[:160]}")
        return reply.get("result")

    def distrust(self, host: str) -> None:
        """Leave the endpoints of a host alone: it contradicted others that agree, or told what cannot be."""
        for endpoint in self._endpoints:
            if endpoint.host == host:
                endpoint.quarantine(Quarantine.LIES)

    def clock_skew_s(self) -> float | None:
        """Return how far this machine's clock is ahead of the endpoints', the middle one; None when none tells."""
        told = [endpoint.skew_s for endpoint in self._endpoints if endpoint.skew_s is not None]
        return median_low(told) if told else None

    def common_head(self) -> int | None:
        """Return the newest block that as many endpoints as must agree have; None when one alone is enough."""
        if self._agreement < 2:
            return None
        heads = [_head_in("eth_blockNumber", reply) for _, reply in self._replies("eth_blockNumber", [])]
        known = sorted((head for head in heads if head is not None), reverse=True)
        if len(known) < self._agreement:
            raise ChainReadInconsistent(f"{self._agreement} endpoints must agree on a read, {len(known)} answered")
        return known[self._agreement - 1]

    def _replies(self, method: str, params: Any, *, needs_head: bool = True) -> Iterator[tuple[Endpoint, RPCResponse]]:
        """Yield (endpoint, reply), one after the other as the caller asks for more; raises without any."""
        failures: list[str] = []
        wrong_chain = False
        answered = 0
        for endpoint in self._in_order():
            try:
                self._verify(endpoint)
                if needs_head and method not in HEADLESS:
                    self._check_head(endpoint)
                reply = endpoint.ask(method, params)
                self._note_head(endpoint, method, reply)
            except EndpointFailed as exc:
                failures.append(str(exc))
            except WrongChain as exc:
                failures.append(str(exc))
                wrong_chain = True
            else:
                self._current = self._endpoints.index(endpoint)
                answered += 1
                yield endpoint, reply
        if not answered:
            summary = "; ".join(failures) or "ETH_RPC_URLS is empty"
            raise WrongChain(summary) if wrong_chain else RpcUnavailable(summary)

    def _in_order(self) -> list[Endpoint]:
        """Return healthy endpoints, the current one first; after them those in quarantine, the first to leave it first.

        They are asked when nobody else is left: one slow node is better than none. Not so one that is behind or lied.
        """
        turned = self._turned()
        healthy = [endpoint for endpoint in turned if not endpoint.is_quarantined]
        doubted = {Quarantine.BEHIND.value, Quarantine.LIES.value}
        paused = [e for e in turned if e.is_quarantined and (e.reason not in doubted or len(turned) == 1)]
        return healthy + sorted(paused, key=lambda endpoint: endpoint.quarantined_until)

    def _turned(self) -> list[Endpoint]:
        """Return all endpoints, the current one first."""
        return self._endpoints[self._current :] + self._endpoints[: self._current]

    # heads ------------------------------------------------------------------------------------------------------
    def _check_head(self, endpoint: Endpoint) -> None:
        """Raise EndpointFailed when the endpoint is too far behind to be asked. Alone it cannot be compared."""
        if len(self._endpoints) == 1:
            return
        if self._clock() - endpoint.head_at > HEAD_CHECK_S:
            self._note_head(endpoint, "eth_blockNumber", endpoint.ask("eth_blockNumber", []))

    def _note_head(self, endpoint: Endpoint, method: str, reply: RPCResponse) -> None:
        number = _head_in(method, reply)
        if number is None:
            return
        endpoint.saw_head(number)
        if number >= self._highest - self._head_lag:
            self._highest = max(self._highest, number)
            self._behind_since = None
            return
        if len(self._endpoints) == 1 or self._went_back():
            log.warning("chain went back host=%s head=%d was=%d", endpoint.host, number, self._highest)
            self._highest, self._behind_since = number, None
            return
        endpoint.quarantine(Quarantine.BEHIND)
        log.warning("rpc endpoint is behind host=%s head=%d highest=%d", endpoint.host, number, self._highest)
        raise EndpointFailed("behind", f"{endpoint.host}: head {number} is behind {self._highest}")

    def _went_back(self) -> bool:
        """Return whether every endpoint has been behind the highest head for so long that the chain itself must be."""
        self._behind_since = self._behind_since if self._behind_since is not None else self._clock()
        return self._clock() - self._behind_since > BEHIND_PATIENCE_S

    # trust ------------------------------------------------------------------------------------------------------
    def _agreed(self, method: str, params: Any) -> RPCResponse:
        """Return the first reply that ``agreement`` endpoints gave; the ones that said otherwise are left alone."""
        votes: dict[str, list[tuple[Endpoint, RPCResponse]]] = {}
        for endpoint, reply in self._replies(method, params):
            same = votes.setdefault(_said(reply), [])
            same.append((endpoint, reply))
            if len(same) < self._agreement:
                continue
            for liar, _ in (vote for voters in votes.values() if voters is not same for vote in voters):
                log.error("rpc endpoint contradicts the others host=%s method=%s", liar.host, method)
                liar.quarantine(Quarantine.LIES)
            self._current = self._endpoints.index(same[0][0])
            return reply
        hosts = "; ".join(", ".join(endpoint.host for endpoint, _ in voters) for voters in votes.values())
        raise ChainReadInconsistent(f"{self._agreement} endpoints must agree on a read; these answered: {hosts}")

    def _verify(self, endpoint: Endpoint) -> None:
        if endpoint.is_verified:
            return
        reply = endpoint.ask("eth_chainId", [])
        answered = int(str(reply["result"]), 16) if "result" in reply else None
        if answered != self._chain_id:
            log.error("rpc endpoint refused host=%s chain_id=%s wanted=%s", endpoint.host, answered, self._chain_id)
            raise WrongChain(f"{endpoint.host} is on chain {answered}, CHAIN_ID is {self._chain_id}")
        endpoint.is_verified = True


def _head_in(method: str, reply: RPCResponse) -> int | None:
    """Return the number of the newest block a reply speaks of, None when it does not."""
    if method != "eth_blockNumber":
        return None
    result = reply.get("result")
    try:
        return int(str(result), 16)
    except ValueError:
        return None


def _said(reply: RPCResponse) -> str:
    """Return what counts for agreement: the result, or the data of a revert; error texts differ between clients."""
    error = reply.get("error")
    if isinstance(error, dict):
        return f"error {error.get('code')} {error.get('data')}"
    return str(reply.get("result"))
