"""Whether the oracle does its work, not merely whether its process is up.

Apps that own what readiness depends on hand in their checks, as they do with gauges (collector.py).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

# What an unready oracle answers; the API's catalogue of problems takes all three from here.
NOT_READY_CODE: Final = "not_ready"
NOT_READY_STATUS: Final = 503
NOT_READY_TITLE: Final = "Prices do not flow to the chain"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check says about one thing.

    required: readiness fails when this finding is not ok.  detail: JSON-able facts behind it.
    """

    name: str
    ok: bool
    reason: str = ""
    required: bool = True
    detail: dict[str, object] = field(default_factory=dict)

    def as_json(self) -> dict[str, object]:
        """Return the finding as it stands in the API's body."""
        return {"name": self.name, "ok": self.ok, "required": self.required, "reason": self.reason, **self.detail}


Check = Callable[[], Sequence[Finding]]
_checks: dict[str, Check] = {}


def register(name: str, check: Check) -> None:
    """Have ``check`` asked at every readiness request, in order of registration; it must not raise."""
    _checks[name] = check


def findings() -> dict[str, Sequence[Finding]]:
    """Return what every registered check finds now, by the check's name."""
    return {name: check() for name, check in _checks.items()}


def is_ready(found: dict[str, Sequence[Finding]]) -> bool:
    """Return whether nothing required is ill. Without any check nothing is known, so nothing is ready."""
    return bool(found) and all(f.ok or not f.required for group in found.values() for f in group)
