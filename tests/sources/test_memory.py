"""The memory of a worker that is sent a gigabyte, plain or as a bomb: bounded by the cap, whatever comes."""

from __future__ import annotations

import subprocess
import sys
import zlib
from http.server import BaseHTTPRequestHandler

import pytest

from tests.conftest import REPOSITORY
from tests.sources.server import Answer, serving

GIGABYTE = 2**30
MEGABYTE = 2**20
# The cap of 8 MiB is held once in pieces; what is left is room for buffers and the allocator.
MOST_GROWTH_MB = 40

PROGRAM = """
import resource, sys, time
from apps.sources import errors
from apps.sources.http import Limits, Transport

def peak_mb():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

transport = Transport(extra_allowed=frozenset({sys.argv[1]}))
send = lambda path: transport.send(method="GET", url=f"http://{sys.argv[1]}/{path}", headers={}, limits=Limits(60))
send("small")
before = peak_mb()
try:
    send("huge")
except errors.BodyTooLarge as exc:
    print(f"{peak_mb() - before:.1f}")
"""


def plain(handler: BaseHTTPRequestHandler) -> None:
    """Send a gigabyte of digits, made on the way."""
    handler.send_header("Content-Length", str(GIGABYTE))
    handler.end_headers()
    piece = b"1" * MEGABYTE
    for _ in range(GIGABYTE // MEGABYTE):
        handler.wfile.write(piece)


def chunked(handler: BaseHTTPRequestHandler) -> None:
    """Send a gigabyte as one chunk that never says how long the whole is."""
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    handler.wfile.write(f"{GIGABYTE:x}\r\n".encode())
    piece = b"1" * MEGABYTE
    for _ in range(GIGABYTE // MEGABYTE):
        handler.wfile.write(piece)


def bomb(handler: BaseHTTPRequestHandler) -> None:
    """Send a gigabyte of zeros as one megabyte of gzip."""
    handler.send_header("Content-Encoding", "gzip")
    handler.send_header("Connection", "close")
    handler.end_headers()
    packer, piece = zlib.compressobj(9, wbits=31), b"\0" * MEGABYTE
    for _ in range(GIGABYTE // MEGABYTE):
        handler.wfile.write(packer.compress(piece))
    handler.wfile.write(packer.flush())


def nested(handler: BaseHTTPRequestHandler) -> None:
    """Send a bomb packed twice, as Content-Encoding allows."""
    inner, outer = zlib.compressobj(9, wbits=31), zlib.compressobj(9, wbits=31)
    packed = b"".join(inner.compress(b"\0" * MEGABYTE) for _ in range(GIGABYTE // MEGABYTE)) + inner.flush()
    handler.send_header("Content-Encoding", "gzip, gzip")
    handler.send_header("Connection", "close")
    handler.end_headers()
    handler.wfile.write(outer.compress(packed) + outer.flush())


@pytest.mark.parametrize("answer", [plain, chunked, bomb, nested], ids=lambda answer: answer.__name__)
def test_memory_stays_bounded(answer: Answer) -> None:
    """The body is refused, and the peak of the process grows by little more than the cap."""

    def serve(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        if handler.path == "/small":
            handler.send_header("Content-Length", "2")
            handler.end_headers()
            handler.wfile.write(b"{}")
            return
        answer(handler)

    with serving(serve) as server:
        command = [sys.executable, "-c", PROGRAM, server.host]
        done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False, timeout=120)

    assert done.stderr == ""
    assert done.stdout, "the body was not refused"
    assert float(done.stdout) < MOST_GROWTH_MB, f"the peak grew by {done.stdout.strip()} MB"
