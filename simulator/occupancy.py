"""Where and when faults lie, so that two of them meet only where a storm wants them nested."""

from __future__ import annotations

from bisect import bisect_left, insort
from typing import TYPE_CHECKING, Final

from simulator.course import NONE

if TYPE_CHECKING:
    from models.network import Network

APART_MS: Final = 300_000
"""Interruptions within five minutes of each other are one event (IEEE 1366), so unrelated ones keep that distance."""


class Occupancy:
    """For each device the times at which it is not to be touched."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._times: dict[int, list[tuple[int, int]]] = {}
        self._devices: list[int] = []

    def take(self, device: int, start: int, end: int) -> None:
        """Note that a device is open from `start` to `end`."""
        if device not in self._times:
            insort(self._devices, device)
        self._times.setdefault(device, []).append((start, end))

    def free(self, device: int, start: int, end: int) -> bool:
        """Return whether the device, all above it and all below it are untouched around that time."""
        start, end = start - APART_MS, end + APART_MS
        above = int(self._network.parent[device])
        while above != NONE:
            if self._touched(above, start, end):
                return False
            above = int(self._network.parent[above])
        first = bisect_left(self._devices, device)
        last = bisect_left(self._devices, int(self._network.device_end[device]))
        return not any(self._touched(below, start, end) for below in self._devices[first:last])

    def _touched(self, device: int, start: int, end: int) -> bool:
        return any(begun < end and start < over for begun, over in self._times.get(device, ()))
