"""What a host's name leads to at this moment, with an end to the waiting."""

from __future__ import annotations

import socket
import threading
from concurrent.futures import Future


def addresses_of(host: str, port: int, *, timeout_s: float) -> list[str]:
    """Return the addresses of a name, each once. Raises OSError or ValueError for a name without any, TimeoutError.

    The system's lookup cannot be interrupted: a thread that hangs on a name server is left behind and ends by itself.
    """
    found: Future[list[str]] = Future()

    def look() -> None:
        try:
            entries = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, ValueError) as exc:
            found.set_exception(exc)
        else:
            found.set_result(list(dict.fromkeys(str(entry[4][0]) for entry in entries)))

    threading.Thread(target=look, name="price-lookup", daemon=True).start()
    return found.result(timeout=timeout_s)
