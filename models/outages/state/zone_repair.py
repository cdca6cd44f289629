"""After a rule has failed half way in a zone: what it left undone or half done is put in order."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

import numpy as np

from models.outages.inference.knowledge import FREE, NOBODY, RETURNED
from models.outages.state.partition import Failure, count_customers

if TYPE_CHECKING:
    from models.outages.state.partition import Partition


def fail(partition: Partition, zone: int, error: Exception) -> None:
    """A rule failed in a zone: it is dropped from all that is to do, and left in a state that adds up.

    Raises errors of the machine, which say nothing about the zone.
    """
    if isinstance(error, MemoryError | RecursionError):
        raise error
    partition.quarantined.add(zone)
    unsaid = {name: outage for name, outage in partition.dirty.items() if outage.zone == zone}
    for name in unsaid:
        del partition.dirty[name]
    partition.to_review = {area for area in partition.to_review if int(partition.areas.zone[area]) != zone}
    partition.to_tell = {area for area in partition.to_tell if int(partition.areas.zone[area]) != zone}
    repair(partition, zone)
    partition.failures[zone] = Failure(error, unsaid)


def repair(partition: Partition, zone: int) -> None:
    """Each point of the zone is owned by an open outage or by nobody, and the counts are those of the points."""
    for slot, outage in enumerate(partition.by_slot):
        if outage is not None and outage.zone == zone and partition.by_name.get(outage.outage_id) is not outage:
            partition.by_slot[slot] = None
            heapq.heappush(partition.vacant, slot)
    starts = partition.forest.zone_point_start
    here = slice(int(starts[zone]), int(starts[zone + 1]))
    mine = partition.by_zone.get(zone, {}).values()
    owner = partition.points.owner[here]
    orphans = (owner != NOBODY) & ~np.isin(owner, [outage.slot for outage in mine])
    for column, value in ((owner, NOBODY), (partition.points.phase[here], FREE)):
        column[orphans] = value
    for outage in mine:
        here_out = (owner == outage.slot) & (partition.points.phase[here] != RETURNED)
        out = count_customers(partition, here.start + np.flatnonzero(here_out))
        counts = zip(outage.restored, outage.transferred, out, strict=True)
        outage.affected = [restored + transferred + left for restored, transferred, left in counts]
