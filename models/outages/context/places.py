"""Where an outage is: its device, the box around all that is below, and how many customers feeder and zone serve."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.network.network import Network

DECIMALS: Final = 6
"""Of degrees: a tenth of a metre."""


class Places:
    """The places of a network, in degrees of WGS 84."""

    def __init__(self, network: Network) -> None:
        self._network = network
        before = np.concatenate([[0], np.cumsum(network.customers, dtype=np.int64)])
        self._by_zone = np.diff(before[network.zone_point_start])
        fed = network.feeder[network.point_device]
        some = np.flatnonzero(fed >= 0)
        by_feeder = np.bincount(fed[some], network.customers[some], len(network.feeder_ids))
        self._by_feeder = by_feeder.astype(np.int64)

    def fields(self, zone: int, device: int, point: int) -> dict[str, Any]:
        """The fields of a record: of an outage at a device (position, -1 of a usage point alone)."""
        network = self._network
        feeder = int(network.feeder[device if device >= 0 else network.point_device[point]])
        return {
            "place": self._place(device, point),
            "customers_served": {
                "feeder": int(self._by_feeder[feeder]) if feeder >= 0 else None,
                "zone": int(self._by_zone[zone]),
            },
        }

    def _place(self, device: int, point: int) -> dict[str, Any]:
        network = self._network
        first, last = (point, point + 1) if device < 0 else (network.point_start[device], network.point_end[device])
        longitude, latitude = network.point_longitude[first:last], network.point_latitude[first:last]
        own = (longitude[:1], latitude[:1])
        if device >= 0:
            own = network.device_longitude[device : device + 1], network.device_latitude[device : device + 1]
        west, east = _ends(longitude, own[0])
        south, north = _ends(latitude, own[1])
        return {
            "longitude": round(float(own[0][0]), DECIMALS),
            "latitude": round(float(own[1][0]), DECIMALS),
            "bounding_box": [west, south, east, north],
        }


def _ends(some: NDArray[np.float64], own: NDArray[np.float64]) -> tuple[float, float]:
    both = np.concatenate([some, own])
    return round(float(both.min()), DECIMALS), round(float(both.max()), DECIMALS)
