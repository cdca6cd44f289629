"""Where the points, devices, classes, areas and collectors of a version of the network stand in the next one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from models.outages.delivery.learned import EACH, collectors_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.outages.state.shared_tables import Shared

NOWHERE: Final = -1
NO_KEY: Final = -1 << 62
"""Of a class that is gone: no outage has it."""


class Places:
    """Positions by positions; -1 of what the next version does not have."""

    def __init__(self, old: Shared, new: Shared) -> None:
        self.old, self.new = old, new
        before, after = old.network, new.network
        self.points: NDArray[np.int64] = after.point_position[before.point_number].astype(np.int64)
        self.devices: NDArray[np.int64] = after.device_position[before.device_number].astype(np.int64)
        self._rows = self._of_collectors()

    def point(self, position: int) -> int:
        """Where a usage point stands; -1 stays."""
        return int(self.points[position]) if position >= 0 else NOWHERE

    def device(self, position: int) -> int:
        """Where a device stands; -1 stays."""
        return int(self.devices[position]) if position >= 0 else NOWHERE

    def class_key(self, key: int) -> int:
        """The class of a device of a class, or ~point of a single service; `NO_KEY` if nothing of it is left."""
        if key == NO_KEY:
            return key
        if key < 0:
            point = self.point(~key)
            return ~point if point >= 0 else NO_KEY
        network = self.old.network
        for member in range(key, int(network.device_end[key])):
            if network.class_of[member] == key and (device := self.device(member)) >= 0:
                return int(self.new.network.class_of[device])
        return NO_KEY

    def area(self, area: int) -> int:
        """The area of a feeder's head, or of its zone where that is gone; ~area likewise."""
        if area < 0:
            return ~self.area(~area)
        if area < len(self.old.network.zone_ids):
            return area
        head = self.device(int(self.old.areas.device[area]))
        zone = int(self.old.areas.zone[area])
        return int(self.new.areas.of_device[head]) if head >= 0 else zone

    def exchanged(self, points: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Mark which of some points, by position in the old version, have another meter in the next one."""
        before, after = self.old.network, self.new.network
        now = after.meter_ids.gather(self.points[points])
        return np.asarray(before.meter_index.find_names(before.meter_ids, now) != points)

    def parents_moved(self) -> NDArray[np.int64]:
        """The devices, by position in the next version, that hang elsewhere there."""
        before, after = self.old.network, self.new.network
        above = np.where(before.parent < 0, NOWHERE, self.devices[np.maximum(before.parent, 0)])
        there = self.devices >= 0
        moved: NDArray[np.int64] = self.devices[there & (after.parent[np.maximum(self.devices, 0)] != above)]
        return moved

    def crossed(self) -> NDArray[np.int64]:
        """The devices, by position in the next version, that stand in another zone there."""
        there = self.devices >= 0
        before, after = self.old.network.device_zone[there], self.new.network.device_zone[self.devices[there]]
        crossed: NDArray[np.int64] = self.devices[there][before != after]
        return crossed

    def rows(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Where rows of `Memory` by collector stand: of the same collector in the same zone."""
        base = self._rows[rows // EACH]
        return np.where(base < 0, NOWHERE, base * EACH + rows % EACH)

    def _of_collectors(self) -> NDArray[np.int64]:
        names = [_named_collectors(shared) for shared in (self.old, self.new)]
        there = {name: place for place, name in enumerate(names[1])}
        return np.array([there.get(name, NOWHERE) for name in names[0]], np.int64)


def _named_collectors(shared: Shared) -> list[tuple[int, str]]:
    """Zone and id of each collector that has rows, in their order."""
    network, forest = shared.network, shared.forest
    names = network.collector_ids.take(collectors_of(network, forest))
    zones = np.repeat(np.arange(len(network.zone_ids)), np.diff(forest.zone_row_start) // EACH).tolist()
    return list(zip(zones, names, strict=True))


def structure_differs(places: Places) -> NDArray[np.bool_]:
    """Mark the zones in which a point or device came, went, hangs elsewhere, or counts and speaks otherwise.

    What stands in another zone has gone from one and come to the other.
    """
    old, new = places.old.network, places.new.network
    differs = np.zeros(len(new.zone_ids), np.bool_)
    kept = places.devices >= 0
    differs[old.device_zone[~kept]] = True
    here = places.devices[kept]
    above = places.devices[np.maximum(old.parent[kept], 0)]
    same = (np.where(old.parent[kept] < 0, NOWHERE, above) == new.parent[here]) & (
        old.device_kind[kept] == new.device_kind[here]
    )
    zone = old.device_zone[kept]
    crossed = zone != new.device_zone[here]
    differs[zone[crossed]] = differs[new.device_zone[here[crossed]]] = True
    differs[new.device_zone[here[~same]]] = True
    points = places.points >= 0
    differs[old.device_zone[old.point_device[~points]]] = True
    there = places.points[points]
    fed = places.devices[old.point_device[points]] == new.point_device[there]
    alike = old.customers[points] == new.customers[there]
    alike &= old.priority[points] == new.priority[there]
    alike &= (places.old.forest.delivery_row[points] < 0) == (places.new.forest.delivery_row[there] < 0)
    differs[new.device_zone[new.point_device[there[~(fed & alike)]]]] = True
    differs[old.device_zone[old.point_device[points]][~fed]] = True
    for ids, stay, zone in (
        (new.device_ids, here, new.device_zone),
        (new.point_ids, there, new.device_zone[new.point_device]),
    ):
        added = np.ones(len(ids), np.bool_)
        added[stay] = False
        differs[zone[added]] = True
    return differs
