"""Points that have power again over another way: their return is told by what was closed.

What they said while they were dark is accounted for. Whoever had another way that was whole before the first was broken
never was without power, and is no part of any outage.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from models.outages.inference.knowledge import FREE, NOBODY, OUT, PENDING, RETURNED, UNKNOWN
from models.outages.inference.ownership import publish_return
from models.outages.rules.life_cycle import publish, says_open, withdraw
from models.outages.rules.returning import CONFIRMED, INFERRED, conclude
from models.outages.rules.start_time import sharpen_start
from models.outages.state.deciding import note
from models.outages.state.partition import count_customers

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.outages.feeding.choosing import Again
    from models.outages.state.outage import Outage
    from models.outages.state.partition import Partition


class Returned(NamedTuple):
    """Points of a zone that have power over another way, ascending; as in `Again`."""

    point: NDArray[np.int64]
    since: NDArray[np.int64]
    by: NDArray[np.int64]
    """By position, `NOBODY` where no device of the network was closed."""
    dark: NDArray[np.bool_]
    never_out: NDArray[np.bool_]
    at: NDArray[np.int64]

    def where(self, here: NDArray[np.bool_]) -> Returned:
        """Give some of them."""
        point, since, by, dark, never_out, at = self
        return Returned(point[here], since[here], by[here], dark[here], never_out[here], at[here])


def take_back(partition: Partition, zone: int, again: Again) -> None:
    """Let the points of segments have power; the partition is arranged as they are fed now."""
    returned = _points(partition, again)
    points, tolerance = partition.points, partition.scores.clock_tolerance
    heard = (points.mask[returned.point] != 0) & (points.out_last[returned.point] > returned.since + tolerance)
    heard &= points.out_last[returned.point] > points.on_last[returned.point]
    back = returned.where(~heard)
    for outage in partition.open_in(zone):
        mine = back.where((points.owner[back.point] == outage.slot) & ~_holds(partition, outage, back.point))
        mine = mine.where(~mine.never_out | (points.out_at[mine.point] >= mine.at - tolerance))
        _release(partition, outage, mine.point[mine.never_out])
        _return(partition, outage, mine.where(~mine.never_out))
    free = back.where(points.owner[back.point] == NOBODY)
    here, until = free.point, free.at + tolerance
    points.consumed_at[here] = np.maximum(points.consumed_at[here], until)
    points.mask[here[points.out_last[here] <= until]] = 0
    everybody = slice(*partition.network.zone_point_start[zone : zone + 2].tolist())
    for outage in partition.open_in(zone):
        if not (points.owner[everybody] == outage.slot).any():
            _end(partition, outage)


def _holds(partition: Partition, outage: Outage, points: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether points may be dark all the same: below an open device that the positions do not know of."""
    if outage.device >= 0 and says_open(partition, outage.device):
        return np.zeros(len(points), np.bool_)
    return (points >= outage.span[0]) & (points < outage.span[1])


def _points(partition: Partition, again: Again) -> Returned:
    normal, network = partition.shared.normal.network, partition.network
    first, last = normal.point_start[again.segment], normal.direct_end[again.segment]
    some = np.repeat(np.arange(len(first)), last - first)
    offset = np.arange(len(some)) - np.repeat(np.cumsum(last - first) - (last - first), last - first)
    point = network.point_position[normal.point_number[first[some] + offset]].astype(np.int64)
    order = np.argsort(point)
    some = some[order]
    number = again.by[some]  # a jumper or generator is none of the network's devices
    by = np.where(number >= 0, network.device_position[np.maximum(number, 0)], NOBODY).astype(np.int64)
    return Returned(point[order], again.since[some], by, again.dark[some], again.never_out[some], again.at[some])


def _release(partition: Partition, outage: Outage, mine: NDArray[np.int64]) -> None:
    """They never were out."""
    dark = mine[partition.points.phase[mine] != RETURNED]
    if len(dark):
        outage.lose(np.array(count_customers(partition, dark)))
        if not outage.suspected:
            partition.dirty[outage.outage_id] = outage
    _free(partition, mine)


def _return(partition: Partition, outage: Outage, mine: Returned) -> None:
    points = partition.points
    dark = mine.where(np.isin(points.phase[mine.point], (OUT, PENDING)))
    if len(dark.point) and outage.suspected:
        if outage.reports == 0:
            _release(partition, outage, mine.point)
            return
        publish(partition, outage, partition.now)
    points.back_at[dark.point] = dark.since
    spoke = points.on_last[dark.point] >= dark.since - partition.scores.clock_tolerance
    for basis, chosen in ((CONFIRMED, spoke), (INFERRED, ~spoke)):
        if chosen.any():
            _tell(partition, outage, dark.where(chosen), basis)
    _free(partition, mine.point)


def _tell(partition: Partition, outage: Outage, mine: Returned, basis: str) -> None:
    """Publish a return, by the device that closed last."""
    counts = publish_return(partition.forest, partition.points, mine.point.astype(np.int32), partition.scores.coherence)
    sharpen_start(partition, outage)
    at = max(int(mine.since.max()), outage.started_at)
    outage.give_back(counts)
    outage.restored_at = max(at, outage.restored_at or at)
    outage.progress("partially_restored")
    note(partition, "restored" if basis == CONFIRMED else "restored-inferred", outage)
    outage.note(basis, at, int(mine.by[0]) if mine.by[0] != NOBODY else outage.device, mine.point.tolist())
    partition.dirty[outage.outage_id] = outage


def _free(partition: Partition, mine: NDArray[np.int64]) -> None:
    partition.points.owner[mine], partition.points.phase[mine] = NOBODY, FREE


def _end(partition: Partition, outage: Outage) -> None:
    """Nobody is out by it any more."""
    if outage.suspected:
        withdraw(partition, outage)
    else:
        conclude(partition, outage, partition.now)


def account_for(partition: Partition, moved: NDArray[np.int64]) -> None:
    """What was said of devices that stand elsewhere now, and interrupt nobody, is accounted for."""
    devices, network = partition.devices, partition.network
    alone = moved[network.point_start[moved] == network.point_end[moved]]
    told = alone[devices.position[alone] != UNKNOWN]
    until = np.maximum(devices.position_at[told], devices.open_last[told])
    devices.settled_at[told] = np.maximum(devices.settled_at[told], until)
