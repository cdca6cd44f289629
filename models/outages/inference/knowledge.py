"""What is known of each usage point and each device: the state that evidence is merged into.

Times are milliseconds since the epoch, `NEVER` where there is none. Positions are those of the network in force.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from models.columns.compiled import compiled

if TYPE_CHECKING:
    from numpy.typing import NDArray

NEVER: Final = -(1 << 62)
NOBODY: Final = -1

SOURCES: Final = 7
"""Head-ends are told apart up to so many: by the remainder of their number."""
FREE: Final = 0
"""The point has power as far as is known."""
OUT: Final = 1
"""It is without power: an open outage owns the point."""
PENDING: Final = 2
"""It most probably has power again, but that has not been published."""
RETURNED: Final = 3
"""Its return has been published; the outage that owned it is still open."""

OPEN: Final = 0
CLOSED: Final = 1
UNKNOWN: Final = 2
"""Positions of a device; of one that never spoke nothing is known."""
GOOD: Final = 0
UNCERTAIN: Final = 1
BAD: Final = 2
OPERATOR_OPEN: Final = 1
OPERATOR_CLOSED: Final = 2
"""What operators say of a device stands in the columns of crews, too, and weighs more than all else."""


class Points(NamedTuple):
    """A column a fact, a row a usage point."""

    out_first: NDArray[np.int64]
    """Earliest "out" of the present wave."""
    out_last: NDArray[np.int64]
    mask: NDArray[np.uint8]
    """Bits of the kinds that say "out" in the present wave; 0 none, or consumed."""
    delay: NDArray[np.int32]
    """How long after its observation the wave's first report was in the log, milliseconds."""
    on_first: NDArray[np.int64]
    """Earliest "on" after the last "out"."""
    on_last: NDArray[np.int64]
    returned_at: NDArray[np.int64]
    """Latest moment at which its meter says that power came back."""
    told_start: NDArray[np.int64]
    """When the point, back again, said that its interruption began."""
    heard_at: NDArray[np.int64]
    """Latest observation of any kind."""
    consumed_at: NDArray[np.int64]
    """What was observed up to here is explained: by an outage that is over, a command, an exchange of the meter."""
    source: NDArray[np.uint8]
    """Which head-end its meter's messages come from, 1 to SOURCES; 0 until it has spoken, an outage ago or more.

    What it says in an outage must not tell its head-end at once: of those whose head-end is known all have spoken.
    """
    said_by: NDArray[np.uint8]
    """The same by its latest message."""
    mute: NDArray[np.uint8]
    """1 while the meter is removed: its silence says nothing."""
    owner: NDArray[np.int32]
    """Slot of the open outage that owns the point."""
    phase: NDArray[np.uint8]
    """FREE, OUT, PENDING or RETURNED."""
    restored_by: NDArray[np.int32]
    """Slot of the open outage that has published the point's return, whoever owns it now."""
    handed_on_by: NDArray[np.int32]
    """Slot of the open outage that has handed the point on to another one: if it comes back, it counts as before."""
    out_at: NDArray[np.int64]
    """When the point's own interruption began, by what explains it."""
    interrupted_at: NDArray[np.int64]
    """The same, but later where it had power between, though no return was told: for ledger and rates."""
    back_at: NDArray[np.int64]
    """When power came back, by the picture, of a point that is PENDING or RETURNED."""


class Devices(NamedTuple):
    """A column a fact, a row a device."""

    position: NDArray[np.uint8]
    """Latest SCADA position: OPEN, CLOSED or UNKNOWN."""
    position_at: NDArray[np.int64]
    held_at: NDArray[np.int64]
    """Latest observation of that position."""
    quality: NDArray[np.uint8]
    open_first: NDArray[np.int64]
    """When the latest run of openings began; openings of one reclosing sequence are one run."""
    open_last: NDArray[np.int64]
    """The latest opening of that run."""
    closed_before: NDArray[np.int64]
    """Latest closing before that run."""
    alarm_at: NDArray[np.int64]
    crew_open_at: NDArray[np.int64]
    """Since when a crew says that the device is open."""
    crew_done_at: NDArray[np.int64]
    """When a crew said that its work at the device was done."""
    operator: NDArray[np.uint8]
    """What operators say of it: nothing, `OPERATOR_OPEN`, or `OPERATOR_CLOSED` up to `crew_done_at`."""
    operator_at: NDArray[np.int64]
    """Since when; whoever says something newer of the device ends it."""
    settled_at: NDArray[np.int64]
    """What is reported of the device up to here has been accounted for."""


_POINT_DEFAULTS: Final[dict[str, tuple[type[np.integer[Any]], int]]] = {
    "mask": (np.uint8, 0),
    "delay": (np.int32, 0),
    "source": (np.uint8, 0),
    "said_by": (np.uint8, 0),
    "mute": (np.uint8, 0),
    "owner": (np.int32, NOBODY),
    "restored_by": (np.int32, NOBODY),
    "handed_on_by": (np.int32, NOBODY),
    "phase": (np.uint8, FREE),
}
_DEVICE_DEFAULTS: Final[dict[str, tuple[type[np.integer[Any]], int]]] = {
    "position": (np.uint8, UNKNOWN),
    "quality": (np.uint8, GOOD),
    "operator": (np.uint8, 0),
}


def default_of(table: type[Points | Devices], field: str) -> tuple[type[np.integer[Any]], int]:
    """The type of a column and the value that stands for "nothing known"."""
    defaults = _POINT_DEFAULTS if table is Points else _DEVICE_DEFAULTS
    return defaults.get(field, (np.int64, NEVER))


def nothing_known(points: int, devices: int) -> tuple[Points, Devices]:
    """State before the first report: everything has power, nobody has spoken."""

    def columns(table: type[Points | Devices], rows: int) -> dict[str, NDArray[Any]]:
        made = {}
        for field in table._fields:
            dtype, value = default_of(table, field)
            made[field] = np.full(rows, value, dtype)
        return made

    return Points(**columns(Points, points)), Devices(**columns(Devices, devices))


@compiled
def reports_of(points: Points, span: tuple[int, int], slot: int) -> NDArray[np.int64]:
    """Pairs (observed_at, usage point) of the reports that speak for an outage."""
    first, last = span
    pairs = np.empty((last - first, 2), np.int64)
    count = 0
    for p in range(first, last):
        if points.owner[p] == slot and points.mask[p] != 0:
            pairs[count, 0] = points.out_first[p]
            pairs[count, 1] = p
            count += 1
    return pairs[:count]
