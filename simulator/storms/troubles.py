"""What breaks in a summer storm, and when: trees on laterals and transformers first of all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from models.network.network import DEVICE_KINDS
from simulator.course import NONE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.random import Generator
    from numpy.typing import NDArray

    from models.network.network import Network
    from simulator.options import StormOptions


@dataclass(frozen=True, slots=True)
class Trouble:
    """Damage or planned work, not yet what protection makes of it."""

    at: int
    place: int
    """A transformer, or the device next above the damaged line; of a single service the device feeding it."""
    usage_point: int
    """The single service, or `NONE`."""
    permanent: bool
    """Still there when the line is fed again."""
    planned: bool
    cause: str
    repair_ms: int
    """Work on site."""
    open_ms: int | None = None
    """The device that it opens closes by itself, or by remote control, after so long; nobody has to go there."""


@dataclass(frozen=True, slots=True)
class _Group:
    """A kind of trouble: its share of all, where it lies and how long its repair takes."""

    share: float
    kinds: tuple[str, ...]
    """Of the devices at which it lies."""
    repair_minutes: float
    """Median; the spread is lognormal."""
    may_pass: bool = False
    """It can be gone when the line is fed again."""


_GROUPS: Final[Mapping[str, _Group]] = {
    "lateral": _Group(0.42, ("fuse",), 50, may_pass=True),
    "transformer": _Group(0.32, ("transformer",), 60),
    "service": _Group(0.16, ("transformer",), 40),
    "trunk": _Group(0.05, ("breaker", "recloser", "sectionalizer", "switch"), 80, may_pass=True),
    "planned": _Group(0.05, ("transformer", "fuse", "switch"), 60),
}
TRUNK_KINDS: Final = tuple(DEVICE_KINDS.index(kind) for kind in _GROUPS["trunk"].kinds)
_SPREAD: Final = 0.4
_CAUSES: Final = ("tree", "wind", "lightning", "equipment", "animal", "vehicle")
_CAUSE_SHARES: Final = (0.5, 0.2, 0.12, 0.1, 0.05, 0.03)
_POINTS_FOR_ONE: Final = 400
"""Without a rate given, one fault an hour for so many usage points, and at least the following."""
_LEAST_RATE: Final = 6.0
_SHOWERS: Final = 0.15
"""Share of faults that follow the front at any time."""
_FUSE_MINUTES: Final = 12
"""A blown fuse whose fault is gone is only replaced."""


def draw_troubles(network: Network, options: StormOptions, lots: Generator) -> list[Trouble]:
    """Draw all troubles of a storm, in any order."""
    points = len(network.point_device)
    rate = max(_LEAST_RATE, points / _POINTS_FOR_ONE) if options.faults_per_hour is None else options.faults_per_hour
    total = round(rate * options.duration_seconds / 3600)
    places = {name: _places(network, group) for name, group in _GROUPS.items()}
    names = [name for name in _GROUPS if len(places[name])]
    shares = np.array([_GROUPS[name].share for name in names])
    drawn = lots.choice(len(names), total, p=shares / shares.sum()) if names else ()
    return [_draw(network, options, lots, names[number], places[names[number]]) for number in drawn]


def _places(network: Network, group: _Group) -> NDArray[np.int64]:
    codes = [DEVICE_KINDS.index(kind) for kind in group.kinds]
    return np.flatnonzero(np.isin(network.device_kind, codes) & (network.point_end > network.point_start))


def _draw(network: Network, options: StormOptions, lots: Generator, name: str, places: NDArray[np.int64]) -> Trouble:
    group, place, planned = _GROUPS[name], int(places[lots.integers(len(places))]), name == "planned"
    permanent = not (group.may_pass and lots.random() < options.momentary)
    median = group.repair_minutes if permanent else _FUSE_MINUTES
    return Trouble(
        at=options.start_at + (_any_time(options, lots) if planned else storm_time(options, lots)),
        place=place,
        usage_point=_service(network, lots, place) if name == "service" else NONE,
        permanent=permanent,
        planned=planned,
        cause="planned work" if planned else str(lots.choice(_CAUSES, p=_CAUSE_SHARES)),
        repair_ms=round(60_000 * median * lots.lognormal(0, _SPREAD)),
    )


def trunk_trouble(lots: Generator, at: int, place: int) -> Trouble:
    """Draw lasting damage on a trunk."""
    repair_ms = round(60_000 * _GROUPS["trunk"].repair_minutes * lots.lognormal(0, _SPREAD))
    cause = str(lots.choice(_CAUSES, p=_CAUSE_SHARES))
    return Trouble(at, place, NONE, permanent=True, planned=False, cause=cause, repair_ms=repair_ms)


def storm_time(options: StormOptions, lots: Generator) -> int:
    """Draw a time after the start: most within the ramp, as the front passes, the rest in the showers behind it."""
    after_ms = round(60_000 * options.ramp_minutes * lots.gamma(2, 0.4))
    if lots.random() < _SHOWERS or after_ms > 1000 * options.duration_seconds:
        return _any_time(options, lots)
    return after_ms


def _any_time(options: StormOptions, lots: Generator) -> int:
    return round(1000 * options.duration_seconds * lots.random())


def _service(network: Network, lots: Generator, device: int) -> int:
    """Draw one of the points of a device; where it feeds only that one, the device itself is the trouble."""
    first, last = int(network.point_start[device]), int(network.direct_end[device])
    return int(lots.integers(first, last)) if last - first > 1 else NONE
