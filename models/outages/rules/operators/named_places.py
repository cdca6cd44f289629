"""Where a command says that something is: a device of its zone, listed usage points, or what feeds several of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from models.outages.rules.life_cycle import withdraw
from models.outages.state.partition import class_key, holder_of, span_of
from models.outages.state.verdict import Refused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from models.evidence.batch import CommandRow
    from models.outages.state.outage import Outage
    from models.outages.state.partition import Partition


class Place(NamedTuple):
    """Where an outage is: a device by position, or (device -1) a usage point that no device feeds alone."""

    device: int
    point: int
    span: tuple[int, int]
    """Usage points below."""


def device_of(partition: Partition, device_id: str, zone: int) -> int:
    """Find a device of a zone by its id."""
    device = int(partition.network.find_devices([device_id])[0])
    if device < 0:
        raise Refused("unknown_device", f"device {device_id[:40]!r} is not on the network; correct device_id")
    if int(partition.network.device_zone[device]) != zone:
        raise Refused("elsewhere", f"device {device_id[:40]!r} is of another zone; name one of the outage's")
    return device


def points_of_ids(partition: Partition, ids: Sequence[str], span: tuple[int, int]) -> NDArray[np.int64]:
    """Find usage points by their ids, ascending: all of them are within a span."""
    named = partition.network.find_points(ids)
    for point_id, point in zip(ids, named.tolist(), strict=True):
        if point < 0:
            raise Refused("unknown_usage_point", f"usage point {point_id[:40]!r} is not on the network; correct it")
        if not span[0] <= point < span[1]:
            raise Refused("elsewhere", f"usage point {point_id[:40]!r} is not there; name those of the outage's place")
    return np.unique(named).astype(np.int64)


def place_of(partition: Partition, row: CommandRow, zone: int, span: tuple[int, int]) -> Place:
    """The place that a command names by a device, or by usage points within a span."""
    if not row.event.usage_point_ids:
        device = device_of(partition, row.event.device_id or "", zone)
        below = span_of(partition, device)
        if below[0] == below[1]:
            raise Refused("elsewhere", "nobody is fed by that device; name one that interrupts the customers")
        return Place(device, -1, below)
    points = points_of_ids(partition, row.event.usage_point_ids, span)
    first, last = int(points[0]), int(points[-1]) + 1
    device = lowest_above(partition, (first, last))
    if len(points) == 1 and (device < 0 or span_of(partition, device) != (first, last)):
        return Place(-1, first, (first, last))
    return common_place(partition, device, len(points))


def common_place(partition: Partition, device: int, out: int) -> Place:
    """A device that feeds all who are out, if these are half of its usage points or more."""
    if device < 0:
        raise Refused("elsewhere", "no device feeds all of them; name the device")
    first, last = span_of(partition, device)
    if 2 * out < last - first:
        name = partition.network.device_ids[device]
        message = (
            f"the lowest device that feeds all of them, {name}, feeds {last - first} usage points; name the device"
        )
        raise Refused("elsewhere", message)
    return Place(device, -1, (first, last))


def lowest_above(partition: Partition, span: tuple[int, int]) -> int:
    """The lowest device that feeds all usage points of a span, -1 none."""
    network = partition.network
    device = int(network.point_device[span[0]])
    while device >= 0 and not (network.point_start[device] <= span[0] and span[1] <= network.point_end[device]):
        device = int(network.parent[device])
    return device


def holder_at(partition: Partition, zone: int, place: Place) -> Outage | None:
    """The open outage that a place has."""
    if place.device >= 0:
        return holder_of(partition, place.device)
    mine = partition.by_zone.get(zone, {}).values()
    return next((outage for outage in mine if class_key(partition, outage) == ~place.point), None)


def make_free(partition: Partition, holder: Outage | None, outage: Outage | None = None) -> None:
    """A place is taken by an operator's word: a suspicion there goes, a published outage of others is in the way."""
    if holder is None or holder is outage:
        return
    if not holder.suspected:
        raise Refused("already_open", f"{holder.outage_id} is at that device", holder.outage_id)
    withdraw(partition, holder)
