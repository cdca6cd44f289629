"""How what is known comes to those who tell customers: by polls of the engine, or by its topic.

A joint has a copy of how each customer stands: for each the number of the record that it shows, -1 none. It begins a
turn every so many seconds, unless the one before is still under way, as a scheduled job does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from benchmarks.storm_vs_storm.course import OUT

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from benchmarks.storm_vs_storm.course import Course


class Joint(Protocol):
    """A way to a channel."""

    shown: NDArray[np.int32]
    left: float
    """Rows that the turn under way still has to read."""

    def note(self, changed: Iterable[int]) -> None:
        """Hear which customers have another record."""

    def turn(self, second: int, latest: NDArray[np.int32]) -> float:
        """Begin a turn if it is due; returns the rows that it has to read."""

    def finish(self) -> None:
        """Show what the turn has read."""


@dataclass(frozen=True)
class Feed:
    """Reads customers that have changed, in the order in which they did, so many a turn."""

    every: int
    rows: int
    silent: range = range(0)
    """Seconds in which it is down."""

    def joint(self, course: Course) -> Joint:
        """Make the joint."""
        return _Feeding(self, course.customers)


class _Feeding:
    def __init__(self, feed: Feed, customers: int) -> None:
        self._feed, self._next = feed, 0
        self._waiting: dict[int, None] = {}
        self._taken, self._read = np.zeros(0, np.int64), np.zeros(0, np.int32)
        self.shown, self.left = np.full(customers, -1, np.int32), 0.0

    def note(self, changed: Iterable[int]) -> None:
        self._waiting.update(dict.fromkeys(changed))

    def turn(self, second: int, latest: NDArray[np.int32]) -> float:
        if self.left > 0 or second < self._next or second in self._feed.silent:
            return 0.0
        self._next = second + self._feed.every
        taken = [one for one, _ in zip(self._waiting, range(self._feed.rows), strict=False)]
        for one in taken:
            del self._waiting[one]
        self._taken, self.left = np.array(taken, np.int64), float(max(len(taken), 1))
        self._read = latest[self._taken]
        return self.left

    def finish(self) -> None:
        self.shown[self._taken] = self._read


@dataclass(frozen=True)
class Export:
    """Reads all that are out, every time anew, and shows them once it has read the last."""

    every: int

    def joint(self, course: Course) -> Joint:
        """Make the joint."""
        return _Exporting(self, course)


class _Exporting:
    def __init__(self, export: Export, course: Course) -> None:
        self._every, self._next, self._power = export.every, 0, course.power
        self.shown, self.left = np.full(course.customers, -1, np.int32), 0.0
        self._read = self.shown

    def note(self, changed: Iterable[int]) -> None:
        pass

    def turn(self, second: int, latest: NDArray[np.int32]) -> float:
        if self.left > 0 or second < self._next:
            return 0.0
        self._next = second + self._every
        self._read = latest.copy()
        self.left = 1.0 + int(np.count_nonzero(self._power[latest[latest >= 0]] == OUT))
        return self.left

    def finish(self) -> None:
        self.shown = self._read


@dataclass(frozen=True)
class Direct:
    """Asks the engine whenever a customer asks; keeps nothing."""


def grant(capacity: float, wanted: Sequence[float]) -> list[float]:
    """Share out what can be read in a second: to each the same, and what one does not want to the others."""
    granted, left = [0.0] * len(wanted), capacity
    order = sorted(range(len(wanted)), key=wanted.__getitem__)
    for done, one in enumerate(order):
        granted[one] = min(wanted[one], left / (len(order) - done))
        left -= granted[one]
    return granted
