"""What a day's control centre sees of the telemetered devices: late, missing, unsure, lying and frozen positions.

Most control rooms hear of a change as it happens and ask every device now and then (an integrity scan). A frozen unit
answers with what it last saw, in good quality; a lying one reports a position that the device never had.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

import numpy as np

from simulator.chance import between, chance
from simulator.classes import TIE
from simulator.course import moves
from simulator.telemetry.devices import DeviceReport

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.random import Generator

    from models.network.network import Network
    from simulator.course import Course
    from simulator.days.table import Day
    from simulator.options import StormOptions

    Position = Literal["open", "closed"]

_DIRECT_SECONDS: Final = (0.2, 3.0)
_POLL_MS: Final = 10_000
_RADIO_SECONDS: Final = (2.0, 3.0)
"""Shape and scale of a gamma law."""
_LATE_SECONDS: Final = (60, 1800)
_QUALITIES: Final = (0.4, 0.3, 0.3)
"""Of what is untrue: of bad quality and at random, of uncertain quality and true, of good quality and a lie."""
_LIE_SECONDS: Final = (5, 600)
"""How long after a true position the lie comes."""
_TAKEN_BACK: Final = 0.5
_TAKEN_BACK_SECONDS: Final = (20, 600)
_FROZEN_BEFORE_SECONDS: Final = (60, 1200)
_FROZEN_MINUTES: Final = (60, 180)
_FROZEN_SCAN_SECONDS: Final = (300, 900)
_SCAN_MINUTES: Final = (20, 60)


class Frozen(NamedTuple):
    """A unit that says from `since` up to `until` what it saw last; milliseconds."""

    device: int
    since: int
    until: int


class _Unit(NamedTuple):
    """A telemetered device with its movements in order."""

    device: int
    at: list[int]
    position: list[Position]
    at_rest: Position
    """Before it first moves: a tie stands open."""

    def position_at(self, at: int) -> Position:
        """Return where it stands at a time."""
        row = bisect_right(self.at, at)
        return self.position[row - 1] if row else self.at_rest


class ControlCentre:
    """Draws what the control centre hears of a course."""

    def __init__(self, network: Network, course: Course, options: StormOptions, day: Day, family: str) -> None:
        self._lots: Generator = chance(options.seed, "scada of the day")
        self._options, self._day, self._family = options, day, family
        self._units = _units(network, course)
        self._end = max((unit.at[-1] for unit in self._units if unit.at), default=options.start_at)
        self.frozen = self._freeze()

    def reports(self) -> list[DeviceReport]:
        """Return all that comes in, in its order."""
        found: list[DeviceReport] = []
        for unit in self._units:
            for at, position in zip(unit.at, unit.position, strict=True):
                if self._frozen_at(unit.device, at) is None:
                    found += self._change(unit, at, position)
        found += self._scans()
        return sorted(found, key=lambda report: (report.received_at, report.device, report.observed_at))

    def _freeze(self) -> list[Frozen]:
        """Choose units that will move, shortly before they do; any, where none moves."""
        moving = [unit for unit in self._units if unit.at] or self._units
        frozen = []
        for row in self._lots.permutation(len(moving))[: self._day.frozen_units].tolist():
            unit = moving[row]
            moved_at = int(self._lots.choice(unit.at)) if unit.at else self._options.start_at
            since = moved_at - between(self._lots, *_FROZEN_BEFORE_SECONDS)
            frozen.append(Frozen(unit.device, since, since + 60 * between(self._lots, *_FROZEN_MINUTES)))
        return frozen

    def _frozen_at(self, device: int, at: int) -> Frozen | None:
        return next((one for one in self.frozen if one.device == device and one.since <= at < one.until), None)

    def _change(self, unit: _Unit, at: int, position: Position) -> Iterator[DeviceReport]:
        """Report a change, as far as it comes in."""
        lots, day = self._lots, self._day
        report = self._report(unit.device, position, at)
        if lots.random() < day.scada_late:
            report = replace(report, received_at=report.received_at + between(lots, *_LATE_SECONDS))
        if lots.random() < day.scada_untrue:
            yield from self._untrue(unit, report)
        elif lots.random() >= day.scada_missing:
            yield report
        if self._options.noise and position == "open":
            yield replace(
                self._report(unit.device, None, at),
                condition_type="trip",
                active=True,
                severity=700,
                message="protection has tripped",
            )

    def _untrue(self, unit: _Unit, report: DeviceReport) -> Iterator[DeviceReport]:
        lots = self._lots
        how = int(lots.choice(len(_QUALITIES), p=_QUALITIES))
        if how == 0:
            yield replace(report, quality="bad", position=_either(lots))
            return
        yield replace(report, quality="uncertain") if how == 1 else report
        if how == 2:
            lie_at = report.observed_at + between(lots, *_LIE_SECONDS)
            lie: Position = "closed" if unit.position_at(lie_at) == "open" else "open"
            yield self._report(unit.device, lie, lie_at)
            if lots.random() < _TAKEN_BACK:
                again_at = lie_at + between(lots, *_TAKEN_BACK_SECONDS)
                yield self._report(unit.device, unit.position_at(again_at), again_at)

    def _scans(self) -> Iterator[DeviceReport]:
        """Ask all units now and then, and let frozen ones repeat themselves."""
        for unit in self._units:
            frozen = [one for one in self.frozen if one.device == unit.device]
            for one in frozen:
                yield from self._scan(unit, one.since, one.until, _FROZEN_SCAN_SECONDS)
                yield self._report(unit.device, unit.position_at(one.until), one.until)
            if self._day.integrity_scans:
                every = tuple(60 * minutes for minutes in _SCAN_MINUTES)
                found = self._scan(unit, self._options.start_at, self._end, (every[0], every[1]))
                yield from (report for report in found if self._lots.random() >= self._day.scada_missing)

    def _scan(self, unit: _Unit, since: int, until: int, seconds: tuple[float, float]) -> Iterator[DeviceReport]:
        every = between(self._lots, *seconds)
        at = since + between(self._lots, 0, every / 1000)
        while at < until:
            frozen = self._frozen_at(unit.device, at)
            position = unit.position_at(at if frozen is None else frozen.since - 1)
            yield self._report(unit.device, position, at)
            at += every

    def _report(self, device: int, position: Position | None, at: int) -> DeviceReport:
        return DeviceReport(device, position, "good", at, self._arrival(at))

    def _arrival(self, at: int) -> int:
        """Return when the control centre has it: at once, with the next poll, or over a slow radio."""
        if self._family == "polled":
            return at + _POLL_MS - at % _POLL_MS + between(self._lots, 0.1, 1)
        if self._family == "radio":
            return at + 300 + round(1000 * self._lots.gamma(*_RADIO_SECONDS))
        return at + between(self._lots, *_DIRECT_SECONDS)


def _units(network: Network, course: Course) -> list[_Unit]:
    """Return the telemetered devices with all their movements; ties that the tables do not know are none of them."""
    by_device: dict[int, list[tuple[int, Position]]] = defaultdict(list)
    for at, position, device in moves(course):
        by_device[device].append((at, position))
    units = []
    for device in np.flatnonzero(network.telemetered).tolist():
        moved = by_device[device]
        at_rest: Position = "open" if network.device_kind[device] == TIE else "closed"
        units.append(_Unit(device, [at for at, _ in moved], [position for _, position in moved], at_rest))
    return units


def _either(lots: Generator) -> Position:
    return "open" if lots.random() < 0.5 else "closed"
