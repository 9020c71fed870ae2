"""A request with its source's key in it: the last step before the socket, and the only place that holds a plain key.

Everything that is shown or kept (attempt records, logs, messages) is made from the request without the key.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import quote

import msgspec

from apps.monitoring import logs
from apps.pricing.types import Miss, MissCode, Quote, SourceSpec
from apps.sources import errors
from apps.sources.adapters import parsing
from apps.sources.adapters.base import Adapter, KeyPlace, PriceRequest, Reply
from apps.sources.sealing import SealError, origin_of, unseal
from apps.sources.urls import KEY_MARK, request_url

NO_KEY = "; no key is set: enter one in admin, or run `manage.py source_key set`"


@dataclass(frozen=True, slots=True)
class Sendable:
    """What goes to the transport; may hold the key, so neither part is ever printed."""

    url: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)


def sendable(spec: SourceSpec, adapter: Adapter, request: PriceRequest) -> Sendable:
    """Return URL and headers with the source's key where its API wants it, unchanged for a source without one.

    Raises SourceMisconfigured: the key does not open here, was set for another host, or has no place to go.
    """
    url = request_url(spec.base_url, request)
    if not spec.sealed_key:
        if KEY_MARK in spec.base_url:
            raise errors.SourceMisconfigured(f"the base URL has a place for a key{NO_KEY}")
        return Sendable(url, request.headers)
    try:
        key = unseal(spec.sealed_key, origin=origin_of(url))
    except SealError as exc:
        raise errors.SourceMisconfigured(str(exc)) from exc
    if KEY_MARK in spec.base_url:
        base_url = spec.base_url.replace(KEY_MARK, quote(key, safe=""))
        return Sendable(request_url(base_url, request), request.headers)
    return _placed(adapter.key_place(), key, spec=spec, request=request)


def _placed(place: KeyPlace | None, key: str, *, spec: SourceSpec, request: PriceRequest) -> Sendable:
    if place is None:
        raise errors.SourceMisconfigured(f"adapter {spec.adapter} has no place for a key; clear it")
    if place.query:
        keyed = replace(request, query=(*request.query, (place.query, key)))
        return Sendable(request_url(spec.base_url, keyed), request.headers)
    return Sendable(request_url(spec.base_url, request), {**request.headers, place.header: place.prefix + key})


def keyless(reply: Reply) -> Reply:
    """Return the reply without any key its body repeats, as error pages do, before anybody quotes or keeps it."""
    return replace(reply, body=logs.body_without_opened(reply.body))


def told(outcome: Quote | Miss, *, spec: SourceSpec, adapter: Adapter) -> Quote | Miss:
    """Return the outcome with no key in its words, and with what to do when a key is missing."""
    if not isinstance(outcome, Miss):
        return outcome
    lacks_key = outcome.code is MissCode.KEY_REFUSED and not spec.sealed_key and adapter.key_place() is not None
    hint = NO_KEY if lacks_key else ""
    words = logs.without_opened(outcome.message)[: parsing.MAX_MESSAGE - len(hint)]
    return msgspec.structs.replace(outcome, message=words + hint)
