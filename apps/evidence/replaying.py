"""A past round computed again from what was kept of it, with its own configuration or with another."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any

import msgspec

from apps.evidence.services import read_bodies
from apps.feeds.document import ConfigError, read_document
from apps.feeds.models import Source
from apps.feeds.selectors import source_config
from apps.feeds.values import SourceConfig
from apps.pricing.aggregate import FeedPrice, Known, aggregate_round
from apps.pricing.freeze import Watch, fingerprint
from apps.pricing.guards import Release
from apps.pricing.types import Ask, FeedSpec, Miss, OnChainValue, Quote
from apps.rounds.models import Answer, Round
from apps.rounds.plans import plan_of
from apps.rounds.recorded import recorded_outcomes
from apps.sources.adapters.base import Adapter, Reply
from apps.sources.registry import UnknownAdapter, adapter

Outcomes = dict[tuple[str, str], Quote | Miss]


class NotReplayable(Exception):
    """Nothing that is kept of the round can be computed with. ``code`` is stable, the message says why to people.

    round_open: it is not settled yet.  no_inputs: it was settled before inputs were kept.
    nothing_kept: nothing that the sources said is kept any more.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code


@dataclass(frozen=True, slots=True)
class Replayed:
    """One feed computed again. was, now: answers; None where there was, or is, no price.

    from_bodies, from_records: of its quotes, how many were read anew from a reply body, and how many only from the
    stored observation because the body is gone.
    """

    pair: str
    was: int | None
    now: int | None
    refusals_was: Mapping[str, str]
    refusals_now: Mapping[str, str]
    from_bodies: int
    from_records: int

    @property
    def is_same(self) -> bool:
        """Whether the integer came out again."""
        return self.was == self.now


@dataclass(frozen=True, slots=True)
class Replay:
    """A round computed again. unlike: quotes whose body says something else than the stored observation."""

    feeds: tuple[Replayed, ...]
    unlike: tuple[str, ...]

    @property
    def is_same(self) -> bool:
        """Whether every answer came out again, from quotes that their bodies confirm."""
        return not self.unlike and all(feed.is_same for feed in self.feeds)


def replay(round_: Round, *, feeds: Sequence[FeedSpec] | None = None) -> Replay:
    """Return what the round's feeds come to when computed again: of a trimmed round those that mattered, else all.

    feeds: another configuration than the round's own.

    Raises:
        NotReplayable: the round is open, nothing of it is kept, or it was settled before inputs were kept.
    """
    if round_.state != Round.State.CLOSED or round_.closed_at is None:
        raise NotReplayable("round_open", f"round {round_.pk} is {round_.state}")
    inputs = _inputs(round_)
    pairs = {pair for part in inputs for pair in part["covered"]}
    answers = {answer.pair: answer for answer in round_.answers.all() if answer.pair in pairs}
    stored = recorded_outcomes(answers.values())
    parsed = _from_bodies(round_, stored)
    specs = [feed for feed in (feeds or plan_of(round_).feeds) if feed.pair in pairs]
    outcomes: Outcomes = {**stored, **parsed}
    prices = aggregate_round(specs, outcomes, now=round_.closed_at, known=_known(inputs, outcomes))
    return Replay(
        feeds=tuple(
            _compared(answer, prices.get(pair), stored=stored, parsed=parsed)
            for pair, answer in sorted(answers.items())
        ),
        unlike=tuple(f"{source} {pair}" for (source, pair), said in parsed.items() if said != stored[source, pair]),
    )


def _inputs(round_: Round) -> list[Mapping[str, Any]]:
    """Return what the feeds were judged with: those that mattered and, until the round is trimmed, the others.

    Raises:
        NotReplayable: there is none.
    """
    if "covered" not in round_.inputs:
        raise NotReplayable("no_inputs", f"round {round_.pk} was settled before its inputs were kept")
    inputs = [part for part in (round_.inputs, round_.packed_inputs) if part.get("covered")]
    if not inputs:
        message = f"nothing of round {round_.pk} is kept: it is {round_.outcome}, and no feed of it mattered"
        raise NotReplayable("nothing_kept", message)
    return inputs


