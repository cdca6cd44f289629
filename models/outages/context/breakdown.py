"""Whom an outage has out, by class of customers and by area, and how many of them depend on life support.

Counted when a revision is made, from the points that are out: one short histogram over the groups of points that are
alike (`models/network/groups.py`), so nothing is kept, and it cannot run apart from who is out.
"""

from __future__ import annotations

from itertools import pairwise
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from models.network.network import Network

LEAST_TOLD: Final = 10
"""Of fewer customers out it is not said how many depend on life support: it would tell it of somebody."""
NOBODY_OUT: Final[Mapping[str, Any]] = MappingProxyType({"customers_by_class": [], "areas": []})


class Breakdown:
    """The classes and areas of a network, and who is on life support in it."""

    def __init__(self, network: Network, life_support: NDArray[np.bool_] | None = None) -> None:
        """`life_support` says so of each usage point; None unknown."""
        self._network, self._life_support = network, life_support
        self._customers = np.ascontiguousarray(network.customers).view(np.ndarray)
        self._group = np.ascontiguousarray(network.point_group).view(np.ndarray)
        self._areas = [
            network.group_areas[first:last].tolist() for first, last in pairwise(network.group_area_start.tolist())
        ]
        self._class = network.group_class.tolist()
        self._ids, self._kinds = list(network.area_ids), network.area_kind_ids.take(network.area_kind.tolist())
        self._served = self._served_by_area()
        self._asked = bool(len(network.area_ids) or len(network.class_ids))

    def fields(self, out: NDArray[np.int64]) -> Mapping[str, Any]:
        """The fields of a record, of the usage points (positions) that are out, ascending."""
        if not self._asked or not len(out):
            return NOBODY_OUT
        groups = self._group[out]
        first = int(groups.min())
        by_group = np.bincount(groups - first, self._customers[out]).astype(np.int64)
        by_class: dict[int, int] = {}
        by_area: dict[int, int] = {}
        for place in np.flatnonzero(by_group).tolist():
            group, count = first + place, int(by_group[place])
            by_class[self._class[group]] = by_class.get(self._class[group], 0) + count
            for area in self._areas[group]:
                by_area[area] = by_area.get(area, 0) + count
        return {
            "customers_by_class": self._classes(by_class),
            "areas": [self._area(area, count) for area, count in sorted(by_area.items())],
        }

    def life_support(self, out: NDArray[np.int64], customers_out: int) -> int | None:
        """How many customers depend on life support among those out; None where it is unknown, or not to be told."""
        if self._life_support is None or 0 < customers_out < LEAST_TOLD:
            return None
        return int(self._customers[out[self._life_support[out]]].sum())

    def _classes(self, by_class: dict[int, int]) -> list[dict[str, Any]]:
        names = self._network.class_ids
        if not len(names):
            return []
        return [
            {"customer_class": names[code] if code >= 0 else None, "customers_out": count}
            for code, count in sorted(by_class.items())
        ]

    def _area(self, area: int, count: int) -> dict[str, Any]:
        return {
            "kind": self._kinds[area],
            "area_id": self._ids[area],
            "customers_out": count,
            "customers_served": self._served[area],
        }

    def _served_by_area(self) -> list[int]:
        """Customers of each area, over all zones."""
        network = self._network
        by_group = np.bincount(self._group, self._customers, len(self._class)).astype(np.int64)
        of_row = np.repeat(by_group, np.diff(network.group_area_start))
        return np.bincount(network.group_areas, of_row, len(network.area_ids)).astype(np.int64).tolist()  # type: ignore[no-any-return]
