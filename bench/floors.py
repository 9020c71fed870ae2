"""Fetching without an oracle: the same requests and prices by bare aiohttp, and by a pool of threads with requests.

Both read only what they need with typed msgspec, check nothing, retry nothing and know no deadline: the least that
can be done, and what a script does.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from types import TracebackType
from typing import Self

import aiohttp
import msgspec
import requests

from bench.sources import Lane


class OkxRow(msgspec.Struct, gc=False):
    """The two fields a floor needs."""

    instId: str  # noqa: N815 - the exchange's name
    last: str


class OkxReply(msgspec.Struct):
    """Where OKX's rows are."""

    data: list[OkxRow]


class BinanceRow(msgspec.Struct, gc=False):
    """The two fields a floor needs."""

    symbol: str
    lastPrice: str  # noqa: N815 - the exchange's name


_OKX = msgspec.json.Decoder(OkxReply)
_BINANCE = msgspec.json.Decoder(list[BinanceRow] | BinanceRow)


def prices_in(lane: Lane, body: bytes) -> dict[str, Decimal]:
    """Return the prices of the wanted symbols."""
    if lane.spec.adapter == "okx":
        return {row.instId: Decimal(row.last) for row in _OKX.decode(body).data if row.instId in lane.wanted}
    found = _BINANCE.decode(body)
    rows = found if isinstance(found, list) else [found]
    return {row.symbol: Decimal(row.lastPrice) for row in rows if row.symbol in lane.wanted}


class AiohttpFloor:
    """Rounds on one event loop and one session."""

    def __enter__(self) -> Self:
        self._loop = asyncio.new_event_loop()
        self._session = self._loop.run_until_complete(self._open())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.run_until_complete(self._session.close())
        self._loop.close()

    def round(self, lanes: Sequence[Lane]) -> int:
        """Fetch every lane at once; return how many prices came."""
        return self._loop.run_until_complete(self._round(lanes))

    async def _open(self) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))

    async def _round(self, lanes: Sequence[Lane]) -> int:
        calls = [self._fetch(lane, url) for lane in lanes for url in lane.urls]
        return sum(await asyncio.gather(*calls))

    async def _fetch(self, lane: Lane, url: str) -> int:
        async with self._session.get(url) as reply:
            return len(prices_in(lane, await reply.read()))


class ThreadsFloor:
    """Rounds on a pool of threads, each with a requests session of its own."""

    def __init__(self, threads: int) -> None:
        self._pool = ThreadPoolExecutor(threads)
        self._local = threading.local()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown()

    def round(self, lanes: Sequence[Lane]) -> int:
        """Fetch every lane at once; return how many prices came."""
        calls = [self._pool.submit(self._fetch, lane, url) for lane in lanes for url in lane.urls]
        return sum(call.result() for call in calls)

    def _fetch(self, lane: Lane, url: str) -> int:
        if not hasattr(self._local, "session"):
            self._local.session = requests.Session()
        return len(prices_in(lane, self._local.session.get(url, timeout=5).content))
