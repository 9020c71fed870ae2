"""In which order the hosts of one source are asked within one call. Pure.

A mirror speaks for the same exchange: it is tried at once when the host before it fails, inside the time of the source
and before any reserve. A rate limit or ban holds for all of them: asking a mirror would only go round it.
"""

from __future__ import annotations

from apps.pricing.types import MissCode, SourceSpec

# What another host of the same source may not share.
OF_ONE_HOST = frozenset(
    {
        MissCode.TIMEOUT,
        MissCode.CONNECTION_FAILED,
        MissCode.TLS_FAILED,
        MissCode.GEO_BLOCKED,
        MissCode.SERVER_ERROR,
        MissCode.HTTP_ERROR,
        MissCode.REDIRECT_REFUSED,
        MissCode.ADDRESS_REFUSED,
        MissCode.NOT_JSON,
    }
)


class Hosts:
    """The base URLs one request may go to; a source with a key has one, which its key is bound to."""

    def __init__(self, spec: SourceSpec) -> None:
        self._urls = (spec.base_url,) if spec.sealed_key else (spec.base_url, *spec.mirrors)
        self._order = list(range(len(self._urls)))
        self._place = 0

    @property
    def count(self) -> int:
        """Return how many there are."""
        return len(self._urls)

    @property
    def index(self) -> int:
        """Return the current one's place in the configuration, 0 for the base URL."""
        return self._order[self._place]

    @property
    def url(self) -> str:
        """Return the current base URL."""
        return self._urls[self.index]

    @property
    def has_moved_on(self) -> bool:
        """Return whether a host before the current one failed just now."""
        return self._place > 0

    @property
    def untried(self) -> int:
        """Return how many follow the current one."""
        return len(self._order) - self._place - 1

    def prefer(self, index: int) -> None:
        """Begin with this host when none was tried yet: it answered when others lately did not."""
        if self._place == 0 and index in self._order:
            self._order = [index, *(each for each in range(len(self._urls)) if each != index)]

    def move_on(self, code: MissCode) -> bool:
        """Return whether the next host is now the current one, after the current one failed with this code."""
        if code not in OF_ONE_HOST or not self.untried:
            return False
        self._place += 1
        return True

    def restart(self) -> None:
        """Begin again with the first of the order."""
        self._place = 0
