"""Where a meter hung at the moment that a message of it speaks of, as far as had been told before the message came."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from models.decoding.validation import Reason, short
from models.ingest.mounting.laid import ABSENT, lay, seen_of
from models.ingest.mounting.mountings import NOWHERE, Mounting
from models.times.iso8601 import format_time

if TYPE_CHECKING:
    from models.ingest.mounting.laid import Laid, Lists
    from models.ingest.mounting.mountings import Seen

ALWAYS: Final = -(1 << 62)
IN_THE_TABLES: Final = Mounting("", NOWHERE, ALWAYS, 0, 0, 0)
"""How a meter came to hang where the tables have it."""


class Place(NamedTuple):
    """Where a meter hung."""

    position: int
    """Of the usage point; -1 for none, and then `refused` says why."""
    since: int = ALWAYS
    """Milliseconds; what the meter tells of the time before is not of this usage point."""
    refused: Reason | None = None


@dataclass(slots=True)
class Hanging:
    """Mountings laid over a network, and those that a batch of messages brings, each seen by what follows it."""

    laid: Laid
    by_meter: Lists = field(default_factory=dict)
    by_point: Lists = field(default_factory=dict)

    def add(self, mounting: Mounting) -> None:
        """Take note of a mounting of the batch; one from before the tables were drawn says nothing."""
        if self.laid.standing(mounting) == "standing":
            lay(mounting, self.by_meter, self.by_point)

    def find(self, meter_id: str, table: int, at: int, seen: Seen) -> Place:
        """Find where a meter hung at a moment (ms), whose position in the tables is `table` or -1."""
        mine = seen_of(meter_id, seen, (self.laid.by_meter, self.by_meter))
        if not mine and table == ABSENT:
            return Place(ABSENT, refused=unknown_meter(meter_id))
        before = [mounting for mounting in mine if mounting.since <= at]
        if not before and table != ABSENT:
            return self._held(meter_id, table, IN_THE_TABLES._replace(usage_point_id=self._name(table)), at, seen)
        mounting = before[-1] if before else mine[0]  # a clock that is a little behind
        if mounting.usage_point_id == NOWHERE:
            return Place(ABSENT, refused=_taken_down(mounting) if before else unknown_meter(meter_id))
        position = self.laid.position(mounting.usage_point_id)
        if position == ABSENT:
            return Place(ABSENT, refused=unknown_point(mounting.usage_point_id))
        return self._held(meter_id, position, mounting, at, seen)

    def _name(self, position: int) -> str:
        return self.laid.network.point_ids[position]

    def _held(self, meter_id: str, position: int, mounting: Mounting, at: int, seen: Seen) -> Place:
        """The place where a mounting put a meter, unless another one was put up there by a moment."""
        for other in seen_of(mounting.usage_point_id, seen, (self.laid.by_point, self.by_point)):
            if other.turn > mounting.turn and other.since <= at and other.meter_id != meter_id:
                return Place(ABSENT, refused=_replaced(meter_id, other))
        return Place(position, mounting.since)

    def hangs(self, meter_id: str, table: int, position: int, seen: Seen) -> bool:
        """Whether a meter hangs at a position by the last that was told, and no other one does."""
        mine = seen_of(meter_id, seen, (self.laid.by_meter, self.by_meter))
        where = self.laid.position(mine[-1].usage_point_id) if mine else table
        if position == ABSENT or where != position:
            return False
        there = seen_of(self._name(position), seen, (self.laid.by_point, self.by_point))
        return not there or there[-1].meter_id == meter_id

    def was_put_up(self, meter_id: str, seen: Seen) -> bool:
        """Whether a mounting tells of a meter."""
        return bool(seen_of(meter_id, seen, (self.laid.by_meter, self.by_meter)))


def unknown_meter(meter_id: str) -> Reason:
    """Say that a meter is not on the network, and was not told of."""
    known = f"meter {short(meter_id)} is not on the network, and no installed with its usage point came before"
    return Reason("unknown-usage-point", f"{known}: send that first, add it to the usage points or correct meter_id")


def unknown_point(usage_point_id: str) -> Reason:
    """Say that a usage point is not on the network."""
    advice = "add it to the usage points or correct usage_point_id"
    return Reason("unknown-usage-point", f"usage point {short(usage_point_id)} is not on the network: {advice}")


def _taken_down(mounting: Mounting) -> Reason:
    when = f"meter {short(mounting.meter_id)} was removed at {format_time(mounting.since)}"
    return Reason("exchanged-meter", f"{when}, and this is from later: send installed once it hangs somewhere")


def _replaced(meter_id: str, other: Mounting) -> Reason:
    since = f"since {format_time(other.since)} meter {short(other.meter_id)} hangs where {short(meter_id)} did"
    return Reason("exchanged-meter", f"{since}, and this is from later: send installed once it hangs somewhere")
