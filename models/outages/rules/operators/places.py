"""Commands that say where: which device it is, and where power is back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from models.outages.inference.knowledge import PENDING, RETURNED
from models.outages.rules.life_cycle import confirm
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


def device_of(partition: Partition, device_id: str, zone: int) -> int:
    """Find a device of a zone by its id."""
    device = int(partition.network.find_devices([device_id])[0])
    if device < 0:
        raise Refused("unknown_device", f"device {device_id[:40]!r} is not on the network; correct device_id")
    if int(partition.network.device_zone[device]) != zone:
        raise Refused("elsewhere", f"device {device_id[:40]!r} is of another zone; name one of the outage's")
    return device


def move(partition: Partition, outage: Outage, row: CommandRow, now: int) -> bool:
    """Another device is the open one, and the one that it was at was not."""
    device = device_of(partition, row.event.device_id or "", outage.zone)
    holder, span = holder_of(partition, device), span_of(partition, device)
    if holder is outage:
        confirm(partition, outage)
        return False
    if span[0] == span[1]:
        raise Refused("elsewhere", "nobody is fed by that device; name one that interrupts the customers")
    if holder is not None and not holder.suspected:
        raise Refused("already_open", f"{holder.outage_id} is at that device", holder.outage_id)
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
        points.phase[mine], points.back_at[mine] = PENDING, np.maximum(at, points.out_at[mine])
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
        ids = row.event.usage_point_ids
        named = partition.network.find_points(ids)
        for point_id, point in zip(ids, named.tolist(), strict=True):
            if point < 0:
                raise Refused("unknown_usage_point", f"usage point {point_id[:40]!r} is not on the network; correct it")
            if not first <= point < last:
                raise Refused("elsewhere", f"usage point {point_id[:40]!r} is not below the outage's device")
        return np.unique(named).astype(np.int64)
    if row.event.device_id is not None:
        begin, end = span_of(partition, device_of(partition, row.event.device_id, outage.zone))
        if begin < first or last < end:
            raise Refused(
                "elsewhere", f"device {row.event.device_id[:40]!r} is not below the outage's; name one that is"
            )
        first, last = begin, end
    return np.arange(first, last)
