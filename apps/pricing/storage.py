"""How a contract keeps a feed. Pure."""

from __future__ import annotations

from enum import StrEnum

SHARED_MAX_ANSWER = 2**47 - 1  # the contract's MAX_PACKED_ANSWER: what a lane of a shared storage slot holds


class Storage(StrEnum):
    """Where a contract keeps a feed, for the feed's life there.

    AUTO: in a shared slot if its upper bound fits one, else wide. SHARED: in one slot with up to three others, which is
    cheapest to write together. ALONE: in such a slot with nobody, so that a reading is always one slot and a report of
    this feed alone costs no more. WIDE: in a slot of its own, for answers that a lane does not hold.
    """

    AUTO = "auto"
    SHARED = "shared"
    ALONE = "alone"
    WIDE = "wide"
