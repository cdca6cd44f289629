"""What another version of the network makes of exchanges that were told since the last one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from models.ingest.mounting.laid import Laid
from models.ingest.mounting.mountings import NOWHERE, Mountings

if TYPE_CHECKING:
    from models.ingest.mounting.mountings import Mounting

NAMED: Final = 3
"""So many are named in a line of the log."""


@dataclass(slots=True)
class Exchanges:
    """Meters that hang where the version before did not have them, in the order of their moments."""

    confirmed: list[Mounting] = field(default_factory=list)
    """The version has them there."""
    standing: list[Mounting] = field(default_factory=list)
    """It does not, and they go on: they are later than its tables, or nobody says when these were drawn."""
    overruled: list[Mounting] = field(default_factory=list)
    """It does not, and its tables were drawn later: they end."""

    def told(self) -> str:
        """Say it in a line."""
        parts = [
            f"{len(some):,} {what}{_first(some)}"
            for some, what in (
                (self.confirmed, "confirmed"),
                (self.standing, "not in its tables, and going on"),
                (self.overruled, "older than its tables, and over"),
            )
            if some
        ]
        return "; ".join(parts) or "none"


def _first(mountings: list[Mounting]) -> str:
    named = [f"meter {one.meter_id} at {one.usage_point_id}" for one in mountings[:NAMED]]
    more = ", ..." if len(mountings) > NAMED else ""
    return f" ({', '.join(named)}{more})"


def hanging(laid: Laid) -> list[Mounting]:
    """Give what lies on top of a version and no later word ended: each meter at most once, as each usage point."""
    laid.refresh()
    last = [mountings[-1] for mountings in laid.by_meter.values()]
    there = [one for one in last if one.usage_point_id != NOWHERE and laid.by_point[one.usage_point_id][-1] == one]
    return sorted(there, key=lambda one: one.turn)


def exchanges(before: Laid, after: Laid) -> Exchanges:
    """Compare a version with its successor."""
    found = Exchanges()
    after.refresh()
    for mounting in hanging(before):
        getattr(found, after.standing(mounting)).append(mounting)
    return found


def forgotten(laid: Laid, before: int) -> list[Mounting]:
    """Give the mountings told before a log time (ms) that say nothing any more, as a version has it.

    None where one of them still stands before another: until that is old enough, too.
    """
    laid.refresh()
    left = {mounting.name for mountings in laid.by_meter.values() for mounting in mountings}
    gone = {one.name for one in laid.mountings.heard if one.name not in left and one.log_time < before}
    kept = Laid(Mountings(one for one in laid.mountings.heard if one.name not in gone), laid.network, laid.in_force)
    kept.refresh()
    return [one for one in laid.mountings.heard if one.name in gone] if kept.by_meter == laid.by_meter else []
