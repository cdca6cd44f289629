"""When an outage began: by SCADA's clock where its device has one, else by the median of what the meters say.

Meters' clocks err by seconds, so the median of many is better than the first of them (IEEE 1366 counts minutes).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from models.outages.inference.knowledge import NEVER
from models.outages.inference.ownership import median_start
from models.outages.inference.pass_columns import SUSPECTED
from models.outages.state.record_writer import class_members

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.outages.state.outage import Outage
    from models.outages.state.partition import Partition


def sharpen_start(partition: Partition, outage: Outage) -> None:
    """Set the start from the reports that are here; one that was found at a close-in keeps that as its start."""
    if outage.parent_id is not None:
        return
    opened_at = _by_scada(partition, outage)
    if opened_at is not None:
        outage.started_at = opened_at
        return
    told = np.array(outage.told_starts, np.int64)
    median = median_start(partition.points, outage.span, outage.slot, outage.wave_at, partition.scores.coherence, told)
    if median != NEVER:
        outage.started_at = median


def correct_start(partition: Partition, outage: Outage, points: NDArray[np.int32]) -> None:
    """Points that are back may say when they lost power, which tells more than a call long after."""
    said = partition.points.told_start[points]
    told = said[said != NEVER].tolist()
    if not told or outage.parent_id is not None or outage.stance == SUSPECTED:
        return
    outage.told_starts += told
    sharpen_start(partition, outage)


def _by_scada(partition: Partition, outage: Outage) -> int | None:
    if outage.device < 0:
        return None
    if outage.opened_by_scada_at is not None:
        return outage.opened_by_scada_at
    for member in class_members(partition.network, outage.device):
        if partition.devices.open_first[member] != NEVER:
            outage.opened_by_scada_at = int(partition.devices.open_first[member])
            return outage.opened_by_scada_at
    return None
