"""What the meters below a device say of a moment: power went, came, or nothing happened."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from models.checkout.testimony import NEAR_MS, NEVER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from models.checkout.testimony import Interruptions
    from models.network.network import Network

    Times = NDArray[np.int64]

AT_ONCE_MS: Final = 10_000
MOST: Final = 0.5
"""So large a share of the meters says that it happened: some messages are lost, some meters are mute."""
SOME: Final = 0.1
FEW: Final = 0.05
"""So small a share says that it did not."""
BESIDE: Final = 0.2
"""Where more of those beside say that it happened to them as well, it happened further up."""
LEAST_METERS: Final = 3
LEAST_SILENT: Final = 8
"""From fewer meters than this nothing follows from nothing."""


class Verdict(IntEnum):
    """What the meters below a device say of an opening, or a closing, at a moment."""

    AT_ONCE = 0
    """Power went, or came, in the same seconds, and not so beside."""
    ABOUT_THEN = 1
    """The same, by clocks that differ more."""
    FURTHER_UP = 2
    """Power went, or came, and so it did beside."""
    OPPOSITE = 3
    """Power came at an opening, or went at a closing."""
    NOTHING = 4
    UNKNOWN = 5
    """Too few meters, or they differ."""


class Count(NamedTuple):
    """Meters that say something, of those that could."""

    agreed: int
    could: int


class Counts(NamedTuple):
    """The same at many moments."""

    agreed: Times
    could: Times

    def less(self, part: Counts) -> Counts:
        """Leave out a part."""
        return Counts(self.agreed - part.agreed, self.could - part.could)

    @property
    def most(self) -> NDArray[np.bool_]:
        """Whether it happened."""
        return (self.agreed >= LEAST_METERS) & (self.agreed >= MOST * self.could)

    @property
    def some(self) -> NDArray[np.bool_]:
        """Whether it cannot be a false message or two."""
        return (self.agreed >= LEAST_METERS) & (self.agreed >= SOME * self.could)

    @property
    def few(self) -> NDArray[np.bool_]:
        """Whether it surely did not."""
        return (self.could >= LEAST_SILENT) & (self.agreed <= FEW * self.could)

    @property
    def beside(self) -> NDArray[np.bool_]:
        """Whether it happened to enough of those beside."""
        return (self.could >= LEAST_SILENT) & (self.agreed > BESIDE * self.could)

    def at(self, place: int) -> Count:
        """Give those of one moment."""
        return Count(int(self.agreed[place]), int(self.could[place]))


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
        self._sorted: dict[int, tuple[Times, Times]] = {}
        self._episodes: dict[int, list[Episode]] = {}

    def metered(self, device: int) -> int:
        """Count the meters below a device."""
        network = self._network
        return int(self._metered[network.point_end[device]] - self._metered[network.point_start[device]])

    def went(self, device: int, at: Times) -> Counts:
        """Count the meters below that lost power about then, of those that had it."""
        begins, _ = self._below(device)
        return Counts(_within(begins, at), self.metered(device) - self._out(device, at))

    def came(self, device: int, at: Times) -> Counts:
        """Count the meters below that got power about then, of those that had none and told of the end."""
        begin, end = self._rows(device)
        never = np.searchsorted(np.sort(begin[end == NEVER]), at - NEAR_MS)
        came = _within(self._below(device)[1], at)
        return Counts(came, np.maximum(self._out(device, at) - never, came))

    def lived(self, device: int, since: Times, until: Times) -> Counts:
        """Count the meters below that had power between two moments, as they lost it there."""
        begins, _ = self._below(device)
        lost = np.searchsorted(begins, until - NEAR_MS) - np.searchsorted(begins, since + NEAR_MS, side="right")
        return Counts(np.maximum(lost, 0), np.full(len(since), self.metered(device)))

    def openings(self, device: int, at: Times) -> NDArray[np.uint8]:
        """Say what the meters make of an opening at each moment."""
        return self._verdicts(device, at, opens=True)

    def closings(self, device: int, at: Times) -> NDArray[np.uint8]:
        """Say what the meters make of a closing at each moment."""
        return self._verdicts(device, at, opens=False)

    def _verdicts(self, device: int, at: Times, *, opens: bool) -> NDArray[np.uint8]:
        expected, opposite = (self.went, self.came) if opens else (self.came, self.went)
        here = expected(device, at)
        most, other = here.most, opposite(device, at).most
        found = np.full(len(at), Verdict.UNKNOWN, np.uint8)
        found[here.few] = Verdict.NOTHING
        found[other & ~most] = Verdict.OPPOSITE
        times = self._below(device)[0 if opens else 1]
        found[most & ~other] = np.where(_middle_near(times, at), Verdict.AT_ONCE, Verdict.ABOUT_THEN)[most & ~other]
        parent = self._parent(device)
        if parent >= 0:
            found[most & ~other & expected(parent, at).less(here).beside] = Verdict.FURTHER_UP
        return found

    def episodes(self, device: int) -> list[Episode]:
        """Give the times at which this device, by the meters, was the one that opened."""
        if device not in self._episodes:
            self._episodes[device] = list(self._find_episodes(device))
        return self._episodes[device]

    def _find_episodes(self, device: int) -> Iterator[Episode]:
        begin, end = self._rows(device)
        order = np.argsort(begin, kind="stable")
        begin, end = begin[order], end[order]
        within = np.searchsorted(begin, begin + NEAR_MS, side="right") - np.arange(len(begin))
        places = np.flatnonzero(within >= max(LEAST_METERS, MOST * self.metered(device) / 2))
        middles = begin[places + (within[places] - 1) // 2]
        went = self.went(device, middles)
        ready = 0
        for place in np.flatnonzero(went.most & self._alone(device, middles, went)).tolist():
            row = int(places[place])
            if begin[row] < ready:
                continue
            ready = int(middles[place]) + NEAR_MS
            yield Episode(int(middles[place]), int(np.median(end[row : row + within[row]])), went.at(place))

    def _alone(self, device: int, at: Times, went: Counts) -> NDArray[np.bool_]:
        """Whether what lies beside kept power, and what lies beside the largest part below lost it as well."""
        parent = self._parent(device)
        if parent < 0:
            return np.zeros(len(at), bool)
        beside = self.went(parent, at).less(went)
        part = self._largest_part(device)
        rest = went.less(self.went(part, at)) if part >= 0 else went
        alone: NDArray[np.bool_] = (beside.could >= LEAST_SILENT) & ~beside.beside & rest.most
        return alone

    def _parent(self, device: int) -> int:
        return int(self._network.parent[self._network.class_of[device]])

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

    def _out(self, device: int, at: Times) -> Times:
        """Count the meters below that had no power before each moment, nor until about then."""
        begins, ends = self._below(device)
        before = np.searchsorted(begins, at - NEAR_MS) - np.searchsorted(ends, at - NEAR_MS, side="right")
        out: Times = np.maximum(before, 0)
        return out

    def _below(self, device: int) -> tuple[Times, Times]:
        """Give the begins and the ends of all interruptions below, each in order."""
        if device not in self._sorted:
            begin, end = self._rows(device)
            self._sorted[device] = np.sort(begin), np.sort(end)
        return self._sorted[device]

    def _rows(self, device: int) -> tuple[Times, Times]:
        network = self._network
        bounds = network.point_start[device], network.point_end[device]
        first, last = np.searchsorted(self._all.point, bounds)
        return self._all.begin[first:last], self._all.end[first:last]


def _middle_near(ordered: Times, at: Times) -> NDArray[np.bool_]:
    """Whether the median of those that lie near a moment lies at it."""
    if not len(ordered):
        return np.zeros(len(at), bool)
    first, last = np.searchsorted(ordered, at - NEAR_MS), np.searchsorted(ordered, at + NEAR_MS, side="right")
    middle = ordered[np.clip((first + last - 1) // 2, 0, len(ordered) - 1)]
    near: NDArray[np.bool_] = (last > first) & (np.abs(middle - at) <= AT_ONCE_MS)
    return near


def _within(ordered: Times, at: Times) -> Times:
    """Count those that lie near each moment."""
    found: Times = np.searchsorted(ordered, at + NEAR_MS, side="right") - np.searchsorted(ordered, at - NEAR_MS)
    return found
