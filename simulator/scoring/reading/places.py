"""Where a fault or an outage is: one number for all devices that no usage point can tell apart.

A place is the class of a device (0 to D - 1), or D plus the position of a usage point for a single service. A usage
point whose device feeds nobody else is that device's place; -1 is nowhere on the network.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from models.network.network import Network

NOWHERE = -1


def device_places(network: Network, devices: NDArray[np.int32]) -> NDArray[np.int64]:
    """Return the place of each device, given by position (-1 unknown)."""
    return np.where(devices < 0, NOWHERE, network.class_of[devices]).astype(np.int64)


def point_places(network: Network, points: NDArray[np.int32]) -> NDArray[np.int64]:
    """Return the place of each single service, given by the usage point's position (-1 unknown)."""
    device = network.point_device[points]
    alone = network.point_end[device] - network.point_start[device] == 1
    places = np.where(alone, network.class_of[device], len(network.parent) + points.astype(np.int64))
    return np.where(points < 0, NOWHERE, places)


def named_places(network: Network, ids: Sequence[str], service: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the place of each id: of a usage point where `service` (there a device's too), else of a device."""
    devices, points = network.find_devices(ids), network.find_points(ids)
    return np.where(service & (points >= 0), point_places(network, points), device_places(network, devices))
