"""What a rule finds wrong, and the checks of form that rules of sources, feeds, lists and destinations share.

A Problem says where (a path such as ``("feeds", "BTC/USD", "quorum")``), which rule (a stable code) and what is wrong,
in words that show both values.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias
from urllib.parse import urlsplit

Where: TypeAlias = tuple[str | int, ...]

SLUG = re.compile(r"[a-z][a-z0-9_]{1,39}")


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong. ``where[-1]`` is the field, or ``listings`` for the list as a whole."""

    where: Where
    code: str
    message: str


def decimal_problems(value: Decimal, limits: tuple[Decimal, int, int], *, where: Where) -> Iterator[Problem]:
    """Yield what is wrong with a number. limits: lowest, digits before the point, digits after it."""
    lowest, before_point, after_point = limits
    if not value.is_finite():
        yield Problem(where, "not_finite", f"{value} is not a finite number")
        return
    if value < lowest:
        yield Problem(where, "out_of_range", f"{value:f} is below {lowest}")
    exponent = value.normalize().as_tuple().exponent
    if isinstance(exponent, int) and -exponent > after_point:
        yield Problem(where, "too_precise", f"{value:f} has more than {after_point} digits after the point")
    if value.adjusted() >= before_point:
        yield Problem(where, "out_of_range", f"{value:f} has more than {before_point} digits before the point")


def is_http_url(value: str) -> bool:
    """Return whether this is an http(s) URL with a host, of at most 300 characters."""
    try:
        parts = urlsplit(value)
        parts.port  # noqa: B018 - reading it is what validates it
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and len(value) <= 300
