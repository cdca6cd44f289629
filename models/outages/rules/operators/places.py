"""Commands that say where: which device it is, and where power is back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from models.outages.inference.knowledge import PENDING, RETURNED
from models.outages.rules.life_cycle import confirm
from models.outages.rules.operators.named_places import device_of, make_free, points_of_ids
from models.outages.rules.operators.positions import declare_closed, declare_closed_again, declare_open
from models.outages.rules.returning import CONFIRMED, conclude, publish_points
from models.outages.state.deciding import note
from models.outages.state.partition import holder_of, span_of
from models.outages.state.verdict import Refused

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.evidence.batch import CommandRow
    from models.outages.state.outage import Outage
    from models.outages.state.partition import Partition


def move(partition: Partition, outage: Outage, row: CommandRow, now: int) -> bool:
    """Another device is the open one, and the one that it was at was not."""
    device = device_of(partition, row.event.device_id or "", outage.zone)
    holder, span = holder_of(partition, device), span_of(partition, device)
    if holder is outage:
        confirm(partition, outage)
        return False
    if span[0] == span[1]:
        raise Refused("elsewhere", "nobody is fed by that device; name one that interrupts the customers")
    make_free(partition, holder)
    if outage.device >= 0:
        declare_closed(partition, outage.device, now)
    outage.device, outage.service_point, outage.span = device, -1, span
    outage.area, outage.nested = int(partition.areas.of_device[device]), False
    declare_open(partition, device, min(outage.wave_at, now), row.observed_at)
    note(partition, "moved", outage)
    confirm(partition, outage)
    return True


def set_position(partition: Partition, row: CommandRow, now: int) -> Outage | None:
    """So stands a device: pictures have it so from now on. Returns the open outage of its class."""
    device = device_of(partition, row.event.device_id or "", partition.zone_of.get(row.zone_id, -1))
    at = row.observed_at if row.event.time is None else row.event.time
    if at > now:
        raise Refused("impossible_time", "that is yet to come; give the time since when it stands so")
    if row.event.position == "open":
        declare_open(partition, device, at, at)
    else:
        declare_closed_again(partition, device, at)
    return holder_of(partition, device)


def restore(partition: Partition, outage: Outage, row: CommandRow, now: int) -> bool:
    """All or some have power again: those whose return has not been published."""
    at = row.observed_at if row.event.time is None else row.event.time
    if not outage.started_at <= at <= now:
        raise Refused("impossible_time", "that is before the outage, or yet to come; give the time power was back")
    points, chosen = partition.points, _chosen(partition, outage, row)
    mine = chosen[(points.owner[chosen] == outage.slot) & (points.phase[chosen] != RETURNED)]
    if len(mine):
        points.phase[mine], points.back_at[mine] = PENDING, np.maximum(at, points.interrupted_at[mine])
        publish_points(partition, outage, mine.astype(np.int32), CONFIRMED)
    if outage.customers_out == 0 and outage.device >= 0:
        declare_closed(partition, outage.device, at)
    conclude(partition, outage, now)
    partition.to_review.add(outage.area)
    return bool(len(mine))


def _chosen(partition: Partition, outage: Outage, row: CommandRow) -> NDArray[np.int64]:
    """The usage points that a command names, ascending; all of the outage if it names none."""
    first, last = outage.span
    if row.event.usage_point_ids is not None:
        return points_of_ids(partition, row.event.usage_point_ids, outage.span)
    if row.event.device_id is not None:
        begin, end = span_of(partition, device_of(partition, row.event.device_id, outage.zone))
        if begin < first or last < end:
            raise Refused(
                "elsewhere", f"device {row.event.device_id[:40]!r} is not below the outage's; name one that is"
            )
        first, last = begin, end
    return np.arange(first, last)
