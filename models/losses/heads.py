"""Outages at the heads of zones, as they go through the flow's log; and when so many at once are no chance."""

from __future__ import annotations

from math import factorial
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from models.contracts.outputs.outage import FINAL_STATUSES, TAKEN_BACK
from models.times.iso8601 import parse_time

if TYPE_CHECKING:
    from collections.abc import Iterable

    from models.contracts.outputs.outage import OutageRecord

HEADS: Final = frozenset({"source", "bus", "substation_transformer", "breaker"})
"""Kinds of devices that are out when what feeds their zone is."""
TOGETHER: Final = 5_000
"""What begins within so long (ms) begins together: clocks err by as much."""
HOUR: Final = 3_600_000
BEFORE: Final = 6
"""Over so many hours is counted how many heads are lost by chance, and over the last one: storms begin within one."""
RARE: Final = 1000
"""One in so many is no chance."""


class Head(NamedTuple):
    """What of a revision matters here; times in milliseconds."""

    outage_id: str
    started_at: int
    zone_id: str
    device_id: str
    is_open: bool
    customers_out: int
    customers_affected: int

    @classmethod
    def of(cls, record: OutageRecord) -> Head | None:
        """Take it from the current state's record; None of an outage that is none at a head, planned, or never was."""
        if record.device_kind not in HEADS or record.planned is not None or record.status in TAKEN_BACK:
            return None
        counts = record.customers_out, record.customers_affected
        place = parse_time(record.started_at), record.zone_id, record.device_id
        return cls(record.outage_id, *place, record.status not in FINAL_STATUSES, *counts)

    @property
    def order(self) -> tuple[int, str]:
        """Heads are looked at as they began."""
        return self.started_at, self.outage_id


def chance(others: int, recent: int) -> tuple[int, int]:
    """Say how probable so many other zones' heads are within `TOGETHER` of one, by chance: a fraction, at most 1.

    `recent` are lost in `BEFORE` hours. It is the bound rate^n / n! of a Poisson tail, in whole numbers.
    """
    above, below = (max(recent, 1) * TOGETHER) ** others, (BEFORE * HOUR) ** others * factorial(others)
    return (above, below) if above < below else (1, 1)


def recently(starts: Iterable[int], first: int) -> int:
    """Say how many heads are lost in `BEFORE` hours at the pace before a moment (ms), by when heads were."""
    ago = [first - at for at in starts if 0 < first - at <= BEFORE * HOUR]
    return max(len(ago), BEFORE * sum(at <= HOUR for at in ago))


def is_rare(fraction: tuple[int, int]) -> bool:
    """Whether it is no chance."""
    return fraction[0] * RARE <= fraction[1]


def row_of(head: Head | None, outage_id: str) -> list[Any]:
    """Write what the log has of a revision: of an outage that is none of these its id alone."""
    return [outage_id] if head is None else list(head)
