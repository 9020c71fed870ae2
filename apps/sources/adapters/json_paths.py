"""JSON paths (RFC 9535). Their library is loaded with the first path, because most fetch workers never see one.

With the regular expressions it brings it costs 5 MB and 60 ms of start.
"""

from __future__ import annotations

from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jsonpath_rfc9535 import JSONPathQuery


class PathError(ValueError):
    """A path cannot be read, or not be followed; the message says why on one line."""


def values_at(path: str, node: dict[Any, Any] | list[Any]) -> list[object]:
    """Return the values a path finds, in their order. Raises PathError."""
    compiled = check_path(path)
    try:
        return list(compiled.find(node).values())
    except RecursionError as exc:
        raise PathError(exc.__class__.__name__) from exc
    except _library_error() as exc:
        raise PathError(_words(exc)) from exc


@lru_cache(maxsize=512)
def check_path(path: str) -> JSONPathQuery:
    """Return the compiled path. Raises PathError."""
    from jsonpath_rfc9535 import compile as compile_path  # noqa: PLC0415 - see above

    try:
        return compile_path(path)
    except RecursionError as exc:
        raise PathError(exc.__class__.__name__) from exc
    except _library_error() as exc:
        raise PathError(_words(exc)) from exc


@cache
def _library_error() -> type[Exception]:
    from jsonpath_rfc9535 import JSONPathError  # noqa: PLC0415 - see above

    return JSONPathError


def _words(error: Exception) -> str:
    return str(error).partition("\n")[0][:100] or error.__class__.__name__
