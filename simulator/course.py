"""The course of a storm: what broke, which device stood open from when to when, who worked on it.

Everything else follows from it: who was out (`supply.py`), what was heard of it (`telemetry/`), what the truth files
say (`files/truth.py`). Positions are those of `models.network.network`; times are milliseconds since the epoch, UTC.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from models.contracts.inputs.crew import CrewKind, CrewStatus

NEVER: Final = 1 << 62
"""In place of a time that does not come: a device that stays open past the end."""

NONE: Final = -1
"""In place of a position or a fault that there is none of."""

MOMENTARY_MS: Final = 300_000
"""IEEE 1366: an interruption of at most five minutes, counted from the first trip, is momentary."""

FaultKind = Literal["fault", "isolation", "planned"]
Move = tuple[int, Literal["open", "closed"], int]


@dataclass(slots=True)
class Fault:
    """One device that opened, or one single service (`usage_point`); never both."""

    device: int
    """The device that opened, not the damaged one."""
    usage_point: int
    kind: FaultKind
    opened_at: int
    """The first trip."""
    closed_at: int
    """The last closing, or `NEVER`."""
    cause: str
    found_device: int
    """The device at which the damage is."""
    nested_in: int = NONE
    """The fault of a device above, open at the same time."""

    @property
    def momentary(self) -> bool:
        """Whether supply lasted again within five minutes of the first trip."""
        return self.closed_at - self.opened_at <= MOMENTARY_MS


@dataclass(frozen=True, slots=True)
class Opening:
    """A device (or a single service) stands open from `opened_at` up to `closed_at`.

    Where `sparing` is a device below, those below it are interrupted on account of the fault `spared_fault`: a breaker
    that trips for a fuse that blows in the end interrupts them for the fuse's fault, all others for its own.
    """

    device: int
    usage_point: int
    opened_at: int
    closed_at: int
    fault: int
    sparing: int = NONE
    spared_fault: int = NONE


@dataclass(frozen=True, slots=True)
class Feed:
    """A closed tie feeds what is below an open device; it connects what is directly below the two devices."""

    tie: int
    device: int
    """The open device."""
    source: int
    """The device from below which the power comes."""
    closed_at: int
    opened_at: int


@dataclass(frozen=True, slots=True)
class CrewStep:
    """A crew takes up a status (as in `models.contracts.inputs.crew`) on its way to a fault."""

    crew: int
    fault: int
    status: CrewStatus
    at: int
    kind: CrewKind = "line"
    place_known: bool = False
    """Its report names the device from the start: it was sent to an incident that has a place."""


@dataclass(slots=True)
class Course:
    """A storm from its first fault to the last close-in."""

    faults: list[Fault] = field(default_factory=list)
    openings: list[Opening] = field(default_factory=list)
    feeds: list[Feed] = field(default_factory=list)
    crew_steps: list[CrewStep] = field(default_factory=list)
    unlisted_ties: tuple[tuple[int, int], ...] = ()
    """Ties that stand in no table, by the devices on their two sides; their numbers follow those of the devices."""

    def add(self, fault: Fault, stays: Sequence[tuple[int, int]] | None = None) -> int:
        """Add a fault whose device stands open for these stays, by default from its opening to its closing."""
        number = len(self.faults)
        self.faults.append(fault)
        stays = [(fault.opened_at, fault.closed_at)] if stays is None else stays
        for opened_at, closed_at in stays:
            self.openings.append(Opening(fault.device, fault.usage_point, opened_at, closed_at, number))
        return number

    def in_order(self) -> Course:
        """Return the same course with its faults numbered by their openings."""
        order = sorted(range(len(self.faults)), key=lambda number: self.faults[number].opened_at)
        new = {NONE: NONE, **{old: number for number, old in enumerate(order)}}
        return Course(
            [replace(self.faults[old], nested_in=new[self.faults[old].nested_in]) for old in order],
            [replace(o, fault=new[o.fault], spared_fault=new[o.spared_fault]) for o in self.openings],
            self.feeds,
            [replace(step, fault=new[step.fault]) for step in self.crew_steps],
            self.unlisted_ties,
        )


def moves(course: Course) -> list[Move]:
    """Return every movement of a device, ties included: when, where to, which; in order of time, openings first."""
    found: list[Move] = []
    for opening in course.openings:
        if opening.device != NONE:
            found += [(opening.opened_at, "open", opening.device), (opening.closed_at, "closed", opening.device)]
    for feed in course.feeds:
        found += [(feed.closed_at, "closed", feed.tie), (feed.opened_at, "open", feed.tie)]
    return sorted((move for move in found if move[0] < NEVER), key=lambda move: (move[0], move[1] == "closed", move[2]))
