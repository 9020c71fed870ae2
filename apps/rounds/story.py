"""What happened in a round, told from its rows: who was asked, who was lost, who stepped in, and what was used.

Both doors show it, the REST API and the web pages, so the stored JSON is read here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from apps.pricing.types import MissCode, SourceRole
from apps.rounds.models import Answer, Round
from apps.rounds.plans import plan_of

USED, REFUSED, MISSED = "used", "refused", "missed"
_MISS_CODES = frozenset(MissCode)


@dataclass(frozen=True, slots=True)
class Call:
    """One source asked within a round. promoted_for: the lost source it replaced, empty for a primary.

    quotes, misses: how many tickers it answered and how many not.  reason: code of its last failed HTTP call, or of
    what was missing in a reply that arrived; empty when nothing was.  body_sha256: hashes of its reply bodies.
    attempts: HTTP calls made.  hosts: whom it asked, mirrors included, the one that answered last.  is_cached: a reply
    of another round served, whose quotes keep the time it arrived.
    """

    source: str
    role: str
    promoted_for: str
    started_at: str
    latency_ms: int
    attempts: int
    quotes: int
    misses: int
    reason: str
    body_sha256: tuple[str, ...]
    hosts: tuple[str, ...]
    is_cached: bool

    @property
    def is_lost(self) -> bool:
        """Whether the source gave no price at all."""
        return self.quotes == 0


@dataclass(frozen=True, slots=True)
class Lost:
    """A source that gave no price, and why."""

    source: str
    reason: str


@dataclass(frozen=True, slots=True)
class Story:
    """A round's sources.

    primary: asked at once, in lane order.  calls: those that came back, reserves behind the source they replaced.
    waiting: lanes of an open round that are not back yet.  silent: lanes of a closed round that never came back.
    spare: reserves of the plan nobody needed, most trusted first; empty while the round is open.
    """

    primary: tuple[str, ...]
    calls: tuple[Call, ...]
    waiting: tuple[str, ...]
    silent: tuple[str, ...]
    spare: tuple[str, ...]

    @property
    def lost(self) -> list[Lost]:
        """Return the sources that gave no price, reserves included."""
        calls = [Lost(call.source, call.reason) for call in self.calls if call.is_lost]
        return calls + [Lost(source, MissCode.LANE_LOST) for source in self.silent]

    @property
    def promoted(self) -> list[Call]:
        """Return the reserves that were asked, in the order they were started."""
        reserves = [call for call in self.calls if call.role == SourceRole.RESERVE]
        return sorted(reserves, key=lambda call: call.started_at)


@dataclass(frozen=True, slots=True)
class Observed:
    """One source's part in one answer. verdict: used, refused or missed; reason: its code, empty when used.

    price: in the feed's quote currency, after inversion and conversion; quoted: as the source said it.
    """

    source: str
    ticker: str
    verdict: str
    reason: str
    message: str
    price: str | None
    quoted: str | None
    source_time: str | None
    received_at: str | None
    conversion: str | None
    rate: str | None
    role: str
    promoted_for: str
    venue: str


def round_story(round_: Round) -> Story:
    """Return what the round's sources did, as far as it is known yet."""
    reasons = _reasons(round_)
    calls = tuple(_call(call, reasons) for lane in round_.lanes for call in lane["calls"])
    asked = {call.source for call in calls}
    lanes, reserves = _planned(round_)
    is_open = round_.state == Round.State.OPEN
    absent = tuple(source for source in lanes if source not in asked)
    return Story(
        primary=tuple(lanes),
        calls=calls,
        waiting=absent if is_open else (),
        silent=() if is_open else absent,
        spare=() if is_open else tuple(source for source in reserves if source not in asked),
    )


def observed(answer: Answer) -> list[Observed]:
    """Return the observations of an answer: used first, then refused, then missed."""
    rows = [_observed(row) for row in answer.observations]
    return sorted(rows, key=lambda row: (USED, REFUSED, MISSED).index(row.verdict))


def requested_pairs(round_: Round) -> list[str]:
    """Return the feeds that were asked for, without the conversion feeds that came along; all when scheduled."""
    return list(round_.requested or round_.pairs)


def duration_ms(round_: Round) -> int | None:
    """Return how long the round took from opening to closing, None while it is open."""
    return None if round_.closed_at is None else _ms(round_.opened_at, round_.closed_at)


def _ms(start: datetime, end: datetime) -> int:
    delta = end - start
    return delta.days * 86_400_000 + delta.seconds * 1000 + delta.microseconds // 1000


def _planned(round_: Round) -> tuple[list[str], list[str]]:
    """Return the plan's lanes and its reserves, each once, most trusted first."""
    plan = plan_of(round_)
    return list(plan.lanes), list(dict.fromkeys(source for row in plan.reserves.values() for source in row))


def _reasons(round_: Round) -> dict[str, str]:
    """Return the first MissCode each source was refused for, from the observations of the round's answers."""
    reasons: dict[str, str] = {}
    for answer in round_.answers.all():
        for row in answer.observations:
            if row["refusal"] in _MISS_CODES:
                reasons.setdefault(row["source"], row["refusal"])
    return reasons


def _call(call: Mapping[str, Any], reasons: Mapping[str, str]) -> Call:
    attempts = call["attempts"]
    last_code = attempts[-1]["code"] if attempts else ""
    return Call(
        source=call["source"],
        role=call["role"],
        promoted_for=call["promoted_for"] or "",
        started_at=call["started_at"],
        latency_ms=call["latency_ms"],
        attempts=sum(not attempt.get("cached") for attempt in attempts),
        quotes=call["quotes"],
        misses=call["misses"],
        reason=(last_code or reasons.get(call["source"], "")) if call["misses"] else "",
        body_sha256=tuple(attempt["body_sha256"] for attempt in attempts if attempt["body_sha256"]),
        hosts=_hosts(attempts),
        is_cached=any(attempt.get("cached") for attempt in attempts),
    )


def _hosts(attempts: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """Return every host that was asked once, in the order of the last time it was."""
    hosts = [urlsplit(attempt["url"]).netloc for attempt in attempts]
    return tuple(reversed(dict.fromkeys(reversed(hosts))))


def _observed(row: Mapping[str, Any]) -> Observed:
    conversion = row.get("conversion") or {}
    return Observed(
        source=row["source"],
        ticker=row["ticker"],
        verdict=_verdict(row["refusal"]),
        reason=row["refusal"],
        message=row["message"],
        price=row.get("converted"),
        quoted=row.get("price"),
        source_time=row.get("source_time"),
        received_at=row.get("received_at"),
        conversion=conversion.get("pair"),
        rate=conversion.get("rate"),
        role=row["role"],
        promoted_for=row["promoted_for"] or "",
        venue=row.get("venue") or row["source"],
    )


def _verdict(reason: str) -> str:
    if not reason:
        return USED
    return MISSED if reason in _MISS_CODES else REFUSED
