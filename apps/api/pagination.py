"""Pages of rounds."""

from __future__ import annotations

from urllib.parse import urlsplit

from rest_framework.exceptions import NotFound
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request

from apps.api.parameters import whole_number
from apps.api.problems import Problem, ProblemCode


class RoundPagination(CursorPagination):
    """Newest first; a cursor stays right while new rounds arrive. Links are paths, whatever proxy stands before us."""

    ordering = ("-opened_at", "-id")
    page_size = 50
    max_page_size = 200
    page_size_query_param = "limit"
    invalid_cursor_message = "cursor: not one of ours."

    def get_page_size(self, request: Request) -> int:
        """Return ``limit``. Raises parameter_invalid."""
        return whole_number(request, "limit", default=50, maximum=200)

    def decode_cursor(self, request: Request):  # type: ignore[no-untyped-def]
        """Return the cursor. Raises parameter_invalid where REST framework would say 404."""
        try:
            return super().decode_cursor(request)
        except NotFound as exc:
            raise Problem(ProblemCode.PARAMETER_INVALID, "cursor: not one of ours.", parameter="cursor") from exc

    def links(self) -> dict[str, str | None]:
        """Return the paths of the pages before and after this one."""
        return {"next": _path(self.get_next_link()), "previous": _path(self.get_previous_link())}


def _path(url: str | None) -> str | None:
    if url is None:
        return None
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}"
