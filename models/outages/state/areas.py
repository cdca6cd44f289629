"""Areas: the parts of a zone of which pictures are drawn, each a slice of the forest.

A feeder's breaker with all below it is an area, and each zone as a whole is one, for what reaches over several feeders.
Where usage points are fed outside of every breaker, the zone is its only area.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from models.network.network import DEVICE_KINDS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.network.network import Network

BREAKER: Final = DEVICE_KINDS.index("breaker")


class Areas(NamedTuple):
    """Z areas that are whole zones, in their order, and after them those of feeders."""

    device: NDArray[np.int32]
    """First device; the areas' devices are `[device, device_end)`."""
    device_end: NDArray[np.int32]
    zone: NDArray[np.int32]
    of_device: NDArray[np.int32]
    """The smallest area of each device."""


def areas_of(network: Network) -> Areas:
    """Divide all zones."""
    first, last = network.zone_device_start[:-1].tolist(), network.zone_device_start[1:].tolist()
    zones = list(range(len(first)))
    of_device = network.device_zone.copy()
    for zone in range(len(zones)):
        heads = _heads(network, first[zone], last[zone])
        starts, ends = network.zone_point_start[zone], network.zone_point_start[zone + 1]
        covered = sum(int(network.point_end[head] - network.point_start[head]) for head in heads)
        if covered < ends - starts or len(heads) < 2:
            continue
        for head in heads:
            of_device[head : network.device_end[head]] = len(first)
            first.append(head)
            last.append(int(network.device_end[head]))
            zones.append(zone)
    device, device_end, zone_of = (np.array(column, np.int32) for column in (first, last, zones))
    return Areas(device, device_end, zone_of, np.ascontiguousarray(of_device).view(np.ndarray))


def _heads(network: Network, device: int, end: int) -> list[int]:
    """The topmost breakers that feed anybody: one alone cannot be told from what stands above it."""
    heads = []
    while device < end:
        if network.device_kind[device] == BREAKER:
            heads += [device] if network.point_end[device] > network.point_start[device] else []
            device = int(network.device_end[device])
        else:
            device += 1
    return heads
