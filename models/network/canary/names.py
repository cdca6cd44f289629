"""What is a canary: told by ids that no table of a utility may have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from models.network.network import DEVICE_KINDS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from models.network.network import Network

PREFIX: Final = "faultline.canary."
"""All ids of canaries begin so, and no other id of a zone, feeder, collector, device, usage point or meter may."""
OPENING: Final = ("breaker", "fuse", "transformer")
"""Kinds of the devices that are opened in turn."""


def zone_id_of(partition: int) -> str:
    """Give the id of the canary zone of an evidence partition."""
    return f"{PREFIX}{partition:05d}"


def is_canary(name: str) -> bool:
    """Whether an id is that of a canary zone, or of something in one."""
    return name.startswith(PREFIX)


def canary_places(zone_ids: Iterable[str]) -> dict[int, int]:
    """Give the evidence partition that each canary zone among some zones is of."""
    return {zone: int(name.removeprefix(PREFIX)) for zone, name in enumerate(zone_ids) if is_canary(name)}


def canary_zones(network: Network) -> list[int]:
    """Give the places of the canary zones that have something in them, ascending."""
    start = network.zone_device_start
    return [
        zone for zone, zone_id in enumerate(network.zone_ids) if is_canary(zone_id) and start[zone] < start[zone + 1]
    ]


def opening_devices(network: Network, zone: int) -> list[int]:
    """Give the positions of the devices of a canary zone that are opened in turn."""
    kinds = [DEVICE_KINDS.index(kind) for kind in OPENING]
    first, end = network.zone_device_start[zone : zone + 2].tolist()
    return [device for device in range(first, end) if network.device_kind[device] in kinds]
