"""Outages let go of points that are theirs no more, and end with the last of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from models.outages.inference.knowledge import FREE, NOBODY, RETURNED
from models.outages.rules.life_cycle import withdraw
from models.outages.rules.returning import conclude
from models.outages.state.partition import count_customers

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.outages.state.outage import Outage
    from models.outages.state.partition import Partition


def held(partition: Partition, column: NDArray[np.int32]) -> NDArray[np.int64]:
    """Usage points of which a column names a slot, of the zones that are kept here: other engines have slots, too."""
    if partition.own_points is None:
        return np.flatnonzero(column != NOBODY)
    mine: NDArray[np.int64] = partition.own_points[column[partition.own_points] != NOBODY]
    return mine


def let_go(partition: Partition, outage: Outage, points: NDArray[np.int64]) -> None:
    """Points are an outage's no more; those whose return it has told stay in its counts."""
    dark = points[partition.points.phase[points] != RETURNED]
    if len(dark):
        outage.lose(np.array(count_customers(partition, dark)))
        if not outage.suspected and outage.zone not in partition.quarantined:
            partition.dirty[outage.outage_id] = outage
    partition.points.owner[points], partition.points.phase[points] = NOBODY, FREE


def end_if_empty(partition: Partition, outage: Outage) -> None:
    """An outage that has nobody any more is over."""
    first, last = outage.span
    if outage.outage_id not in partition.by_name or (partition.points.owner[first:last] == outage.slot).any():
        return
    if outage.suspected:
        withdraw(partition, outage)
    else:
        conclude(partition, outage, partition.now)
