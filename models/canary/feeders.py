"""What can be opened on the canary zones of a network, and whose power it takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from models.network.canary.names import canary_zones, opening_devices

if TYPE_CHECKING:
    from models.network.network import Network


class Opening(NamedTuple):
    """A device that is opened."""

    device_id: str
    alike: frozenset[str]
    """The device and those that no meter can tell from it."""
    meters: tuple[str, ...]
    """All below it."""


class Feeder(NamedTuple):
    """A canary zone."""

    zone_id: str
    partition: int
    """Of the evidence log."""
    openings: tuple[Opening, ...]
    meters: tuple[str, ...]


def feeders(network: Network) -> list[Feeder]:
    """Give the canary zones of a network in the order of their partitions; none where it was compiled without."""
    found = []
    for zone in canary_zones(network):
        openings = tuple(_opening(network, device) for device in opening_devices(network, zone))
        first, end = network.zone_point_start[zone : zone + 2].tolist()
        partition = int(network.zone_partition[zone])
        found.append(Feeder(network.zone_ids[zone], partition, openings, tuple(network.meter_ids[first:end])))
    return sorted(found, key=lambda feeder: feeder.partition)


def _opening(network: Network, device: int) -> Opening:
    first, end = int(network.point_start[device]), int(network.point_end[device])
    top = int(network.class_of[device])
    alike = [below for below in range(top, int(network.device_end[top])) if int(network.class_of[below]) == top]
    names = frozenset(network.device_ids[one] for one in alike)
    return Opening(network.device_ids[device], names, tuple(network.meter_ids[first:end]))
