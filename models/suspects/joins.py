"""The joins of a zone: by which device each usage point is fed, and which devices near that may feed it instead."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.network.network import Network

CANDIDATES: Final = 12
"""The nearest devices of the zone that feed somebody."""
ROWS_AT_ONCE: Final = 512


class ZoneJoins:
    """A zone with P usage points, fed by T devices."""

    def __init__(self, network: Network, zone: int) -> None:
        self.network, self.zone = network, zone
        self.first, self.last = network.zone_point_start[zone : zone + 2].tolist()
        points = slice(self.first, self.last)
        self.numbers = network.point_number[points]
        self.feeding, self.row = np.unique(network.point_device[points], return_inverse=True)
        """Positions of the feeding devices, and by point which of them is its own."""
        self.collector = network.collector[points]
        self.metered = network.meter_ids.lengths()[points] > 0

    @cached_property
    def near(self) -> NDArray[np.int32]:
        """By feeding device the positions of the nearest others, [T, CANDIDATES]; -1 where there are not so many."""
        network, feeding = self.network, self.feeding
        longitude, latitude = network.device_longitude[feeding], network.device_latitude[feeding]
        east = longitude * np.cos(np.radians(latitude.mean())) if len(feeding) else longitude
        near = np.full((len(feeding), CANDIDATES), -1, np.int32)
        count = min(CANDIDATES, len(feeding) - 1)
        for first in range(0, len(feeding), ROWS_AT_ONCE):
            rows = np.arange(first, min(first + ROWS_AT_ONCE, len(feeding)))
            apart = (east[rows, None] - east[None, :]) ** 2 + (latitude[rows, None] - latitude[None, :]) ** 2
            apart[np.arange(len(rows)), rows] = np.inf
            near[rows, :count] = feeding[np.argsort(apart, axis=1, kind="stable")[:, :count]]
        return near

    def candidates(self, point: int) -> NDArray[np.int32]:
        """Give the positions of the devices that may feed a point (place in the zone) instead; -1 none."""
        found: NDArray[np.int32] = self.near[self.row[point]]
        return found
