"""What the meters below a device say of a moment: power went, came, or nothing happened."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from models.checkout.testimony import NEAR_MS, NEVER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from models.checkout.testimony import Interruptions
    from models.network.network import Network

MOST: Final = 0.5
"""So large a share of the meters says that it happened: some messages are lost, some meters are mute."""
SOME: Final = 0.1
FEW: Final = 0.05
"""So small a share says that it did not."""
LEAST_METERS: Final = 3
LEAST_SILENT: Final = 8
"""From fewer meters than this nothing follows from nothing."""


class Count(NamedTuple):
    """Meters that say something, of those that could."""

    agreed: int
    could: int

    @property
    def most(self) -> bool:
        """Whether it happened."""
        return self.agreed >= LEAST_METERS and self.agreed >= MOST * self.could

    @property
    def some(self) -> bool:
        """Whether it cannot be a false message or two."""
        return self.agreed >= LEAST_METERS and self.agreed >= SOME * self.could

    @property
    def few(self) -> bool:
        """Whether it surely did not."""
        return self.could >= LEAST_SILENT and self.agreed <= FEW * self.could


class Episode(NamedTuple):
    """All below a device, and nothing beside it, went out; `end` is the median of the meters', `NEVER` none told."""

    begin: int
    end: int
    meters: Count


class MetersBelow:
    """The interruptions below each device."""

    def __init__(self, network: Network, interruptions: Interruptions) -> None:
        self._network, self._all = network, interruptions
        has_meter = np.array([bool(name) for name in network.meter_ids], bool)
        self._metered = np.concatenate([[0], np.cumsum(has_meter)])

    def metered(self, device: int) -> int:
        """Count the meters below a device."""
        network = self._network
        return int(self._metered[network.point_end[device]] - self._metered[network.point_start[device]])

    def went(self, device: int, at: int) -> Count:
        """Count the meters below that lost power about then, of those that had it."""
        begin, end = self._below(device)
        before = int(np.count_nonzero((begin < at - NEAR_MS) & (end > at - NEAR_MS)))
        return Count(int(np.count_nonzero(np.abs(begin - at) <= NEAR_MS)), self.metered(device) - before)

    def came(self, device: int, at: int) -> Count:
        """Count the meters below that got power about then, of those that had none."""
        begin, end = self._below(device)
        out = (begin < at - NEAR_MS) & (end >= at - NEAR_MS) & (end < NEVER)
        return Count(int(np.count_nonzero(out & (end <= at + NEAR_MS))), int(np.count_nonzero(out)))

    def lived(self, device: int, since: int, until: int) -> Count:
        """Count the meters below that had power within a time, as they lost it there."""
        begin, _ = self._below(device)
        within = (begin > since + NEAR_MS) & (begin < until - NEAR_MS)
        return Count(int(np.count_nonzero(within)), self.metered(device))

    def episodes(self, device: int) -> Iterator[Episode]:
        """Give the times at which this device, by the meters, was the one that opened."""
        begin, end = self._below(device)
        order = np.argsort(begin, kind="stable")
        begin, end = begin[order], end[order]
        within = np.searchsorted(begin, begin + NEAR_MS, side="right") - np.arange(len(begin))
        ready = 0
        for place in np.flatnonzero(within >= max(LEAST_METERS, MOST * self.metered(device) / 2)).tolist():
            if begin[place] < ready:
                continue
            middle = int(np.median(begin[place : place + within[place]]))
            count = self.went(device, middle)
            if count.most and self._alone(device, middle):
                ready = middle + NEAR_MS
                ends = end[place : place + within[place]]
                yield Episode(middle, int(np.median(ends)), count)

    def _alone(self, device: int, at: int) -> bool:
        """Whether what lies beside kept power, and what lies beside the largest part below lost it as well."""
        network = self._network
        parent = int(network.parent[network.class_of[device]])
        if parent < 0 or not (beside := self._less(self.went(parent, at), self.went(device, at))).could >= LEAST_SILENT:
            return False
        if beside.agreed > 0.2 * beside.could:
            return False
        part = self._largest_part(device)
        rest = self._less(self.went(device, at), self.went(part, at)) if part >= 0 else self.went(device, at)
        return rest.most

    def _largest_part(self, device: int) -> int:
        """Find the device of another class below that has the most meters; -1 if there is none."""
        network = self._network
        top = int(network.class_of[device])
        below = np.arange(top + 1, network.device_end[top])
        others = below[network.class_of[below] != top]
        if not len(others):
            return -1
        sizes = network.point_end[others] - network.point_start[others]
        return int(others[np.argmax(sizes)])

    @staticmethod
    def _less(whole: Count, part: Count) -> Count:
        return Count(whole.agreed - part.agreed, whole.could - part.could)

    def _below(self, device: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        network = self._network
        bounds = network.point_start[device], network.point_end[device]
        first, last = np.searchsorted(self._all.point, bounds)
        return self._all.begin[first:last], self._all.end[first:last]