def _compared(answer: Answer, price: FeedPrice | None, *, stored: Outcomes, parsed: Outcomes) -> Replayed:
    """Return one feed as it was beside what it comes to now; price: None when it is not configured any more."""
    quoted = {key for key, said in stored.items() if key[1] == answer.pair and isinstance(said, Quote)}
    refused = [] if price is None else [o for o in price.observations if o.refusal]
    return Replayed(
        pair=answer.pair,
        was=answer.answer,
        now=None if price is None else price.answer,
        refusals_was={row["source"]: row["refusal"] for row in answer.observations if row["refusal"]},
        refusals_now={o.outcome.source: str(o.refusal) for o in refused},
        from_bodies=sum(key[1] == answer.pair for key in parsed),
        from_records=len(quoted - parsed.keys()),
    )


def _from_bodies(round_: Round, stored: Outcomes) -> Outcomes:
    """Return the quotes read anew from the reply bodies that are kept."""
    where = {
        (call["source"], attempt["received_at"]): attempt
        for lane in round_.lanes
        for call in lane["calls"]
        for attempt in call["attempts"]
        if attempt.get("received_at") and attempt["body_sha256"]
    }
    asks: defaultdict[tuple[str, str], list[Ask]] = defaultdict(list)
    for (source, pair), said in stored.items():
        if isinstance(said, Quote):
            asks[source, said.received_at.isoformat()].append(Ask(pair, said.ticker))
    bodies = read_bodies([attempt["body_sha256"] for attempt in where.values()])
    sources = _sources(round_)
    found: Outcomes = {}
    for key, wanted in asks.items():
        attempt = where.get(key)
        if attempt is None or attempt["body_sha256"] not in bodies or key[0] not in sources:
            continue
        reply = Reply(
            attempt["status"], attempt["headers"], bodies[attempt["body_sha256"]], datetime.fromisoformat(key[1])
        )
        for said in _parsed(sources[key[0]], wanted, reply):
            found[key[0], said.pair] = msgspec.structs.replace(said, source=key[0])
    return found


def _parsed(reader: Adapter, asks: Sequence[Ask], reply: Reply) -> Iterator[Quote | Miss]:
    for request in reader.build(asks):
        for ask, outcome in zip(request.asks, reader.parse(request, reply), strict=True):
            yield msgspec.structs.replace(outcome, pair=ask.pair)


def _sources(round_: Round) -> dict[str, Adapter]:
    """Return the adapters of the round's sources as its configuration describes them, today's where that is gone."""
    configs: dict[str, SourceConfig] = {source.slug: source_config(source) for source in Source.objects.all()}
    if round_.config_version is not None:
        with suppress(ConfigError):  # a document of an older program: today's sources then
            configs |= read_document(round_.config_version.document).config.sources
    found: dict[str, Adapter] = {}
    for slug, config in configs.items():
        with suppress(UnknownAdapter):
            reader = adapter(config.adapter).with_options(dict(config.options))
            if reader.shares_replies:  # else a price takes several replies, and none alone says it
                found[slug] = reader
    return found


def _known(inputs: Sequence[Mapping[str, Any]], outcomes: Outcomes) -> Known:
    """Return what was known beside the quotes; the parts are about different pairs."""
    watches: defaultdict[str, dict[str, Watch]] = defaultdict(dict)
    for pair, source in chain.from_iterable(part["frozen"] for part in inputs):
        said = outcomes.get((source, pair))
        if isinstance(said, Quote):
            watches[pair][source] = Watch(fingerprint(said), said.received_at, said.price, said.price, frozen=True)
    return Known(
        references={pair: _value(row) for part in inputs for pair, row in part["references"].items()},
        last={pair: _value(row) for part in inputs for pair, row in part["last"].items()},
        releases={pair: Release(int(row[0]), row[1]) for part in inputs for pair, row in part["releases"].items()},
        watches=watches,
    )


def _value(row: Sequence[str]) -> OnChainValue:
    return OnChainValue(int(row[0]), datetime.fromisoformat(row[1]), datetime.fromisoformat(row[2]))
