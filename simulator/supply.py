"""Who was out, from when to when: exact intervals of each usage point, from the device positions alone.

A usage point has power if every device between it and its root is closed, or if a closed tie feeds its part of the
tree. So each point carries the number of open devices above it: it goes out when that leaves 0 and is back when it
reaches 0 again. Everything below a device is one slice, so a switching operation is one addition to a slice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from simulator.course import NEVER, NONE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.network.network import Network
    from simulator.course import Course, Feed, Opening

OPEN, CLOSE, FEED_END, FEED_START = range(4)
"""Operations of one millisecond happen in this order, so that a change-over interrupts nobody."""


@dataclass(frozen=True, slots=True)
class Interruptions:
    """n interruptions ordered by usage point, then time; `back_at` is `NEVER` where power stays away."""

    point: NDArray[np.int32]
    fault: NDArray[np.int32]
    """The fault that interrupted the point first; it keeps the interruption to its end."""
    out_at: NDArray[np.int64]
    back_at: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.point)

    def next_out_at(self) -> NDArray[np.int64]:
        """Return when the same point goes out the next time, `NEVER` if it does not."""
        following = np.full(len(self), NEVER, np.int64)
        same = self.point[1:] == self.point[:-1]
        following[:-1][same] = self.out_at[1:][same]
        return following

    def is_out(self, point: NDArray[np.int32], at: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return whether each point is without power at its moment."""
        first = np.searchsorted(self.point, point, "left")
        last = np.searchsorted(self.point, point, "right")
        out = np.zeros(len(point), bool)
        for row in np.flatnonzero(first < last).tolist():
            rows = slice(first[row], last[row])
            out[row] = bool(np.any((self.out_at[rows] <= at[row]) & (at[row] < self.back_at[rows])))
        return out


def interruptions(network: Network, course: Course) -> Interruptions:
    """Play all operations of a course in order and return every interruption of every usage point."""
    supply = _Supply(network)
    operations = [(o.opened_at, OPEN, n) for n, o in enumerate(course.openings)]
    operations += [(o.closed_at, CLOSE, n) for n, o in enumerate(course.openings) if o.closed_at < NEVER]
    operations += [(f.closed_at, FEED_START, n) for n, f in enumerate(course.feeds)]
    operations += [(f.opened_at, FEED_END, n) for n, f in enumerate(course.feeds) if f.opened_at < NEVER]
    for at, what, number in sorted(operations):
        if what == OPEN:
            supply.open(course.openings[number], at)
        elif what == CLOSE:
            supply.close(course.openings[number], at)
        elif what == FEED_START:
            supply.start_feed(course.feeds[number], at)
        else:
            supply.end_feed(course.feeds[number], at)
    return supply.finish()


class _Supply:
    """The state of supply while operations are played."""

    def __init__(self, network: Network) -> None:
        points = len(network.point_device)
        self.network = network
        self.open_above = np.zeros(points, np.int16)
        self.out_at = np.zeros(points, np.int64)
        self.owner = np.full(points, NONE, np.int32)
        self.open_devices: dict[int, int] = {}
        """Which devices stand open, and on account of which fault."""
        self.feeds: list[Feed] = []
        self.ended: list[tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int64], NDArray[np.int64]]] = []

    def open(self, opening: Opening, at: int) -> None:
        for start, end in self._slices(opening):
            newly = self._interrupt(start, end, at, opening.fault)
            if opening.sparing != NONE:
                first, last = self.network.point_start[opening.sparing], self.network.point_end[opening.sparing]
                self.owner[newly[(newly >= first) & (newly < last)]] = opening.spared_fault
        if opening.device != NONE:
            self.open_devices[opening.device] = opening.fault

    def close(self, opening: Opening, at: int) -> None:
        for start, end in self._slices(opening):
            self._restore(start, end, at)
        self.open_devices.pop(opening.device, None)

    def start_feed(self, feed: Feed, at: int) -> None:
        """Connect the part below a device to its tie: what stands open above it no longer counts."""
        start, end = int(self.network.point_start[feed.device]), int(self.network.point_end[feed.device])
        if self._open_upwards(feed.source):
            raise ValueError(f"tie {self.network.device_ids[feed.tie]}: its other side is dead; close it later")
        self._restore(start, end, at, len(self._open_upwards(feed.device)))
        self.feeds.append(feed)

    def end_feed(self, feed: Feed, at: int) -> None:
        """Give the part below a device back to the device: what stands open above it counts again."""
        self.feeds.remove(feed)
        start, end = int(self.network.point_start[feed.device]), int(self.network.point_end[feed.device])
        beyond = self._open_upwards(feed.source)
        above = self._open_upwards(feed.device)
        if len(above) > len(beyond):
            self._interrupt(start, end, at, above[0], len(above) - len(beyond))
        else:
            self._restore(start, end, at, len(beyond) - len(above))

    def finish(self) -> Interruptions:
        out = np.flatnonzero(self.open_above > 0).astype(np.int32)
        self._keep(out, NEVER)
        point, fault, out_at, back_at = (np.concatenate(column) for column in zip(*self.ended, strict=True))
        order = np.lexsort((out_at, point))
        return Interruptions(point[order], fault[order], out_at[order], back_at[order])

    def _slices(self, opening: Opening) -> list[tuple[int, int]]:
        """Return the slices of points that hang on a device now: those below it, less and plus what ties have moved."""
        if opening.usage_point != NONE:
            return [(opening.usage_point, opening.usage_point + 1)]
        network, device = self.network, opening.device
        slices = []
        start = int(network.point_start[device])
        for feed in sorted(self.feeds, key=lambda feed: feed.device):
            if self._is_below(feed.device, device):
                slices.append((start, int(network.point_start[feed.device])))
                start = int(network.point_end[feed.device])
        slices.append((start, int(network.point_end[device])))
        beyond = (feed.device for feed in self.feeds if self._is_below(feed.source, device))
        return slices + [(int(network.point_start[fed]), int(network.point_end[fed])) for fed in beyond]

    def _is_below(self, device: int, above: int) -> bool:
        return above <= device < int(self.network.device_end[above])

    def _open_upwards(self, device: int) -> list[int]:
        """Return the faults of the open devices from a device up to its root."""
        faults = []
        while device != NONE:
            if device in self.open_devices:
                faults.append(self.open_devices[device])
            device = int(self.network.parent[device])
        return faults

    def _interrupt(self, start: int, end: int, at: int, fault: int, times: int = 1) -> NDArray[np.int32]:
        newly = (np.flatnonzero(self.open_above[start:end] == 0) + start).astype(np.int32)
        self.out_at[newly] = at
        self.owner[newly] = fault
        self.open_above[start:end] += times
        return newly

    def _restore(self, start: int, end: int, at: int, times: int = 1) -> None:
        if times == 0:
            return
        self.open_above[start:end] -= times
        self._keep((np.flatnonzero(self.open_above[start:end] == 0) + start).astype(np.int32), at)

    def _keep(self, points: NDArray[np.int32], at: int) -> None:
        """Keep the interruptions of points that are back; what lasted no millisecond was none."""
        points = points[self.out_at[points] < at]
        self.ended.append((points, self.owner[points], self.out_at[points], np.full(len(points), at, np.int64)))
