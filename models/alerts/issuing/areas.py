"""Which area an outage lies in, how many customers that has, and where those below a device live."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from models.network.network import Network


class Homes(NamedTuple):
    """Usage points with a place: degrees of WGS 84 and the customers at each, n each."""

    longitude: NDArray[np.float64]
    latitude: NDArray[np.float64]
    customers: NDArray[np.int32]


class Areas:
    """The areas of a network: its territories, and zones where the tables have none."""

    def __init__(self, network: Network, by: str) -> None:
        """Prepare the areas; `by` as in the policy: of an outage the area is still its territory."""
        self._network = network
        device_area = network.device_territory if by != "zone" else np.full(len(network.parent), -1, np.int32)
        zones = len(network.zone_ids)
        self._names = [*network.zone_ids, *network.territory_ids]
        self._device_area = np.where(device_area < 0, network.device_zone, device_area + zones)
        point_area = self._device_area[network.point_device]
        self._customers = np.bincount(point_area, network.customers, len(self._names)).astype(np.int64)
        self._placed = np.isfinite(network.point_longitude) & np.isfinite(network.point_latitude)

    @property
    def names(self) -> list[str]:
        """The ids of all areas."""
        return list(self._names)

    def area_of(self, device_id: str, zone_id: str) -> str:
        """Give the area of a device (or of a usage point that stands for one); unknown ones are in their zone."""
        device = self._device(device_id)
        return zone_id if device < 0 else self._names[self._device_area[device]]

    def customers_of(self, area: str) -> int:
        """Give the customers that live in an area; of one that is unknown 0."""
        return int(self._customers[self._names.index(area)]) if area in self._names else 0

    def homes_below(self, devices: Iterable[str]) -> Homes:
        """Give the usage points below devices, each once, in the order of the network."""
        network = self._network
        chosen = np.zeros(len(network.point_device), np.bool_)
        for device_id in devices:
            device = int(network.find_devices([device_id])[0])
            if device >= 0:
                chosen[network.point_start[device] : network.point_end[device]] = True
            elif (point := int(network.find_points([device_id])[0])) >= 0:
                chosen[point] = True
        return self._homes(chosen & self._placed)

    def all_homes(self) -> Homes:
        """Give all usage points with a place."""
        return self._homes(self._placed)

    def _homes(self, chosen: NDArray[np.bool_]) -> Homes:
        network = self._network
        return Homes(network.point_longitude[chosen], network.point_latitude[chosen], network.customers[chosen])

    def _device(self, device_id: str) -> int:
        device = int(self._network.find_devices([device_id])[0])
        if device >= 0:
            return device
        point = int(self._network.find_points([device_id])[0])
        return int(self._network.point_device[point]) if point >= 0 else -1
