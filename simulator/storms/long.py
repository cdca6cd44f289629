"""The long storm: hours of faults drawn evenly over the classes of devices, many momentary, some nested.

It is the yardstick of accuracy rather than a likeness: every class is as likely as any other, no fault takes more than
a quarter of its feeder, and the device of the drawn class itself opens. Faults that are not meant to be nested keep
clear of each other, in place or in time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from simulator.chance import between, chance
from simulator.classes import SWITCH, Classes, classes_for_faults
from simulator.course import NONE, Course, Fault
from simulator.occupancy import APART_MS, Occupancy
from simulator.protection import RECLOSING, lockout, reclosing
from simulator.repair import send_crews

if TYPE_CHECKING:
    from numpy.random import Generator

    from models.network.network import Network
    from simulator.options import StormOptions

_TRIES: Final = 300
"""Draws for one fault before it is given up; only a network with very few classes needs so many."""
_REPAIR_SECONDS: Final = (2400, 9000)
_DIP_SECONDS: Final = (1, 240)
_CAUSES: Final = ("tree", "wind", "lightning", "equipment", "animal", "unknown")


def long_storm(network: Network, options: StormOptions) -> Course:
    """Draw a long storm; a network with few classes may hold fewer faults than asked for."""
    return _LongStorm(network, options).course


class _LongStorm:
    """The faults drawn so far, and where they lie."""

    def __init__(self, network: Network, options: StormOptions) -> None:
        self.network = network
        self.options = options
        self.last_at = options.start_at + round(1000 * options.duration_seconds)
        self.classes: Classes = classes_for_faults(network)
        self.occupancy = Occupancy(network)
        self.lots: Generator = chance(options.seed, "faults")
        self.course = Course()
        self.work_begins: dict[int, int] = {}
        total = round((options.faults_per_hour or 0) * options.duration_seconds / 3600)
        nested, momentary = round(total * options.nested), round(total * options.momentary)
        kinds = [self._draw_nested] * nested + [self._draw_momentary] * momentary
        kinds += [self._draw_sustained] * (total - 2 * nested - momentary)
        for draw in kinds if len(self.classes.top) else ():
            any(draw() for _ in range(_TRIES))
        if options.crews:
            send_crews(self.course, chance(options.seed, "crews"), self.work_begins)

    def _draw_sustained(self) -> bool:
        top, opened_at = int(self.lots.choice(self.classes.top)), self._moment()
        closed_at = opened_at + between(self.lots, *_REPAIR_SECONDS)
        if self._take(top, opened_at, closed_at):
            self._add(top, opened_at, closed_at)
            return True
        return False

    def _draw_momentary(self) -> bool:
        top, at = int(self.lots.choice(self.classes.top)), self._moment()
        device = self.classes.draw_device(self.lots, top)
        if self.network.device_kind[device] in RECLOSING:
            stays = reclosing(self.lots, at, int(self.lots.integers(1, 4)))
        else:
            stays = [(at, at + between(self.lots, *_DIP_SECONDS))]
        if self._take(top, stays[0][0], stays[-1][1]):
            self.course.add(self._fault(device, stays[0][0], stays[-1][1]), stays)
            return True
        return False

    def _draw_nested(self) -> bool:
        """Draw a class and one above it; the lower fault shows when the upper device closes, or is older than it."""
        below = int(self.lots.choice(self.classes.top))
        above = self.classes.draw_above(self.lots, below)
        if above == NONE:
            return False
        return self._find_at_close_in(above, below) if self.lots.random() < 0.5 else self._overtake(above, below)

    def _find_at_close_in(self, above: int, below: int) -> bool:
        """Let the lower device open as the upper one closes: a fault that arose dead blows its fuse when fed again."""
        opened_at = self._moment()
        closed_at = opened_at + between(self.lots, *_REPAIR_SECONDS)
        repaired_at = closed_at + between(self.lots, *_REPAIR_SECONDS)
        if closed_at > self.last_at or not self._take(above, opened_at, repaired_at):
            return False
        upper = self._add(above, opened_at, closed_at)
        device = self.classes.draw_device(self.lots, below)
        shown_at = closed_at
        if self.network.device_kind[device] == SWITCH:  # it blows by no fault: it is opened before the close-in
            shown_at -= between(self.lots, 5, 60)
        lower = self.course.add(self._fault(device, shown_at, repaired_at, upper))
        self.work_begins[lower] = closed_at
        return True

    def _overtake(self, above: int, below: int) -> bool:
        """Let the upper device open over an older fault, which is repaired before it or after it."""
        older_at = self._moment()
        repaired_at = older_at + between(self.lots, *_REPAIR_SECONDS)
        opened_at = older_at + APART_MS + round((repaired_at - older_at - 2 * APART_MS) * self.lots.random())
        closed_at = opened_at + between(self.lots, *_REPAIR_SECONDS)
        if opened_at > self.last_at or abs(closed_at - repaired_at) < APART_MS:
            return False
        if not self._take(above, older_at, max(closed_at, repaired_at)):
            return False
        upper = self._add(above, opened_at, closed_at)
        self._add(below, older_at, repaired_at, upper)
        return True

    def _moment(self) -> int:
        return self.options.start_at + between(self.lots, 0, self.options.duration_seconds)

    def _take(self, top: int, start: int, end: int) -> bool:
        if not self.occupancy.free(top, start, end):
            return False
        self.occupancy.take(top, start, end)
        return True

    def _add(self, top: int, opened_at: int, closed_at: int, nested_in: int = NONE) -> int:
        device = self.classes.draw_device(self.lots, top)
        if self.network.device_kind[device] not in RECLOSING:
            return self.course.add(self._fault(device, opened_at, closed_at, nested_in))
        stays = lockout(self.lots, opened_at, closed_at)
        return self.course.add(self._fault(device, stays[0][0], closed_at, nested_in), stays)

    def _fault(self, device: int, opened_at: int, closed_at: int, nested_in: int = NONE) -> Fault:
        """Make the record; the damage is at the device itself or somewhere below it."""
        damaged = device
        if self.lots.random() < 0.3:
            damaged = int(self.lots.integers(device, self.network.device_end[device]))
        if self.network.device_kind[device] == SWITCH:
            return Fault(device, NONE, "planned", opened_at, closed_at, "planned work", device, nested_in)
        cause = str(self.lots.choice(_CAUSES))
        return Fault(device, NONE, "fault", opened_at, closed_at, cause, damaged, nested_in)
