"""A round told from its rows."""

from __future__ import annotations

from typing import Any

from apps.rounds import story


def call(*attempts: dict[str, Any]) -> story.Call:
    """Return a call as the story tells it."""
    row = {"source": "binance", "role": "primary", "promoted_for": None, "started_at": "", "latency_ms": 4}
    return story._call({**row, "attempts": list(attempts), "quotes": 1, "misses": 0}, {})


def attempt(host: str, **fields: Any) -> dict[str, Any]:
    """Return an attempt as lanes store it."""
    return {"url": f"https://{host}/api", "status": 200, "code": "", "latency_ms": 4, "body_sha256": "aa", **fields}


def test_the_hosts_asked_end_with_the_one_that_answered() -> None:
    """A mirror that stepped in is seen; each host stands once."""
    told = call(attempt("api.example"), attempt("mirror.example"), attempt("api.example"), attempt("mirror.example"))

    assert told.hosts == ("api.example", "mirror.example")
    assert (told.attempts, told.is_cached) == (4, False)


def test_a_reply_of_another_round_is_no_call_of_this_one() -> None:
    """It says cached, and keeps its hash; a round from before that was recorded reads as before."""
    told = call(attempt("api.example", cached=True))

    assert (told.attempts, told.is_cached, told.body_sha256) == (0, True, ("aa",))
    assert call(attempt("api.example")).is_cached is False
