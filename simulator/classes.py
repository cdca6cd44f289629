"""The classes of devices that faults are drawn over: devices that no usage point can tell apart are one class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from models.network.network import DEVICE_KINDS
from simulator.course import NONE

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

    from models.network.network import Network

SWITCH: Final = DEVICE_KINDS.index("switch")
TIE: Final = DEVICE_KINDS.index("tie")
LARGEST_SHARE: Final = 4
"""A class is drawn only with at most one in so many of its feeder's usage points."""


@dataclass(frozen=True, slots=True)
class Classes:
    """Classes by their topmost devices, ascending, which is depth-first."""

    network: Network
    top: NDArray[np.int32]

    def draw_above(self, lots: Generator, top: int) -> int:
        """Draw a class above another one, even over all of them; `NONE` if there is none."""
        above = self.top[(self.top < top) & (self.network.device_end[self.top] > top)]
        return int(lots.choice(above)) if len(above) else NONE

    def draw_device(self, lots: Generator, top: int) -> int:
        """Draw the device of a class that opens: one that opens by itself, else a switch."""
        end = int(self.network.device_end[top])
        members = np.flatnonzero(self.network.class_of[top:end] == top) + top
        kinds = self.network.device_kind[members]
        for wanted in ((kinds != SWITCH) & (kinds != TIE), kinds == SWITCH):
            if wanted.any():
                return int(lots.choice(members[wanted]))
        return int(top)


def classes_with_points(network: Network) -> Classes:
    """Return all classes that have usage points."""
    devices = np.arange(len(network.parent))
    fits = (network.class_of == devices) & (network.point_end > network.point_start)
    return Classes(network, np.flatnonzero(fits).astype(np.int32))


def classes_for_faults(network: Network) -> Classes:
    """Return the classes that have usage points, but none with over a quarter of its feeder's."""
    classes = classes_with_points(network)
    sizes = network.point_end - network.point_start
    fits = sizes * LARGEST_SHARE <= feeder_sizes(network)
    return Classes(network, classes.top[fits[classes.top]])


def feeder_sizes(network: Network) -> NDArray[np.int64]:
    """Return for each device how many usage points its feeder has, its zone where it belongs to no feeder."""
    by_feeder = np.bincount(network.feeder[network.point_device] + 1, minlength=len(network.feeder_ids) + 1)
    by_zone = np.diff(network.zone_point_start)
    return np.where(network.feeder < 0, by_zone[network.device_zone], by_feeder[network.feeder + 1])
