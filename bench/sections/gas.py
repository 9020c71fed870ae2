"""Gas: what a feed costs in a report of 1, 10 and 100 feeds, and what a consumer pays to read one."""

from __future__ import annotations

from bench.contract_gas import steady_gas
from bench.measure import SMOKE, Scale
from bench.rows import Row, round_figure
from bench.servers import Servers

# Rivals' own code, measured beside ours on Anvil 1.7.1 (prague rules) by the same definition: the best with history
# (OCR2 n=7 f=2; RedStone WithRounds twice), the best without (Maker Median; RedStone WithoutRounds; Pyth with three
# guardians); the floor is arithmetic on the gas schedule: 4 lanes a slot, ring in place, rotatable signers.
RIVALS_WITH_HISTORY = {1: 104_525, 10: 38_514, 100: 47_490}
RIVALS_WITHOUT = {1: 57_028, 10: 18_533, 100: 26_478}
FLOOR = {1: 49_198, 10: 6_491, 100: 2_362}
EVENTS_FLOOR = 2 * 1_756 + 2_600  # two LOG3 of one word, and the cold account that they must come from
RIVAL_READ = 7_884  # Chronicle Scribe, the cheapest of them
DEFINITION = "receipt gasUsed / feeds; 3 of 5 signers, ring full, all slots non-zero; rival: best {} history"


def measure(scale: Scale) -> list[Row]:
    """Return every row of the section."""
    rows: list[Row] = []
    submit: dict[int, float] = {}
    with Servers() as servers:
        url = servers.anvil().url
        for feeds in (1, 10) if scale is SMOKE else (1, 10, 100):
            figures = steady_gas(url, feeds=feeds)
            submit[feeds] = figures.submit
            for rival, name in ((RIVALS_WITH_HISTORY[feeds], "with"), (RIVALS_WITHOUT[feeds], "without")):
                what = f"submit, {feeds} feeds, gas per feed, rival {name} history"
                rows.append(_row(what, DEFINITION.format(name), figures.submit / feeds, rival, FLOOR[feeds]))
        read = "gas of latestRoundData through the proxy, everything cold; rival: Scribe"
        rows.append(_row("consumer's latestRoundData", read, figures.latest_round_data, RIVAL_READ, None))
        idle = steady_gas(url, feeds=4, sent=1)
        read = "the same of a feed that only its neighbours in the slot were updated beside"
        rows.append(_row("consumer's latestRoundData, idle feed", read, idle.latest_round_data, RIVAL_READ, None))
        events = steady_gas(url, feeds=10, announces=True).submit - submit[10]
        both = "AnswerUpdated and NewRound, per feed of ten; floor: the two LOGs, emitted by the feed's own proxy"
        rows.append(_row("events of a feed", both, events / 10, EVENTS_FLOOR, EVENTS_FLOOR))
    return rows


def _row(what: str, definition: str, ours: float, rival: float, floor: float | None) -> Row:
    return Row(
        what=what,
        definition=definition,
        unit="gas",
        floor=floor,
        rival=rival,
        ours=round_figure(ours),
        ratio=round_figure(ours / (floor or rival)),
        spread=0.0,
        n=3,
    )
