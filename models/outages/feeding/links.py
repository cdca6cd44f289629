"""What joins segments of a zone besides its devices: ties, jumpers, and supplies from outside."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from models.network.feeding.paths import ALWAYS, OUTSIDE
from models.network.feeding.paths import NEVER as STILL
from models.outages.feeding.positions import stand

if TYPE_CHECKING:
    from models.network.network import Network
    from models.outages.feeding.positions import Stand
    from models.outages.state.partition import Partition


class Link(NamedTuple):
    """Two segments, by place in the zone, of which one may be OUTSIDE; times in milliseconds."""

    over: int
    """Stable number of the tie, or code of the element."""
    one: int
    other: int
    joined: int
    ended: int = STILL
    """Since when it joins them no more."""


def links_of(partition: Partition, zone: int, here: Stand) -> list[Link]:
    """Give what joins segments of a zone, or has joined them: ties in the order of the network, then elements."""
    normal = partition.shared.normal.network
    first, last = normal.zone_device_start[zone : zone + 2].tolist()
    found = []
    for tie in partition.shared.normal.ties.of_zone.get(zone, ()):
        sides = int(normal.parent[tie]) - first, int(normal.other_parent[tie]) - first
        number = int(normal.device_number[tie])
        if all(0 <= side < last - first for side in sides):
            found.append(Link(number, *sides, int(here.closed[tie - first]), int(here.opened[tie - first])))
        elif (link := _from_beyond(partition, zone, tie)) is not None:
            found.append(link)
    for element in partition.ways.in_zone(zone):
        ends = _segment_at(normal, element.device) - first, _segment_at(normal, element.other) - first
        ended = STILL if element.until is None else element.until
        if element.kind == "generator" and ends[0] >= 0:
            found.append(Link(element.code, OUTSIDE, ends[0], element.since, ended))
        elif element.kind == "jumper" and min(ends) >= 0:
            found.append(Link(element.code, *ends, element.since, ended))
    return found


def _segment_at(normal: Network, number: int) -> int:
    """Give the segment at a device (stable number): a tie feeds none, and is at the one from which it hangs."""
    device = normal.device_at(number)
    return int(normal.parent[device]) if device >= 0 and normal.other_parent[device] >= 0 else device


def _from_beyond(partition: Partition, zone: int, tie: int) -> Link | None:
    """A tie to another zone as a supply from outside: it lasts while the far side is fed the normal way."""
    normal = partition.shared.normal.network
    sides = int(normal.parent[tie]), int(normal.other_parent[tie])
    near, far = sides if normal.device_zone[sides[0]] == zone else sides[::-1]
    if not (partition.zones[normal.device_zone[far]] and partition.zones[normal.device_zone[tie]]):
        return None
    joined, ended, at = ALWAYS, STILL, far
    stands = {there: stand(partition, there) for there in {int(normal.device_zone[far]), int(normal.device_zone[tie])}}
    for device in (tie, *_upwards(normal, at)):
        there = int(normal.device_zone[device])
        place = device - int(normal.zone_device_start[there])
        joined, ended = max(joined, int(stands[there].closed[place])), min(ended, int(stands[there].opened[place]))
    return Link(int(normal.device_number[tie]), OUTSIDE, near - int(normal.zone_device_start[zone]), joined, ended)


def _upwards(normal: Network, device: int) -> list[int]:
    way = []
    while device >= 0:
        way.append(device)
        device = int(normal.parent[device])
    return way
