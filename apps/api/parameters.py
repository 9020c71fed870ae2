"""Reading query parameters and headers, with a problem that names the one that is wrong."""

from __future__ import annotations

from collections.abc import Collection

from rest_framework.request import Request

from apps.api.problems import Problem, ProblemCode


def choice(request: Request, name: str, *, choices: Collection[str], default: str) -> str:
    """Return a query parameter that must be one of ``choices``. Raises parameter_invalid."""
    value = request.query_params.get(name, default)
    if value not in choices and value != default:
        raise _invalid(name, f"expected one of {', '.join(choices)}")
    return value


def whole_number(request: Request, name: str, *, default: int, maximum: int) -> int:
    """Return a query parameter between 1 and ``maximum``. Raises parameter_invalid."""
    text = request.query_params.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 10 and 1 <= int(text) <= maximum):
        raise _invalid(name, f"expected a whole number from 1 to {maximum}")
    return int(text)


def wait_preference(request: Request, *, maximum_s: int) -> int | None:
    """Return the seconds of ``Prefer: wait=N`` (RFC 7240), cut to the maximum; None when not or wrongly asked.

    A preference that cannot be read is ignored, as the RFC wants it.
    """
    for preference in request.headers.get("Prefer", "").split(","):
        name, _, value = preference.partition(";")[0].partition("=")
        seconds = value.strip().strip('"')
        if name.strip().lower() == "wait" and seconds.isascii() and seconds.isdigit() and len(seconds) < 10:
            return min(int(seconds), maximum_s)
    return None


def _invalid(name: str, expected: str) -> Problem:
    return Problem(ProblemCode.PARAMETER_INVALID, f"{name}: {expected}.", parameter=name)
