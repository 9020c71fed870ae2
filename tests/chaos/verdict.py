"""What the chain and the tables say in the end, answer by answer. The chain is asked directly, not by proxy."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from apps.submissions.models import Attempt, ChainDifference, Submission, Wallet
from tests.chaos.worker import CLOCK
from tests.chaos.world import World

State = Submission.State


@dataclass
class Verdict:
    """Figures of a run. ``lost``, ``twice``, ``stuck`` and ``unexplained`` must be empty."""

    reports: int
    ends: Counter[str] = field(default_factory=Counter)
    lost: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    stuck: list[str] = field(default_factory=list)
    unexplained: list[str] = field(default_factory=list)
    landed: int = 0
    head: int = 0
    attempts: int = 0
    fillers: int = 0
    resends: int = 0
    differences: Counter[str] = field(default_factory=Counter)

    def lines(self, world: World) -> list[str]:
        """Return the figures as text."""
        deaths, states = _read(world, "deaths"), _read(world, "states")
        lines = set(deaths) - {CLOCK}
        met = Counter(state for row in states for state in row.split(",") if state)
        restarts = {server.name: server.kills for server in (world.database, world.broker)}
        bad = (len(self.lost), len(self.twice), len(self.stuck), len(self.unexplained))
        faults = sum((proxy.faults for proxy in world.proxies), Counter())
        return [
            f"reports accepted {self.reports}, answers landed {self.landed}, head {self.head}",
            "lost {}, landed twice {}, stuck nonces {}, unexplained ends {}".format(*bad),
            f"ends: {dict(sorted(self.ends.items()))}",
            f"transactions signed {self.attempts}, gap fillers {self.fillers}, opened again {self.resends}",
            f"kill -9: {deaths.count(CLOCK)} by the clock, {len(deaths) - deaths.count(CLOCK)} at {len(lines)} lines",
            f"workers killed while submissions were: {dict(sorted(met.items()))}",
            f"servers killed and started again on their data: {restarts}",
            f"differences found by reconciling: {dict(sorted(self.differences.items()))}",
            f"blows: {dict(sorted(world.events.items()))}",
            f"faults of the proxies: {dict(sorted(faults.items()))}",
        ]


def _read(world: World, name: str) -> list[str]:
    path = world.folder / name
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


def judge(world: World, *, accepted: Sequence[uuid.UUID]) -> Verdict:
    """Return what became of every report, those that the database said it took above all."""
    head = world.gateway.head()
    events = world.gateway.events(world.contract, first=0, last=head.number)
    on_chain = Counter((event.pair, event.answer) for event in events)
    newest = world.gateway.read_prices(world.contract, sorted({event.pair for event in events})).prices
    rows = list(Submission.objects.select_related("replaced_by").order_by("created_at"))
    verdict = Verdict(reports=len(accepted), landed=sum(on_chain.values()), head=head.number)
    verdict.lost = [f"the row of {pk}" for pk in set(accepted) - {row.pk for row in rows}]
    verdict.twice = [f"{pair} {answer}" for (pair, answer), count in on_chain.items() if count > 1]
    for row in rows:
        verdict.ends[f"{row.state} {row.failure_code}".strip()] += 1
        verdict.resends += row.resends
        for item in row.answers:
            pair, answer, observed_at = item["pair"], int(item["answer"]), item["observed_at"]
            reading = newest.get(pair)
            is_there = on_chain[pair, answer] > 0
            if not is_there and (reading is None or reading.observed_at.timestamp() < observed_at):
                verdict.lost.append(f"{pair} {answer} of {row.pk} {row.state} {row.failure_code}")
            if (pair in row.landed) != is_there and row.state in (State.CONFIRMED, State.FINAL):
                verdict.unexplained.append(f"{row.pk} says landed={row.landed}, chain has {pair} {answer}: {is_there}")
        if not _is_explained(row):
            verdict.unexplained.append(f"{row.pk} {row.state} {row.failure_code} {row.failure_message}")
    claimed = {(row.tx_hash, pair) for row in rows if row.state in Submission.LANDED for pair in row.landed}
    for event in events:
        if (event.tx_hash, event.pair) not in claimed:
            verdict.unexplained.append(f"{event.pair} {event.answer} landed in {event.tx_hash}, which no row says")
    verdict.stuck = _stuck(world)
    found = ChainDifference.objects.all()
    verdict.differences = Counter(f"{one.kind} {'healed' if one.healing else 'not healed'}" for one in found)
    verdict.attempts = Attempt.objects.count()
    verdict.fillers = Attempt.objects.filter(submission=None).count()
    return verdict


def _is_explained(row: Submission) -> bool:
    if row.state == State.FATAL:
        return row.failure_code in ("superseded", "reverted", "nothing_landed") and bool(row.failure_message)
    if row.state == State.REPLACED:
        return row.replaced_by is not None
    return row.state == State.FINAL


def _stuck(world: World) -> list[str]:
    open_ones = Submission.objects.filter(state__in=Submission.UNFINISHED)
    stuck = [f"{row.pk} {row.state} nonce {row.nonce}" for row in open_ones]
    for wallet in Wallet.objects.all():
        mined = world.gateway.nonce(wallet.address, pending=False)
        if mined != wallet.next_nonce:
            stuck.append(f"{wallet.address}: {mined} mined, {wallet.next_nonce} is next")
    return stuck
