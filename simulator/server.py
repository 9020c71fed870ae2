"""The HTTP side: every exchange below its slug, the control API below /_control, on loopback only."""

from __future__ import annotations

import asyncio
import ipaddress
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace

from aiohttp import web

from simulator import control
from simulator.exchanges.base import Reply
from simulator.faults import BadControl, Fault, Mode
from simulator.state import Simulation, Source

DRIP_PIECES = 40
WEB_PAGE = "<!DOCTYPE html><html><head><title>Just a moment...</title></head><body>Checking your browser</body></html>"
SIMULATION = web.AppKey("simulation", Simulation)

PRICE_MODES = frozenset({Mode.OK, Mode.WRONG, Mode.FROZEN, Mode.DELISTED})


class NotLoopback(ValueError):
    """The simulator was told to listen where other machines could reach it."""


def require_loopback(host: str) -> str:
    """Return the address to listen on, ``localhost`` being 127.0.0.1.

    Raises:
        NotLoopback: it is not a loopback address: made-up prices must not be mistaken for real ones elsewhere.
    """
    host = "127.0.0.1" if host == "localhost" else host
    try:
        address = ipaddress.ip_address(host)
    except ValueError as error:
        raise NotLoopback(f"host {host!r} is not a loopback address") from error
    if not address.is_loopback:
        raise NotLoopback(f"host {host!r} is not a loopback address")
    return host


def make_app(simulation: Simulation) -> web.Application:
    """Return the application of one simulated world."""
    app = web.Application()
    app[SIMULATION] = simulation
    app.router.add_get("/_control/state", _control(lambda world, _request, _body: control.state(world)))
    app.router.add_get("/_control/served", _control(lambda world, request, _: control.served(world, request.query)))
    app.router.add_get("/_control/quotes", _control(lambda world, request, _: control.quotes(world, request.query)))
    app.router.add_post(
        "/_control/sources/{slug}",
        _control(lambda world, request, body: control.set_source(world, request.match_info["slug"], body)),
    )
    app.router.add_post("/_control/market", _control(lambda world, _, body: control.set_market(world, body)))
    app.router.add_post("/_control/freeze", _control(lambda world, _, body: control.freeze(world, body)))
    app.router.add_post("/_control/reset", _control(_reset))
    app.router.add_route("*", "/{slug}/{path:.*}", _exchange)
    app.router.add_route("*", "/{slug}", _exchange)
    return app


def _reset(simulation: Simulation, _request: web.Request, _body: control.Json) -> control.Json:
    simulation.reset()
    return control.state(simulation)


def _control(
    action: Callable[[Simulation, web.Request, control.Json], control.Json],
) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def handle(request: web.Request) -> web.StreamResponse:
        try:
            return web.json_response(action(request.app[SIMULATION], request, await _body_of(request)))
        except BadControl as error:
            return web.json_response({"error": str(error)}, status=400)

    return handle


async def _body_of(request: web.Request) -> control.Json:
    text = await request.text()
    try:
        body = json.loads(text) if text else {}
    except ValueError as error:
        raise BadControl("the body is not JSON") from error
    if not isinstance(body, dict):
        raise BadControl("the body is not a JSON object")
    return body


async def _exchange(request: web.Request) -> web.StreamResponse:
    simulation = request.app[SIMULATION]
    source = simulation.sources.get(request.match_info["slug"])
    if source is None:
        return web.json_response({"error": "no such source"}, status=404)
    source.calls += 1
    desk = source.desk(simulation.market, simulation.clock())
    path = "/" + request.match_info.get("path", "")
    reply = source.answer(desk, path, request.query, body=await request.text())
    fault = source.fault if source.fault.hits(desk.touched()) else Fault()
    response = await _deliver(request, source, fault, reply)
    if fault.mode in PRICE_MODES or (fault.mode in {Mode.SLOW, Mode.DRIP} and _is_connected(request)):
        simulation.log(source, desk)
    return response


def _is_connected(request: web.Request) -> bool:
    return request.transport is not None and not request.transport.is_closing()


async def _deliver(request: web.Request, source: Source, fault: Fault, reply: Reply) -> web.StreamResponse:
    match fault.mode:
        case Mode.DEAD:
            return _hang_up(request)
        case Mode.SLOW:
            await asyncio.sleep(fault.delay_ms / 1000)
            return _response(reply)
        case Mode.DRIP:
            return await _drip(request, reply, fault.delay_ms / 1000)
        case mode if mode in PRICE_MODES:
            return _response(reply)
        case _:
            return _response(_faulty(source, fault, reply))


def _faulty(source: Source, fault: Fault, reply: Reply) -> Reply:
    """Return the reply that a fault puts in place of the real one."""
    made_up = {
        Mode.RATE_LIMITED: source.exchange.rate_limited(),
        Mode.BANNED: source.exchange.banned(),
        Mode.HTML: Reply(text=WEB_PAGE, content_type="text/html"),
        Mode.TRUNCATED: replace(reply, text=_half(reply.payload())),
        Mode.EMPTY: Reply(text=""),
        Mode.BODY: Reply(text=""),
        Mode.STATUS: Reply({"message": "simulated fault"}, status=500),
    }[fault.mode]
    headers = {**made_up.headers, **fault.headers}
    if fault.retry_after_s is not None:
        headers["Retry-After"] = str(fault.retry_after_s)
    return replace(
        made_up,
        status=fault.status or made_up.status,
        text=made_up.text if fault.body is None else fault.body,
        content_type=fault.content_type or made_up.content_type,
        headers=headers,
    )


def _half(text: str) -> str:
    return text[: len(text) // 2]


def _response(reply: Reply) -> web.Response:
    headers = {"Content-Type": reply.content_type, **reply.headers}
    return web.Response(body=reply.payload().encode(), status=reply.status, headers=headers)


def _hang_up(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


async def _drip(request: web.Request, reply: Reply, duration_s: float) -> web.StreamResponse:
    body = reply.payload().encode()
    response = web.StreamResponse(status=reply.status, headers={"Content-Type": reply.content_type, **reply.headers})
    response.content_length = len(body)
    size = max(1, -(-len(body) // DRIP_PIECES))
    pieces = [body[start : start + size] for start in range(0, len(body), size)]
    try:
        await response.prepare(request)
        for piece in pieces:
            await asyncio.sleep(duration_s / len(pieces))
            await response.write(piece)
    except ConnectionResetError:
        return response
    await response.write_eof()
    return response
