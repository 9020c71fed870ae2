"""``python -m simulator --port N``: serve the simulated market until told to stop."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import signal
import sys
import threading

from aiohttp import web

from simulator.server import NotLoopback, make_app, require_loopback
from simulator.state import SERVED_KEPT, Simulation

SHUTDOWN_S = 1.0


def main() -> int:
    """Parse the command line, serve, and return the exit status."""
    options = _parser().parse_args()
    simulation = Simulation(
        seed=options.seed,
        volatility_bps=options.volatility_bps_per_sqrt_s,
        frozen=options.frozen,
        served_kept=options.served_kept,
    )
    try:
        asyncio.run(_serve(simulation, require_loopback(options.host), options.port, until_eof=options.until_eof))
    except (NotLoopback, OSError) as error:
        sys.stderr.write(f"simulator: {error}\n")
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m simulator", description=__doc__)
    parser.add_argument("--port", type=int, required=True, help="0 takes a free one")
    parser.add_argument("--host", default="127.0.0.1", help="a loopback address; anything else is refused")
    parser.add_argument("--seed", type=int, default=None, help="makes the walk repeatable")
    parser.add_argument("--volatility-bps-per-sqrt-s", type=float, default=1.0, metavar="V")
    parser.add_argument("--frozen", action="store_true", help="start with the walk stopped, at the start prices")
    parser.add_argument("--served-kept", type=int, default=SERVED_KEPT, help="length of the log of served prices")
    parser.add_argument("--until-eof", action="store_true", help="stop when standard input is closed")
    return parser


async def _serve(simulation: Simulation, host: str, port: int, *, until_eof: bool) -> None:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    if until_eof:
        threading.Thread(target=_wait_for_eof, args=(loop, stop), daemon=True).start()
    runner = web.AppRunner(make_app(simulation), access_log=None, shutdown_timeout=SHUTDOWN_S)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
        bound = runner.addresses[0][1]
        name = f"[{host}]" if ":" in host else host
        sys.stdout.write(f"market simulator on http://{name}:{bound}\n")
        sys.stdout.flush()
        await stop.wait()
    finally:
        await runner.cleanup()


def _wait_for_eof(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    while os.read(0, 4096):  # unbuffered: a buffered reader would hold its lock when the interpreter ends
        pass
    with contextlib.suppress(RuntimeError):  # the loop has ended already
        loop.call_soon_threadsafe(stop.set)


if __name__ == "__main__":
    sys.exit(main())
