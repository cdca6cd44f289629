"""Which outages an instant has to look at, of those whose points spoke or whose timers ran down.

Most reports change nothing for the outage that owns their point: one more gasp of its wave, one more "on" while the
next partial restoration waits. A look at an outage that finds nothing tells until when it is *quiet*: before that only
a lasting "on" can move it, and one loop over all quiet outages finds those that it does move.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from models.columns.compiled import compiled
from models.outages.inference.energised import NOT_YET, power_back_at
from models.outages.inference.knowledge import FREE, NEVER, Points

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.outages.state.outage import Outage

RESTS: Final = 0
WAITS: Final = 1
"""Some of its points have power, and are told with the next partial restoration."""
STIRS: Final = 2


class Quiet(NamedTuple):
    """What the loop has to know of open outages; columns by slot."""

    until: NDArray[np.int64]
    """From this moment (ms) on something falls due by itself; 0: look at it at the next occasion."""
    first: NDArray[np.int32]
    last: NDArray[np.int32]
    wave_at: NDArray[np.int64]
    seeks: NDArray[np.uint8]
    """Its device has not closed, so any "on" below may show that a part of it has."""
    next_restoration_at: NDArray[np.int64]
    customers_out: NDArray[np.int64]


def nobody_quiet(slots: int) -> Quiet:
    """Columns for so many slots."""
    types = {"first": np.int32, "last": np.int32, "seeks": np.uint8}
    return Quiet(**{name: np.zeros(slots, types.get(name, np.int64)) for name in Quiet._fields})


def rest(quiet: Quiet, outage: Outage, until: int) -> None:
    """A look at the outage changed nothing, and nothing falls due before `until` (ms)."""
    slot = outage.slot
    quiet.until[slot] = until
    quiet.first[slot], quiet.last[slot] = outage.span
    quiet.wave_at[slot] = outage.wave_at
    quiet.seeks[slot] = outage.device >= 0 and not outage.whole
    quiet.next_restoration_at[slot] = outage.next_restoration_at
    quiet.customers_out[slot] = outage.customers_out


class Limits(NamedTuple):
    """Of `Scores`, what this loop needs: to hand all tables over costs more than the loop itself, as with `Forest`."""

    coherence: int
    clock_tolerance: int
    scada_hold: int


@compiled
def who_stirs(
    customers: NDArray[np.int32], points: Points, limits: Limits, quiet: Quiet, slots: NDArray[np.int32], now: int
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """RESTS, WAITS or STIRS for each slot, and when the next "on" of its points will have lasted (or NOT_YET)."""
    stirs, due = np.full(len(slots), STIRS, np.uint8), np.full(len(slots), NOT_YET, np.int64)
    owner, phase, out_at = points.owner, points.phase, points.out_at
    on_first, on_last, out_last = points.on_first, points.on_last, points.out_last
    coherence, tolerance, hold = limits
    until, first, last, wave_at, all_seek, next_restoration_at, customers_out = quiet
    for k, slot in enumerate(slots):
        if now >= until[slot]:
            continue
        seeks, since = all_seek[slot] == 1, wave_at[slot] - coherence
        told, heard = 0, False
        for p in range(first[slot], last[slot]):
            if on_last[p] < out_last[p] or on_last[p] == NEVER:
                continue  # most points; asked here as well, for speed
            mine = owner[p] == slot
            if not mine and (not seeks or phase[p] != FREE or out_at[p] < since):
                continue
            at = power_back_at(on_first[p], on_last[p], out_last[p], out_at[p], coherence, tolerance)
            if at != NEVER and at + hold <= now:
                heard = True
                told += customers[p] if mine else 0
            elif at != NEVER and mine:
                due[k] = min(due[k], at + hold)
        if not heard:
            stirs[k] = RESTS
        elif not seeks and now < next_restoration_at[slot] and told != customers_out[slot]:
            stirs[k] = WAITS
    return stirs, due
