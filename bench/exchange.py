"""A local exchange that costs next to nothing: ``python -m bench.exchange PORT``, ended by a signal.

``/<delay in ms>/<number of the source>`` before an exchange's own path says how long to wait before answering, so one
server plays every source at every delay. Speaks OKX (one ticker or all of them, 1,500 rows, as large as the real reply)
and Binance (any list of symbols, up to a hundred a request). Bytes are prepared, the parser reads the first line only:
one core answers tens of thousands of requests a second, several times what any client here can ask.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from functools import lru_cache
from typing import cast
from urllib.parse import parse_qs, unquote, urlsplit

import uvloop

ALL_TICKERS = 1_500
TIME_MS = "1795521600000"  # replaced by the time of the answer


def base_of(number: int) -> str:
    """Return the name of the numbered asset."""
    return f"C{number:04d}"


def okx_row(ticker: str, source: int) -> dict[str, str]:
    """Return a row as OKX writes it; the volume is the source's own, so that no two look like one book."""
    return {
        "instType": "SPOT",
        "instId": ticker,
        "last": "65123.4",
        "lastSz": "0.00213",
        "askPx": "65123.5",
        "askSz": "0.7215",
        "bidPx": "65123.3",
        "bidSz": "1.2031",
        "open24h": "64002.1",
        "high24h": "65999.9",
        "low24h": "63800.2",
        "volCcy24h": "498123456.123456789",
        "vol24h": f"7654.321098{source:02d}",
        "ts": TIME_MS,
        "sodUtc0": "64900.1",
        "sodUtc8": "64800.2",
    }


def binance_row(symbol: str, source: int) -> dict[str, object]:
    """Return a row as Binance writes it in its 24 h ticker, with the source's own volume."""
    return {
        "symbol": symbol,
        "priceChange": "-94.99999800",
        "priceChangePercent": "-95.960",
        "weightedAvgPrice": "65000.29628482",
        "prevClosePrice": "65000.10002000",
        "lastPrice": "65123.40000200",
        "lastQty": "0.02000000",
        "bidPrice": "65123.30000000",
        "bidQty": "0.10000000",
        "askPrice": "65123.50000200",
        "askQty": "0.20000000",
        "openPrice": "64999.00000000",
        "highPrice": "65990.00000000",
        "lowPrice": "63990.10000000",
        "volume": f"8913.300000{source:02d}",
        "quoteVolume": "579370000.30000000",
        "openTime": 1795435200000,
        "closeTime": int(TIME_MS),
        "firstId": 28385,
        "lastId": 28460,
        "count": 76,
    }


@lru_cache(maxsize=4096)
def reply_to(target: str) -> tuple[float, bytes]:
    """Return how many seconds to wait, and the reply, for a request's target."""
    parts = urlsplit(target)
    _, delay_ms, source, path = parts.path.split("/", 3)
    query = parse_qs(parts.query)
    body = json.dumps(_document(path, query, int(source)), separators=(",", ":")).encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return int(delay_ms) / 1000, head.encode() + body


@lru_cache(maxsize=256)
def reply_at(target: str, second: int) -> tuple[float, bytes]:
    """Return the reply with the time in it, made once a second."""
    delay_s, reply = reply_to(target)
    return delay_s, reply.replace(TIME_MS.encode(), f"{second}000".encode())


def _document(path: str, query: dict[str, list[str]], source: int) -> object:
    if path == "api/v5/market/tickers":
        rows = [okx_row(f"{base_of(number)}-USDT", source) for number in range(ALL_TICKERS)]
        return {"code": "0", "msg": "", "data": rows}
    if path == "api/v5/market/ticker":
        return {"code": "0", "msg": "", "data": [okx_row(query["instId"][0], source)]}
    if "symbols" in query:
        return [binance_row(symbol, source) for symbol in json.loads(unquote(query["symbols"][0]))]
    return binance_row(query["symbol"][0], source)


class Connection(asyncio.Protocol):
    """One client. Requests come one at a time, as from any client that does not pipeline."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is no subclass

    def data_received(self, data: bytes) -> None:
        """Answer when a whole request has come."""
        self._received += data
        if not self._received.endswith(b"\r\n\r\n"):
            return
        target = self._received.split(b" ", 2)[1].decode()
        self._received = b""
        delay_s, reply = reply_at(target, int(time.time()))
        if delay_s:
            asyncio.get_running_loop().call_later(delay_s, self._write, reply)
        else:
            self._write(reply)

    def _write(self, reply: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(reply)


async def serve(port: int) -> None:
    """Serve on loopback until cancelled."""
    server = await asyncio.get_running_loop().create_server(Connection, "127.0.0.1", port, backlog=1024)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1])))
