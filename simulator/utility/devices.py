"""The device table of one invented substation: ids, parents, phases, telemetry, places."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

import numpy as np

from models.network.network import ALL_PHASES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulator.utility.territory import Area, Plane

NO_ROW: Final = -1
NO_FEEDER: Final = 0
PHASE_NAMES: Final = np.array(["", "A", "B", "AB", "C", "AC", "BC", "ABC"])
"""By the sum of A = 1, B = 2, C = 4."""
TELEMETERED_SHARE: Final = {"breaker": 1.0, "recloser": 0.9, "switch": 0.12, "tie": 0.3}
"""How many of a kind the control room sees; of the others none."""


class DeviceTable:
    """Grows row by row; a parent's row comes before its children's. Places in the plane; feeders count from 1."""

    def __init__(self, area: Area, place: tuple[float, float], buses: int) -> None:
        """Begin with the substation itself: its source and as many transformers, each with a bus."""
        self._area = area
        self._kinds: list[str] = []
        self._parents: list[int] = []
        self._others: list[int] = []
        self._feeders: list[int] = []
        self._phases: list[int] = []
        self._x: list[float] = []
        self._y: list[float] = []
        source = self.add("source", NO_ROW, NO_FEEDER, place)
        transformers = [self.add("substation_transformer", source, NO_FEEDER, place) for _ in range(buses)]
        self.buses = [self.add("bus", transformer, NO_FEEDER, place) for transformer in transformers]

    def add(self, kind: str, parent: int, feeder: int, place: tuple[float, float], phases: int = ALL_PHASES) -> int:
        """Add a device and return its row."""
        self._kinds.append(kind)
        self._parents.append(parent)
        self._others.append(NO_ROW)
        self._feeders.append(feeder)
        self._phases.append(phases)
        self._x.append(place[0])
        self._y.append(place[1])
        return len(self._kinds) - 1

    def add_tie(self, parent: int, other_parent: int, feeder: int, place: tuple[float, float]) -> None:
        """Add a normally-open tie between two devices."""
        self._others[self.add("tie", parent, feeder, place)] = other_parent

    def phases_of(self, rows: list[int]) -> NDArray[np.int64]:
        """Phases of some rows."""
        return np.array(self._phases)[rows]

    def columns(self, plane: Plane, random: np.random.Generator) -> dict[str, NDArray[np.generic]]:
        """Give the whole table, all optional columns included."""
        count = len(self._kinds)
        ids = [*self._names(), ""]
        longitude, latitude = plane.degrees(np.array(self._x), np.array(self._y))
        feeders = ["", *(f"{self._area.substation_id}/f{number}" for number in range(1, max(self._feeders) + 1))]
        seen = random.random(count) < [TELEMETERED_SHARE.get(kind, 0.0) for kind in self._kinds]
        return {
            "device_id": np.array(ids[:-1]),
            "kind": np.array(self._kinds),
            "parent_id": np.array([ids[row] for row in self._parents]),
            "feeder_id": np.array(feeders)[self._feeders],
            "substation_id": np.full(count, self._area.substation_id),
            "longitude": longitude,
            "latitude": latitude,
            "phases": PHASE_NAMES[self._phases],
            "ganged": np.array(self._kinds) != "fuse",
            "telemetered": seen,
            "other_parent_id": np.array([ids[row] for row in self._others]),
            "territory_id": np.full(count, self._area.town),
        }

    def _names(self) -> list[str]:
        """Ids that say where a device stands: `ashford-2/f3/fuse-017`."""
        counts: Counter[tuple[int, str]] = Counter()
        names = []
        for feeder, kind in zip(self._feeders, self._kinds, strict=True):
            counts[feeder, kind] += 1
            place = f"{self._area.substation_id}/f{feeder}" if feeder else self._area.substation_id
            single = kind in {"source", "breaker"}
            names.append(f"{place}/{kind}" if single else f"{place}/{kind}-{counts[feeder, kind]:03d}")
        return names
