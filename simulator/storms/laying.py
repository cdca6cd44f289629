"""Finding a place for an incident: a device that serves about as many customers, as near as one is free."""

from __future__ import annotations

from math import ceil, floor
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from simulator.classes import Classes, classes_with_points
from simulator.course import NONE
from simulator.occupancy import Occupancy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.random import Generator
    from numpy.typing import NDArray

    from models.network.network import Network
    from simulator.incidents import Incident

_WIDENING: Final = (1.0, 1.1, 1.25, 1.6, 2.5)
"""How far off in size a device may be, tried one after the other."""
_MARGIN_DEGREES: Final = 0.2
"""The network lies at a place that is no farther out than this."""
_AT_ONCE: Final = 64


class Place(NamedTuple):
    """Where an incident lies: a device, or a single service."""

    device: int
    usage_point: int


class Laying:
    """Lays incidents in the order of their starts, none above, below or at another that is open at the same time."""

    def __init__(self, network: Network, lots: Generator) -> None:
        self._network = network
        self._lots = lots
        self._occupancy = Occupancy(network)
        self._classes: Classes = classes_with_points(network)
        served = np.concatenate([[0], np.cumsum(network.customers, dtype=np.int64)])
        top = self._classes.top
        sizes = served[network.point_end[top]] - served[network.point_start[top]]
        order = np.argsort(sizes, kind="stable")
        self._top, self._sizes = top[order], sizes[order]
        self._longitude, self._latitude = network.device_longitude[self._top], network.device_latitude[self._top]
        self._extent = (*_extent(network.device_longitude), *_extent(network.device_latitude))
        self._singles = np.flatnonzero(network.customers == 1).astype(np.int32)

    def lay(self, incident: Incident, size: int) -> Place | None:
        """Return where the incident lies from now on; None if nothing of its size is free."""
        for widening in _WIDENING:
            rows = slice(*np.searchsorted(self._sizes, [ceil(size / widening), floor(size * widening) + 1]))
            for row in self._by_distance(incident, self._longitude[rows], self._latitude[rows]):
                top = int(self._top[rows.start + row])
                if self._take(top, incident):
                    return Place(self._classes.draw_device(self._lots, top), NONE)
            if size == 1 and (service := self._lay_service(incident)) is not None:
                return service
        return None

    def _lay_service(self, incident: Incident) -> Place | None:
        """Find a single service for an incident of one customer where no device serves just one."""
        points = self._singles
        for row in self._by_distance(
            incident, self._network.point_longitude[points], self._network.point_latitude[points]
        ):
            point = int(points[row])
            if self._take(int(self._network.point_device[point]), incident):
                return Place(NONE, point)
        return None

    def _take(self, device: int, incident: Incident) -> bool:
        if not self._occupancy.free(device, incident.started_at, incident.restored_at):
            return False
        self._occupancy.take(device, incident.started_at, incident.restored_at)
        return True

    def _by_distance(
        self, incident: Incident, longitude: NDArray[np.float64], latitude: NDArray[np.float64]
    ) -> Iterator[int]:
        """Yield rows from the nearest on; in any order by lot where the network lies elsewhere."""
        if not self._lies_at(incident):
            yield from self._lots.permutation(len(longitude)).tolist()
            return
        east = (longitude - incident.longitude) * np.cos(np.radians(incident.latitude))
        distance = east**2 + (latitude - incident.latitude) ** 2
        near = _AT_ONCE
        while near < len(distance):
            nearest = np.argpartition(distance, near)[:near]
            yield from nearest[np.argsort(distance[nearest], kind="stable")].tolist()
            near *= _AT_ONCE
        yield from np.argsort(distance, kind="stable").tolist()

    def _lies_at(self, incident: Incident) -> bool:
        west, east, south, north = self._extent
        return west <= incident.longitude <= east and south <= incident.latitude <= north


def _extent(degrees: NDArray[np.float64]) -> tuple[float, float]:
    return float(degrees.min()) - _MARGIN_DEGREES, float(degrees.max()) + _MARGIN_DEGREES
