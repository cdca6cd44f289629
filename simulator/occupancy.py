"""Where and when faults lie, so that two of them meet only where a storm wants them nested."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from simulator.course import NONE
from simulator.places import Places

if TYPE_CHECKING:
    from collections.abc import Iterable

    from models.network.network import Network

APART_MS: Final = 300_000
"""Interruptions within five minutes of each other are one event (IEEE 1366), so unrelated ones keep that distance."""


class Occupancy:
    """For each device the times at which it is not to be touched."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._times: Places[list[tuple[int, int]]] = Places()

    def take(self, device: int, start: int, end: int) -> None:
        """Note that a device is open from `start` to `end`."""
        if device not in self._times:
            self._times[device] = []
        self._times[device].append((start, end))

    def free(self, device: int, start: int, end: int) -> bool:
        """Return whether the device, all above it and all below it are untouched around that time."""
        start, end = start - APART_MS, end + APART_MS
        above = int(self._network.parent[device])
        while above != NONE:
            if _touched(self._times.get(above, ()), start, end):
                return False
            above = int(self._network.parent[above])
        below = self._times.within(device, int(self._network.device_end[device]))
        return not any(_touched(times, start, end) for times in below)


def _touched(times: Iterable[tuple[int, int]], start: int, end: int) -> bool:
    return any(begun < end and start < over for begun, over in times)
