"""Lives through a storm second by second with some joints, and looks once a minute at what all channels show."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from benchmarks.storm_vs_storm.course import OUT
from benchmarks.storm_vs_storm.joints import Direct, Export, Feed, grant

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from benchmarks.storm_vs_storm.course import Course
    from benchmarks.storm_vs_storm.joints import Joint

LOOK: Final = 60
CHANNELS: Final = ("app", "ivr", "cis", "board")
AT_ONCE: Final = 300
"""Seconds within which those ask who ask as soon as power is off."""


@dataclass(frozen=True)
class World:
    """How customers are told, and how often they ask."""

    app: Direct | Feed
    ivr: Feed
    cis: Feed
    board: Export | Feed
    capacity: float | None = None
    """Rows and questions that the engine answers in a second; None: all read its topic, and nobody asks it."""
    delay: int = 0
    """Seconds from a record's instant until a joint can read it."""
    asks_an_hour: float = 4.0
    """Of a customer without power."""
    asks_in_calm: float = 0.05
    """An hour, of one that has power."""
    asks_at_once: float = 0.1
    """Share of those that lose power."""
    asks_again: float = 0.5
    """Share of questions without an answer that come again, a minute later."""


@dataclass
class Look:
    """What was to be seen at the end of a minute, and the engine's load in it."""

    second: int
    out: int
    behind: dict[str, int]
    """By channel, customers of whom it does not show the last record."""
    age: dict[str, float]
    """By channel, for how long it has not, seconds in the mean over these."""
    power_differs: int
    """Customers of whom two channels say otherwise whether there is power."""
    content_differs: int
    asked: float
    """Questions of customers a second."""
    unanswered: float
    """Share of these."""
    load: float
    """Rows and questions that the engine was asked for a second."""
    written: int
    """Records in the minute."""


@dataclass
class _Minute:
    asked: float = 0.0
    answered: float = 0.0
    load: float = 0.0
    written: int = 0


@dataclass
class _Asking:
    """How many customers ask in a second."""

    world: World
    again: deque[float] = field(default_factory=lambda: deque([0.0] * LOOK))
    fresh: deque[float] = field(default_factory=lambda: deque([0.0] * AT_ONCE))

    def rate(self, out: int, on: int, lost: int) -> float:
        self.fresh.append(self.world.asks_at_once * lost / AT_ONCE)
        self.fresh.popleft()
        steady = (out * self.world.asks_an_hour + on * self.world.asks_in_calm) / 3600
        return steady + sum(self.fresh) + self.again.popleft()


def play(course: Course, world: World) -> list[Look]:
    """Live through a storm; returns a look a minute."""
    return _Storm(course, world).live()


class _Storm:
    def __init__(self, course: Course, world: World) -> None:
        self._course, self._world, self._asking = course, world, _Asking(world)
        plans = {name: getattr(world, name) for name in CHANNELS}
        self._joints: dict[str, Joint] = {
            name: one.joint(course) for name, one in plans.items() if not isinstance(one, Direct)
        }
        self._latest = np.full(course.customers, -1, np.int32)
        self._readable = self._latest.copy()
        self._after, self._first = course.superseded()
        self._minute = _Minute()

    def live(self) -> list[Look]:
        looks, out = [], 0
        for second in range(int(self._course.second[-1]) + LOOK + 1):
            changed = self._take(self._latest, second)
            lost = self._out() - out if len(changed) else 0
            out += lost
            self._minute.written += len(changed)
            self._serve(self._turns(second), self._asking.rate(out, self._course.customers - out, max(lost, 0)))
            if second % LOOK == LOOK - 1:
                looks.append(self._look(second, out))
                self._minute = _Minute()
        return looks

    def _take(self, known: NDArray[np.int32], second: int) -> NDArray[np.int32]:
        """Take the records of a second; returns whose they are."""
        first, last = np.searchsorted(self._course.second, [second, second + 1])
        customers = self._course.customer[first:last]
        known[customers] = np.arange(first, last, dtype=np.int32)
        return customers

    def _out(self) -> int:
        known = self._latest[self._latest >= 0]
        return int(np.count_nonzero(self._course.power[known] == OUT))

    def _turns(self, second: int) -> float:
        """Begin the turns that are due; returns the rows that they are to read."""
        changed = self._take(self._readable, second - self._world.delay).tolist()
        rows = 0.0
        for joint in self._joints.values():
            joint.note(changed)
            rows += joint.turn(second, self._readable)
        return rows

    def _serve(self, rows: float, asked: float) -> None:
        """Read what can be read in a second, and answer who asks."""
        capacity, joints = self._world.capacity, self._joints.values()
        wanted = [asked, *(one.left for one in joints)]
        granted = wanted if capacity is None else grant(capacity, wanted)
        for joint, part in zip(joints, granted[1:], strict=True):
            if joint.left > 0:
                joint.left = joint.left - part if joint.left - part > 1e-6 else 0.0
                if joint.left == 0:
                    joint.finish()
        self._asking.again.append(self._world.asks_again * (asked - granted[0]))
        self._minute.asked += asked
        self._minute.answered += granted[0]
        self._minute.load += 0.0 if capacity is None else asked + rows

    def _look(self, second: int, out: int) -> Look:
        shown = {name: self._joints[name].shown if name in self._joints else self._latest for name in CHANNELS}
        behind = {name: np.flatnonzero(one != self._latest) for name, one in shown.items()}
        power = np.array([np.where(one >= 0, self._course.power[one], 0) for one in shown.values()])
        said = np.array([np.where(one >= 0, self._course.said[one], -1) for one in shown.values()])
        minute = self._minute
        return Look(
            second=second,
            out=out,
            behind={name: len(rows) for name, rows in behind.items()},
            age={name: self._age(second, shown[name], rows) for name, rows in behind.items()},
            power_differs=int(np.count_nonzero(power.max(0) != power.min(0))),
            content_differs=int(np.count_nonzero(said.max(0) != said.min(0))),
            asked=minute.asked / LOOK,
            unanswered=1 - minute.answered / minute.asked if minute.asked else 0.0,
            load=minute.load / LOOK,
            written=minute.written,
        )

    def _age(self, second: int, shown: NDArray[np.int32], rows: NDArray[np.int64]) -> float:
        """For how long some customers have been shown otherwise, seconds in the mean."""
        if not len(rows):
            return 0.0
        since = np.where(shown[rows] >= 0, self._after[shown[rows]], self._first[rows])
        return float(np.mean(second - since))
