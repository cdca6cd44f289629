"""Merging reports into what is known: a join, so that order within an instant, copies and batches cannot matter.

The rows of one instant come sorted by usage point or device; those of one point are put in the order of observation
here. A row that changes nothing is a copy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from models.compiled import compiled, inlined
from models.evidence import DISCONNECTED, INSTALLED, OUT_BIT, POWER_RESTORED, REMOVED, SAYS_ON
from models.knowledge import BAD, CLOSED, NEVER, NOBODY, OPEN, Devices, Points

if TYPE_CHECKING:
    from numpy.typing import NDArray

_OUT_BIT: Final = np.array(OUT_BIT, np.uint8)
_SAYS_ON: Final = np.array(SAYS_ON)
_GASP: Final = np.uint8(1)
COMMAND_SPAN: Final = 60_000
"""A gasp so near to a disconnection or an exchange of the meter, in milliseconds, is its doing."""
RUN_SPAN: Final = 120_000
"""Openings of one reclosing sequence lie within this span, milliseconds."""


@inlined
def _order_run(
    order: NDArray[np.int64], first: int, last: int, observed: NDArray[np.int64], rank: NDArray[np.uint8]
) -> None:
    """Sort a short run of row numbers by observation, then rank (insertion sort: runs have one or two rows)."""
    for i in range(first + 1, last):
        row = order[i]
        j = i - 1
        while j >= first and (
            observed[order[j]] > observed[row] or (observed[order[j]] == observed[row] and rank[order[j]] > rank[row])
        ):
            order[j + 1] = order[j]
            j -= 1
        order[j + 1] = row


@inlined
def _say_out(points: Points, p: int, bit: int, at: int, delay: int, coherence: int) -> bool:
    """Merge one "out"; True if it changed something."""
    if at <= points.consumed_at[p] or at <= points.on_last[p]:
        return False
    mask = points.mask[p]
    if mask == 0 or points.on_last[p] >= points.out_last[p] or at > points.out_last[p] + coherence:
        points.mask[p] = bit
        points.out_first[p] = at
        points.out_last[p] = at
        points.delay[p] = max(0, min(delay, 2_000_000_000))
        return True
    if at < points.out_first[p] - coherence:
        return False
    changed = (mask & bit) == 0 or at < points.out_first[p] or at > points.out_last[p]
    points.mask[p] = mask | bit
    points.out_first[p] = min(points.out_first[p], at)
    points.out_last[p] = max(points.out_last[p], at)
    return changed


@inlined
def _say_on(points: Points, p: int, at: int) -> bool:
    """Merge one "on"; True if it changed something."""
    if at < points.out_last[p]:
        return False
    if points.on_last[p] < points.out_last[p] or points.on_first[p] == NEVER:
        points.on_first[p] = at
        points.on_last[p] = at
        return True
    changed = at > points.on_last[p] or at < points.on_first[p]
    points.on_first[p] = min(points.on_first[p], at)
    points.on_last[p] = max(points.on_last[p], at)
    return changed


@inlined
def _say_special(points: Points, p: int, kind: int, at: int) -> bool:
    """Commands and exchanges of the meter explain the gasps around them; a removed meter is mute until one is installed."""
    changed = False
    if kind in (DISCONNECTED, REMOVED) and at + COMMAND_SPAN > points.consumed_at[p]:
        points.consumed_at[p] = at + COMMAND_SPAN
        if points.mask[p] != 0 and at - COMMAND_SPAN <= points.out_last[p] <= at + COMMAND_SPAN:
            points.mask[p] = 0
        changed = True
    if kind == REMOVED and points.mute[p] == 0:
        points.mute[p] = 1
        changed = True
    if kind == INSTALLED and points.mute[p] == 1:
        points.mute[p] = 0
        changed = True
    return changed


@compiled
def join_points(
    points: Points,
    rows: tuple[NDArray[np.int64], ...],
    order: NDArray[np.int64],
    span: tuple[int, int],
    coherence: int,
    changed: NDArray[np.uint8],
    touched: NDArray[np.int32],
) -> int:
    """Merge rows `order[span]` of one instant; flag in `changed` (by row) what 1 altered, 2 altered as "out".

    `rows` are the columns point, kind, observed_at, outage_started_at and log_time. Returns how many different points
    stand in `touched`.
    """
    point, kind, observed, started, log_time = rows
    rank = kind
    count = 0
    i = span[0]
    while i < span[1]:
        p = point[order[i]]
        j = i + 1
        while j < span[1] and point[order[j]] == p:
            j += 1
        if j - i > 1:
            _order_run(order, i, j, observed, rank)
        any_change = False
        for k in range(i, j):
            row = order[k]
            code = kind[row]
            at = observed[row]
            altered = at > points.heard_at[p]
            points.heard_at[p] = max(points.heard_at[p], at)
            out = False
            if _OUT_BIT[code] != 0:
                out = _say_out(points, p, _OUT_BIT[code], at, log_time[row] - at, coherence)
            elif code == POWER_RESTORED and started[row] > 0:
                altered |= started[row] > points.told_start[p]
                points.told_start[p] = max(points.told_start[p], started[row])
                if points.mask[p] == 0:
                    altered |= _say_out(points, p, _GASP, started[row], log_time[row] - started[row], coherence)
            altered |= out | _say_special(points, p, code, at)
            if _SAYS_ON[code]:
                altered |= _say_on(points, p, at)
            changed[row] = (1 if altered else 0) | (2 if out else 0)
            any_change |= altered
        if any_change:
            touched[count] = p
            count += 1
        i = j
    return count


@compiled
def join_devices(
    devices: Devices,
    rows: tuple[NDArray[np.int64], ...],
    order: NDArray[np.int64],
    span: tuple[int, int],
    changed: NDArray[np.uint8],
) -> None:
    """Merge SCADA rows `order[span]` of one instant; `rows` are device, position, quality and observed_at.

    A bad-quality position is not believed; a run of openings keeps the time of its first.
    """
    device, position, quality, observed = rows
    rank = (np.uint8(BAD) - quality).astype(np.uint8)
    i = span[0]
    while i < span[1]:
        d = device[order[i]]
        j = i + 1
        while j < span[1] and device[order[j]] == d:
            j += 1
        if j - i > 1:
            _order_run(order, i, j, observed, rank)
        for k in range(i, j):
            changed[order[k]] = _position(devices, d, position[order[k]], quality[order[k]], observed[order[k]])
        i = j


@inlined
def _position(devices: Devices, d: int, position: int, quality: int, at: int) -> bool:
    if position not in (OPEN, CLOSED) or quality == BAD:
        newer = at > devices.alarm_at[d]
        devices.alarm_at[d] = max(devices.alarm_at[d], at)
        return newer
    run = devices.open_first[d]
    changed = False
    if position == OPEN and at > devices.closed_at[d]:
        if (run == NEVER and at >= devices.position_at[d]) or run - RUN_SPAN < at < run:
            devices.open_first[d] = at
            changed = True
    if at > devices.position_at[d] or (
        at == devices.position_at[d]
        and (quality < devices.quality[d] or (quality == devices.quality[d] and position > devices.position[d]))
    ):
        devices.position[d] = position
        devices.position_at[d] = at
        devices.quality[d] = quality
        changed = True
    return changed


@compiled
def owners_of(
    points: Points, touched: NDArray[np.int32], count: int, stamp: NDArray[np.uint8], slots: NDArray[np.int32]
) -> int:
    """Collect the slots of the outages that own touched points; `stamp` (by slot) is left as it was."""
    found = 0
    for k in range(count):
        slot = points.owner[touched[k]]
        if slot != NOBODY and stamp[slot] == 0:
            stamp[slot] = 1
            slots[found] = slot
            found += 1
    for k in range(found):
        stamp[slots[k]] = 0
    return found
