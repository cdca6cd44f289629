"""When an outage began: by SCADA's clock where its device has one, else by the median of what the meters say.

Meters' clocks err by seconds, so the median of many is better than the first of them (IEEE 1366 counts minutes). Points
that are back may say when they lost power, which tells more than a call long after.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from models.outages.inference.facts import has_run
from models.outages.inference.knowledge import NEVER
from models.outages.inference.ownership import start_of
from models.outages.inference.reports import CALL, CREW
from models.outages.state.record_writer import class_members
from models.outages.weights.scores import milliseconds

if TYPE_CHECKING:
    from models.outages.state.outage import Outage
    from models.outages.state.partition import Partition

UNHEARD: Final = 4 * 3_600_000
"""An outage that only calls or crews tell of may have begun so long (ms) before."""


def sharpen_start(partition: Partition, outage: Outage) -> None:
    """Set the start from the reports that are here; one that was found at a closing keeps that as its start."""
    near = UNHEARD if outage.source in (CALL, CREW) else partition.scores.coherence
    since, told_at = start_of(
        partition.points, outage.span, outage.slot, outage.wave_at, partition.scores.coherence, near
    )
    if since != NEVER:
        outage.out_since = since if outage.out_since is None else min(since, outage.out_since)
    if outage.nested or (outage.operators is not None and outage.operators.start_is_set):
        return
    timed_at = _by_scada(partition, outage)
    if timed_at is None and outage.source == CREW:
        timed_at = _by_switching(partition, outage) or _left_dark(partition, outage)
    opened_at = told_at if timed_at is None else timed_at
    if opened_at != NEVER:
        latest = partition.now if outage.detected_at is None else outage.detected_at
        outage.started_at = opened_at if opened_at <= latest else min(outage.started_at, latest)
        if outage.sustained_at is not None and outage.sustained_at < outage.started_at:
            outage.sustained_at = outage.started_at + milliseconds(partition.parameters.sustained_seconds)


def _by_switching(partition: Partition, outage: Outage) -> int | None:
    """When the line was cut, or the supply lost for which the device stands."""
    ways, numbers = partition.ways, partition.network.device_number
    if outage.device < 0 or not (ways.elements or ways.told):
        return None
    times = [ways.opened_at(int(numbers[member])) for member in class_members(partition.network, outage.device)]
    near = [at for at in times if at is not None and abs(at - outage.wave_at) <= partition.scores.clock_tolerance]
    return min(near, default=None)


def _left_dark(partition: Partition, outage: Outage) -> int | None:
    """When what only a crew has found began: its feed came back, and hardly anybody below has said so since."""
    points, below = partition.points, slice(*outage.span)
    mine = points.owner[below] == outage.slot
    back = np.maximum(points.back_at[below][mine], points.consumed_at[below][mine] - partition.scores.clock_tolerance)
    known = (back > outage.wave_at - UNHEARD) & (back <= outage.wave_at)
    if not known.any():
        return None
    since = int(np.sort(back[known])[(int(known.sum()) - 1) // 2])
    heard = int((points.on_last[below][mine] > since).sum())
    return since if 2 * heard < int(mine.sum()) else None


def _by_scada(partition: Partition, outage: Outage) -> int | None:
    if outage.device < 0:
        return None
    devices, tolerance = partition.devices, partition.scores.clock_tolerance
    for member in class_members(partition.network, outage.device):
        at = int(devices.open_first[member])
        if has_run(devices, member) and abs(at - outage.wave_at) <= tolerance:
            return at
    return None
