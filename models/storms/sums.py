"""Sums over outages that are kept as outages change: how many, whom they have out, and where."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from models.contracts.outputs.outage import FINAL_STATUSES
from models.times.iso8601 import parse_time

if TYPE_CHECKING:
    from collections.abc import Sequence

    from models.contracts.outputs.outage import OutageRecord

THERE = frozenset({"on_site", "repairing"})
GONE = frozenset({"completed", "available", "unavailable"})
"""What a crew does that is at an outage, or has left it."""
NEVER_WERE = frozenset({"momentary", "merged", "cancelled"})
"""How outages end that count in no storm."""


class Shown(NamedTuple):
    """What of a revision of an outage matters to storms, as it goes through the flow's log; times in milliseconds."""

    outage_id: str
    counts: bool
    """It is not planned, and was one."""
    is_open: bool
    started_at: int
    customers_out: int
    customers_affected: int
    areas: list[list[Any]]
    """Kind, id, customers out, customers served."""
    estimate: Sequence[int] | None = None
    """The ends of the range in which power is back, in seconds; None: nobody estimates it."""
    crew_etr: int | None = None
    """What a crew says, in seconds."""
    crews: Sequence[str] = ()
    """Those on their way or at work."""
    work_began: int | None = None
    """Since when (seconds) the first of them is there."""

    @classmethod
    def of(cls, record: OutageRecord) -> Shown:
        """Take it from the current state's record."""
        ends = [None if at is None else parse_time(at) // 1000 for at in (record.estimate_from, record.estimate_to)]
        return cls(
            record.outage_id,
            record.planned is None and record.status not in NEVER_WERE,
            record.status not in FINAL_STATUSES,
            parse_time(record.started_at),
            record.customers_out,
            record.customers_affected,
            [[area.kind, area.area_id, area.customers_out, area.customers_served] for area in record.areas],
            None if ends[0] is None or ends[1] is None else (ends[0], ends[1]),
            ends[1] if record.estimate_source == "crew" else None,
            [crew.crew_id for crew in record.crews if crew.status not in GONE],
            min((parse_time(crew.at) // 1000 for crew in record.crews if crew.status in THERE), default=None),
        )


@dataclass(slots=True)
class Sums:
    """Of some outages."""

    outages: int = 0
    open: int = 0
    customers_out: int = 0
    customers_affected: int = 0
    areas: dict[str, dict[str, list[int]]] = field(default_factory=dict)
    """By kind and id: customers out, and served."""

    def add(self, shown: Shown, sign: int = 1) -> None:
        """An outage is among them as it is shown; with -1 it is so no more."""
        self.outages += sign
        self.open += sign * shown.is_open
        self.customers_out += sign * shown.customers_out
        self.customers_affected += sign * shown.customers_affected
        for kind, area_id, out, served in shown.areas:
            by_id = self.areas.setdefault(kind, {})
            left = by_id.get(area_id, [0, served])[0] + sign * out
            if left:
                by_id[area_id] = [left, served]
            else:
                by_id.pop(area_id, None)

    def areas_out(self) -> list[dict[str, Any]]:
        """The areas as a record has them, by kind and id."""
        return [
            {"kind": kind, "area_id": area_id, "customers_out": out, "customers_served": served}
            for kind, by_id in sorted(self.areas.items())
            for area_id, (out, served) in sorted(by_id.items())
        ]
