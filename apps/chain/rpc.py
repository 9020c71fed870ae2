"""One JSON-RPC connection over several endpoints: the first that answers is used until it fails.

An endpoint is asked for its chain id before its first use, so that a stray URL can never carry a transaction
elsewhere. Sending a transaction to a second endpoint after the first went silent is safe: the bytes are the same.

Errors:
    RpcUnavailable: no endpoint answered.  WrongChain: those that answered are on another chain.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

import requests
from web3 import HTTPProvider
from web3.providers.base import JSONBaseProvider
from web3.types import RPCEndpoint, RPCResponse

from apps.chain import recursion as _recursion  # noqa: F401 - for its effect
from apps.chain.errors import RpcUnavailable, WrongChain

log = logging.getLogger(__name__)


def host_of(url: str) -> str:
    """Return host and port of an RPC URL: the part that may be shown, since the path is often a key."""
    parts = urlsplit(url)
    return parts.hostname + (f":{parts.port}" if parts.port else "") if parts.hostname else "?"


class FailoverProvider(JSONBaseProvider):
    """web3 provider over an ordered list of endpoints."""

    def __init__(self, urls: Sequence[str], *, chain_id: int, timeout_s: float) -> None:
        super().__init__()
        self._chain_id = chain_id
        self._hosts = [host_of(url) for url in urls]
        self._endpoints = [
            HTTPProvider(url, request_kwargs={"timeout": timeout_s}, exception_retry_configuration=None) for url in urls
        ]
        self._verified: set[int] = set()
        self._current = 0

    def make_request(self, method: RPCEndpoint, params: Any) -> RPCResponse:
        """Return the reply of the first endpoint that answers, starting with the one that answered last."""
        failures: list[str] = []
        wrong_chain = False
        for step in range(len(self._endpoints)):
            index = (self._current + step) % len(self._endpoints)
            try:
                self._verify(index)
                reply = self._endpoints[index].make_request(method, params)
            except (requests.RequestException, ValueError) as exc:
                # the exception's own text holds the URL
                failures.append(f"{self._hosts[index]}: {exc.__class__.__name__}")
                self._verified.discard(index)
                continue
            except WrongChain as exc:
                failures.append(str(exc))
                wrong_chain = True
                continue
            self._current = index
            return reply
        summary = "; ".join(failures) or "ETH_RPC_URLS is empty"
        if wrong_chain:
            raise WrongChain(summary)
        raise RpcUnavailable(summary)

    def _verify(self, index: int) -> None:
        if index in self._verified:
            return
        reply = self._endpoints[index].make_request(RPCEndpoint("eth_chainId"), [])
        answered = int(str(reply["result"]), 16) if "result" in reply else None
        if answered != self._chain_id:
            log.error(
                "rpc endpoint refused host=%s chain_id=%s wanted=%s", self._hosts[index], answered, self._chain_id
            )
            raise WrongChain(f"{self._hosts[index]} is on chain {answered}, CHAIN_ID is {self._chain_id}")
        self._verified.add(index)
