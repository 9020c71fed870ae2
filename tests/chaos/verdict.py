"""What the chain and the tables say in the end, answer by answer. The chain is asked directly, not by proxy."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from apps.submissions.models import Attempt, Submission, Wallet
from tests.chaos.world import World

State = Submission.State
CLOCK = "by the clock"


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
    attempts: int = 0
    fillers: int = 0
    resends: int = 0

    def lines(self, world: World) -> list[str]:
        """Return the figures as text."""
        deaths = (world.folder / "deaths").read_text().splitlines() if (world.folder / "deaths").exists() else []
        lines = set(deaths) - {CLOCK}
        bad = (len(self.lost), len(self.twice), len(self.stuck), len(self.unexplained))
        faults = sum((proxy.faults for proxy in world.proxies), Counter())
        return [
            f"reports accepted {self.reports}, answers landed {self.landed}",
            "lost {}, landed twice {}, stuck nonces {}, unexplained ends {}".format(*bad),
            f"ends: {dict(sorted(self.ends.items()))}",
            f"transactions signed {self.attempts}, gap fillers {self.fillers}, opened again {self.resends}",
            f"kill -9: {deaths.count(CLOCK)} by the clock, {len(deaths) - deaths.count(CLOCK)} at {len(lines)} lines",
            f"blows: {dict(sorted(world.events.items()))}",
            f"faults of the proxies: {dict(sorted(faults.items()))}",
        ]


def judge(world: World) -> Verdict:
    """Return what became of every report."""
    head = world.gateway.head()
    events = world.gateway.events(world.contract, first=0, last=head.number)
    on_chain = Counter((event.pair, event.answer) for event in events)
    newest = world.gateway.read_prices(world.contract, sorted({event.pair for event in events})).prices
    rows = list(Submission.objects.select_related("replaced_by").order_by("created_at"))
    verdict = Verdict(reports=len(rows), landed=sum(on_chain.values()))
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
