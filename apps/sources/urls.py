"""The URL of a request, and how much of it may be shown. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from apps.sources import errors
from apps.sources.adapters.base import PriceRequest

_SECRET_NAME = re.compile(r"key|token|secret|sign|auth|password|cookie", re.IGNORECASE)
HIDDEN = "hidden"
KEY_MARK = "{key}"  # in a base URL: where the source's key goes


def request_url(base_url: str, request: PriceRequest) -> str:
    """Return the URL to ask: the request's path below the base URL.

    A request with an absolute URL keeps it only when the source has no base URL; else path and query move below the
    base, so that a source pointed at a simulator or proxy never leaves it. Raises SourceMisconfigured without either.
    """
    path = request.path
    if path and not path.startswith("/") and base_url:
        parts = urlsplit(path)
        path = urlunsplit(("", "", parts.path or "/", parts.query, ""))
    url = f"{base_url.rstrip('/')}{path}" if base_url else path
    if "://" not in url:
        raise errors.SourceMisconfigured("the source has neither a base URL nor an absolute one")
    try:
        urlsplit(url)
    except ValueError as exc:
        raise errors.SourceMisconfigured(f"not a URL: {exc}") from exc
    if not request.query:
        return url
    return f"{url}{'&' if '?' in url else '?'}{urlencode(request.query)}"


def public_url(url: str) -> str:
    """Return the URL as records and logs may show it: no user, no fragment, values of secret parameters hidden."""
    parts = urlsplit(url)
    query = [(name, HIDDEN if _SECRET_NAME.search(name) else value) for name, value in parse_qsl(parts.query, True)]
    shown = urlencode(query, safe=',[]"/:-') if any(value == HIDDEN for _, value in query) else parts.query
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, shown, ""))


def public_headers(headers: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Return the headers as people may see them: values under secret names hidden."""
    return tuple((name, HIDDEN if _SECRET_NAME.search(name) else value) for name, value in headers.items())
